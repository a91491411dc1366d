/* look.exe OUT: brings spy.dll into every program that has a window, has all windows drawn anew so that their texts are
 * noted, and writes what it sees itself to OUT, one JSON object a line: the top-level windows in z order (first the
 * topmost) with their titles, and the cells of every console. Ends by itself. */
#include <windows.h>
#include <stdio.h>
#include <tlhelp32.h>

static FILE *out;
static UINT start_message;

static void quoted(const WCHAR *text, int count)
{
    fputc('"', out);
    for (int i = 0; i < count; i++)
        if (text[i] >= 32 && text[i] < 127 && text[i] != '"' && text[i] != '\\')
            fputc(text[i], out);
        else
            fprintf(out, "\\u%04x", text[i]);
    fputc('"', out);
}

static void ask(HWND window, UINT message)
{
    DWORD_PTR answer;
    SendMessageTimeoutW(window, message, 0, 0, SMTO_ABORTIFHUNG, 1500, &answer);
}

static BOOL CALLBACK start_child(HWND window, LPARAM unused)
{
    ask(window, start_message);
    return TRUE;
}

static BOOL CALLBACK start(HWND window, LPARAM unused)
{
    if (!IsWindowVisible(window)) return TRUE;
    ask(window, start_message);
    EnumChildWindows(window, start_child, 0);
    return TRUE;
}

static BOOL CALLBACK redraw(HWND window, LPARAM unused)
{
    if (IsWindowVisible(window))
        RedrawWindow(window, NULL, 0, RDW_INVALIDATE | RDW_ERASE | RDW_FRAME | RDW_ALLCHILDREN);
    return TRUE;
}

static BOOL CALLBACK tell(HWND window, LPARAM unused)
{
    WCHAR text[512], name[64];
    RECT whole, client;
    POINT corner = {0, 0};
    if (!IsWindowVisible(window) || IsIconic(window)) return TRUE;
    GetWindowRect(window, &whole);
    GetClientRect(window, &client);
    ClientToScreen(window, &corner);
    OffsetRect(&client, corner.x, corner.y);
    fprintf(out, "{\"what\": \"window\", \"window\": %lld, \"style\": %ld, \"title\": ", (long long)(INT_PTR)window,
            GetWindowLongW(window, GWL_STYLE));
    quoted(text, GetWindowTextW(window, text, 512));
    fprintf(out, ", \"class\": ");
    quoted(name, GetClassNameW(window, name, 64));
    fprintf(out, ", \"box\": [%ld, %ld, %ld, %ld], \"client\": [%ld, %ld, %ld, %ld]}\n", whole.left, whole.top,
            whole.right, whole.bottom, client.left, client.top, client.right, client.bottom);
    return TRUE;
}

static void tell_console(DWORD process)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    CONSOLE_FONT_INFO font;
    HANDLE screen;
    HWND window;
    if (!AttachConsole(process)) return;
    window = GetConsoleWindow();
    screen = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                         0, NULL);
    if (window && IsWindowVisible(window) && GetConsoleScreenBufferInfo(screen, &info) &&
        GetCurrentConsoleFont(screen, FALSE, &font)) {
        RECT client;
        POINT corner = {0, 0};
        int columns = info.srWindow.Right - info.srWindow.Left + 1, rows = info.srWindow.Bottom - info.srWindow.Top + 1;
        GetClientRect(window, &client);
        ClientToScreen(window, &corner);
        fprintf(out, "{\"what\": \"console\", \"window\": %lld, \"corner\": [%ld, %ld], \"cell\": [%d, %d], "
                     "\"columns\": %d, \"rows\": [",
                (long long)(INT_PTR)window, corner.x, corner.y, font.dwFontSize.X, font.dwFontSize.Y, columns);
        for (int row = 0; row < rows; row++) {
            WCHAR text[512];
            WORD looks[512];
            DWORD count = 0;
            COORD at = {info.srWindow.Left, (SHORT)(info.srWindow.Top + row)};
            if (columns > 512) columns = 512;
            ReadConsoleOutputCharacterW(screen, text, columns, at, &count);
            ReadConsoleOutputAttribute(screen, looks, columns, at, &count);
            fprintf(out, "%s[", row ? ", " : "");
            quoted(text, count);
            for (DWORD i = 0; i < count; i++) fprintf(out, ", %d", looks[i] & 0xff);
            fprintf(out, "]");
        }
        fprintf(out, "]}\n");
    }
    CloseHandle(screen);
    FreeConsole();
}

static void tell_consoles(void)
{
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {sizeof(entry)};
    FreeConsole();
    for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry))
        if (entry.th32ProcessID != GetCurrentProcessId()) tell_console(entry.th32ProcessID);
    CloseHandle(all);
}

int wmain(int count, WCHAR **arguments)
{
    HMODULE spy = LoadLibraryW(L"C:\\tools\\spy.dll");
    HOOKPROC call = spy ? (HOOKPROC)GetProcAddress(spy, "spy_call") : NULL;
    HHOOK hook = call ? SetWindowsHookExW(WH_CALLWNDPROC, call, spy, 0) : NULL;
    if (count != 2 || !(out = _wfopen(arguments[1], L"wb"))) return 2;
    if (!hook) return 3;
    start_message = RegisterWindowMessageW(L"mmgpt.start");
    EnumWindows(start, 0);
    EnumWindows(redraw, 0);
    Sleep(1200);
    EnumWindows(tell, 0);
    tell_consoles();
    fprintf(out, "{\"what\": \"end\"}\n");
    fclose(out);
    UnhookWindowsHookEx(hook);
    return 0;
}
