/* host.exe SPEC [STYLE TITLE CALL ARGUMENT TEXT]: a program's main window as a text file in UTF-8 describes it, and over it
 * the box of an error, if one is asked for. Lines of SPEC: `title T`, `size W H`, `menu A|B`, `button T`, `column W T`,
 * `row A|B|C`, `status A|B`, `note T` (a message bar), `progress N T` (a bar at N per cent with a label). */
#include "failing.h"
#include <commctrl.h>

static HWND window, list, status, bar, label, note;
static HWND buttons[12];
static int button_count, column_count, row_count, scale = 96;
static WCHAR *arguments[5];
static HFONT font;

static int px(int value)
{
    return MulDiv(value, scale, 96);
}

/* Cuts the first `|`-part off a text. */
static WCHAR *part(WCHAR **rest)
{
    WCHAR *begin = *rest, *end = begin ? wcschr(begin, L'|') : NULL;
    if (end) *end++ = 0;
    *rest = end;
    return begin;
}

static HWND control(const WCHAR *kind, const WCHAR *text, DWORD style)
{
    HWND made = CreateWindowExW(0, kind, text, WS_CHILD | WS_VISIBLE | style, 0, 0, 10, 10, window, NULL, NULL, NULL);
    SendMessageW(made, WM_SETFONT, (WPARAM)font, TRUE);
    return made;
}

static void lay_out(void)
{
    RECT area, foot = {0};
    int top = 0, x = px(8);
    GetClientRect(window, &area);
    if (status) {
        SendMessageW(status, WM_SIZE, 0, 0);
        GetWindowRect(status, &foot);
        area.bottom -= foot.bottom - foot.top;
    }
    for (int i = 0; i < button_count; i++) {
        WCHAR text[64];
        SIZE size;
        HDC dc = GetDC(window);
        SelectObject(dc, font);
        GetTextExtentPoint32W(dc, text, GetWindowTextW(buttons[i], text, 64), &size);
        ReleaseDC(window, dc);
        MoveWindow(buttons[i], x, px(6), size.cx + px(24), px(26), TRUE);
        x += size.cx + px(30);
        top = px(38);
    }
    if (note) {
        MoveWindow(note, px(8), top, area.right - px(16), px(24), TRUE);
        top += px(28);
    }
    if (label) {
        MoveWindow(label, px(14), top + px(14), area.right - px(28), px(40), TRUE);
        MoveWindow(bar, px(14), top + px(58), area.right - px(28), px(20), TRUE);
        top += px(86);
    }
    if (list) MoveWindow(list, 0, top, area.right, area.bottom - top, TRUE);
}

static void add_row(WCHAR *rest)
{
    LVITEMW item = {LVIF_TEXT, row_count++};
    for (WCHAR *text = part(&rest); text; text = part(&rest), item.iSubItem++) {
        item.pszText = text;
        if (item.iSubItem)
            SendMessageW(list, LVM_SETITEMTEXTW, item.iItem, (LPARAM)&item);
        else
            SendMessageW(list, LVM_INSERTITEMW, 0, (LPARAM)&item);
    }
}

static void add_status(WCHAR *rest)
{
    int edges[4] = {px(420), px(560), px(700), -1}, count = 0;
    status = control(STATUSCLASSNAMEW, L"", SBARS_SIZEGRIP);
    SendMessageW(status, SB_SETPARTS, wcschr(rest, L'|') ? 4 : 1, (LPARAM)(wcschr(rest, L'|') ? edges : edges + 3));
    for (WCHAR *text = part(&rest); text && count < 4; text = part(&rest))
        SendMessageW(status, SB_SETTEXTW, count++, (LPARAM)text);
}

