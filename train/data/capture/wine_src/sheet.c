/* sheet.exe wizard|tabs TITLE HEADING CALL ARGUMENT TEXT: a wizard whose page says how a call went, or a property sheet
 * with that text on its first page and settings beside it. */
#include "failing.h"
#include <commctrl.h>

static WCHAR text[4096], heading[256];
static BOOL wizard;

/* A dialog in memory that has no controls: they are made when it starts. */
static struct {
    DLGTEMPLATE head;
    WORD rest[3];
} page = {{WS_CHILD | WS_VISIBLE | DS_CONTROL, 0, 0, 0, 0, 252, 143}, {0, 0, 0}};

static HWND put(HWND dialog, const WCHAR *kind, const WCHAR *words, DWORD style, int x, int y, int width, int height)
{
    RECT box = {x, y, x + width, y + height};
    HWND made;
    MapDialogRect(dialog, &box);
    made = CreateWindowExW(wcscmp(kind, L"Edit") ? 0 : WS_EX_CLIENTEDGE, kind, words, WS_CHILD | WS_VISIBLE | style, box.left,
                           box.top, box.right - box.left, box.bottom - box.top, dialog, NULL, NULL, NULL);
    SendMessageW(made, WM_SETFONT, SendMessageW(GetParent(dialog), WM_GETFONT, 0, 0), TRUE);
    return made;
}

static INT_PTR CALLBACK answer(HWND dialog, UINT message, WPARAM wide, LPARAM pointer)
{
    if (message == WM_INITDIALOG) {
        put(dialog, L"Static", heading, 0, 10, 8, 200, 20);
        put(dialog, L"Static", text, 0, 10, 32, 200, wizard ? 60 : 26);
        if (wizard)
            SendMessageW(put(dialog, PROGRESS_CLASSW, L"", 0, 10, 104, 200, 10), PBM_SETPOS, 62, 0);
        else {
            put(dialog, L"Button", L"&Report errors automatically", BS_AUTOCHECKBOX | WS_TABSTOP, 10, 60, 180, 12);
            put(dialog, L"Button", L"&Stop at the first error", BS_AUTOCHECKBOX | WS_TABSTOP, 10, 74, 180, 12);
            put(dialog, L"Static", L"Time limit in seconds:", 0, 10, 91, 90, 10);
            put(dialog, L"Edit", L"30", WS_TABSTOP, 104, 89, 40, 13);
        }
        return TRUE;
    }
    if (message == WM_NOTIFY && ((NMHDR *)pointer)->code == PSN_SETACTIVE && wizard)
        PropSheet_SetWizButtons(GetParent(dialog), PSWIZB_BACK | PSWIZB_DISABLEDFINISH);
    return FALSE;
}

int WINAPI wWinMain(HINSTANCE instance, HINSTANCE before, WCHAR *line, int show)
{
    static const WCHAR *names[3] = {L"General", L"Network", L"Advanced"};
    PROPSHEETPAGEW pages[3] = {0};
    PROPSHEETHEADERW sheet = {sizeof(sheet)};
    DWORD code;
    if (__argc < 7) return 2;
    wizard = !wcscmp(__wargv[1], L"wizard");
    code = must_fail(__wargv[4], __wargv[5]);
    filled(__wargv[3], code, __wargv[5], heading, 800);
    filled(__wargv[6], code, __wargv[5], text, 4096);
    for (int i = 0; i < 3; i++) {
        pages[i].dwSize = sizeof(pages[i]);
        pages[i].dwFlags = PSP_DLGINDIRECT | PSP_USETITLE;
        pages[i].hInstance = instance;
        pages[i].pResource = &page.head;
        pages[i].pfnDlgProc = answer;
        pages[i].pszTitle = wizard ? __wargv[2] : names[i];
    }
    sheet.dwFlags = PSH_PROPSHEETPAGE | (wizard ? PSH_WIZARD : 0);
    sheet.hInstance = instance;
    sheet.pszCaption = __wargv[2];
    sheet.nPages = wizard ? 1 : 3;
    sheet.ppsp = pages;
    InitCommonControls();
    PropertySheetW(&sheet);
    return 0;
}
