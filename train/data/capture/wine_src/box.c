/* box.exe STYLE TITLE CALL ARGUMENT TEXT [HEADING]: makes a call that fails and shows the error as programs do. STYLE is
 * error, warning, info or question, then optionally /retry, /yesno, /cancel or /ignore for the buttons; with a HEADING it
 * is a task dialog whose TEXT stands below. */
#include "failing.h"
#include <commctrl.h>

static UINT buttons_of(const WCHAR *style)
{
    if (wcsstr(style, L"/retry")) return MB_RETRYCANCEL;
    if (wcsstr(style, L"/yesno")) return MB_YESNO;
    if (wcsstr(style, L"/save")) return MB_YESNOCANCEL;
    if (wcsstr(style, L"/cancel")) return MB_OKCANCEL;
    if (wcsstr(style, L"/ignore")) return MB_ABORTRETRYIGNORE;
    return MB_OK;
}

static UINT icon_of(const WCHAR *style)
{
    if (!wcsncmp(style, L"error", 5)) return MB_ICONERROR;
    if (!wcsncmp(style, L"warning", 7)) return MB_ICONWARNING;
    if (!wcsncmp(style, L"question", 8)) return MB_ICONQUESTION;
    return MB_ICONINFORMATION;
}

static int task(const WCHAR *style, const WCHAR *title, const WCHAR *heading, const WCHAR *text)
{
    TASKDIALOGCONFIG box = {sizeof(box)};
    int pressed = 0;
    box.dwFlags = TDF_SIZE_TO_CONTENT;
    box.pszWindowTitle = title;
    box.pszMainInstruction = heading;
    box.pszContent = text;
    box.pszMainIcon = wcsncmp(style, L"error", 5) ? TD_WARNING_ICON : TD_ERROR_ICON;
    box.dwCommonButtons = wcsstr(style, L"/retry") ? TDCBF_RETRY_BUTTON | TDCBF_CANCEL_BUTTON : TDCBF_CLOSE_BUTTON;
    TaskDialogIndirect(&box, &pressed, NULL, NULL);
    return pressed;
}

int WINAPI wWinMain(HINSTANCE instance, HINSTANCE before, WCHAR *line, int show)
{
    WCHAR text[4096], heading[1024];
    DWORD code;
    if (__argc < 6) return 2;
    code = must_fail(__wargv[3], __wargv[4]);
    filled(__wargv[5], code, __wargv[4], text, 4096);
    if (__argc > 6) {
        filled(__wargv[6], code, __wargv[4], heading, 1024);
        return task(__wargv[1], __wargv[2], heading, text);
    }
    return MessageBoxW(NULL, text, __wargv[2], buttons_of(__wargv[1]) | icon_of(__wargv[1]));
}