static void obey(WCHAR *line)
{
    WCHAR *rest = wcschr(line, L' '), *end = NULL;
    int number;
    if (!rest) return;
    *rest++ = 0;
    if (!wcscmp(line, L"title")) SetWindowTextW(window, rest);
    else if (!wcscmp(line, L"size")) {
        number = wcstol(rest, &end, 10);
        SetWindowPos(window, NULL, 0, 0, px(number), px(wcstol(end, NULL, 10)), SWP_NOMOVE | SWP_NOZORDER);
    } else if (!wcscmp(line, L"menu")) {
        HMENU menu = CreateMenu();
        for (WCHAR *text = part(&rest); text; text = part(&rest)) AppendMenuW(menu, MF_STRING, 100, text);
        SetMenu(window, menu);
    } else if (!wcscmp(line, L"button") && button_count < 12)
        buttons[button_count++] = control(L"Button", rest, BS_PUSHBUTTON);
    else if (!wcscmp(line, L"column")) {
        LVCOLUMNW column = {LVCF_TEXT | LVCF_WIDTH};
        if (!list) {
            list = control(WC_LISTVIEWW, L"", LVS_REPORT);
            SendMessageW(list, LVM_SETEXTENDEDLISTVIEWSTYLE, 0, LVS_EX_FULLROWSELECT | LVS_EX_GRIDLINES);
        }
        column.cx = px(wcstol(rest, &end, 10));
        column.pszText = end + 1;
        SendMessageW(list, LVM_INSERTCOLUMNW, column_count++, (LPARAM)&column);
    } else if (!wcscmp(line, L"row"))
        add_row(rest);
    else if (!wcscmp(line, L"status"))
        add_status(rest);
    else if (!wcscmp(line, L"note"))
        note = control(L"Static", rest, SS_LEFT | SS_CENTERIMAGE);
    else if (!wcscmp(line, L"progress")) {
        bar = control(PROGRESS_CLASSW, L"", 0);
        SendMessageW(bar, PBM_SETPOS, wcstol(rest, &end, 10), 0);
        label = control(L"Static", end + 1, SS_LEFT);
    }
}

static void read_spec(const WCHAR *path)
{
    static char bytes[65536];
    static WCHAR text[65536];
    DWORD count = 0;
    HANDLE file = open_file(path, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
    ReadFile(file, bytes, sizeof(bytes) - 1, &count, NULL);
    CloseHandle(file);
    MultiByteToWideChar(CP_UTF8, 0, bytes, -1, text, 65536);
    for (WCHAR *line = text, *next; line && *line; line = next) {
        next = wcschr(line, L'\n');
        if (next) *next++ = 0;
        obey(line);
    }
}

static UINT icon_of(const WCHAR *style)
{
    UINT buttons = wcsstr(style, L"/retry") ? MB_RETRYCANCEL : wcsstr(style, L"/save") ? MB_YESNOCANCEL : MB_OK;
    if (!wcsncmp(style, L"error", 5)) return buttons | MB_ICONERROR;
    if (!wcsncmp(style, L"warning", 7)) return buttons | MB_ICONWARNING;
    return buttons | (wcsncmp(style, L"question", 8) ? MB_ICONINFORMATION : MB_ICONQUESTION);
}

static LRESULT CALLBACK answer(HWND asked, UINT message, WPARAM wide, LPARAM pointer)
{
    static WCHAR text[4096];
    switch (message) {
    case WM_SIZE:
        lay_out();
        return 0;
    case WM_TIMER:
        KillTimer(asked, wide);
        filled(arguments[4], must_fail(arguments[2], arguments[3]), arguments[3], text, 4096);
        MessageBoxW(asked, text, arguments[1], icon_of(arguments[0]));
        return 0;
    case WM_DESTROY:
        PostQuitMessage(0);
        return 0;
    }
    return DefWindowProcW(asked, message, wide, pointer);
}

int WINAPI wWinMain(HINSTANCE instance, HINSTANCE before, WCHAR *line, int show)
{
    WNDCLASSW kind = {0, answer};
    NONCLIENTMETRICSW metrics = {sizeof(metrics)};
    MSG message;
    HDC dc = GetDC(NULL);
    scale = GetDeviceCaps(dc, LOGPIXELSX);
    ReleaseDC(NULL, dc);
    InitCommonControls();
    SystemParametersInfoW(SPI_GETNONCLIENTMETRICS, sizeof(metrics), &metrics, 0);
    font = CreateFontIndirectW(&metrics.lfMessageFont);
    kind.hInstance = instance;
    kind.hbrBackground = (HBRUSH)(COLOR_BTNFACE + 1);
    kind.hCursor = LoadCursor(NULL, IDC_ARROW);
    kind.hIcon = LoadIcon(NULL, IDI_APPLICATION);
    kind.lpszClassName = L"Host";
    RegisterClassW(&kind);
    window = CreateWindowW(L"Host", L"", WS_OVERLAPPEDWINDOW, 60, 50, 700, 450, NULL, NULL, instance, NULL);
    read_spec(__wargv[1]);
    lay_out();
    ShowWindow(window, SW_SHOW);
    if (__argc > 6) {
        for (int i = 0; i < 5; i++) arguments[i] = __wargv[i + 2];
        SetTimer(window, 1, 700, NULL);
    }
    while (GetMessageW(&message, NULL, 0, 0) > 0) {
        TranslateMessage(&message);
        DispatchMessageW(&message);
    }
    return 0;
}
