/* crash.exe zero|null|caught-zero|caught-null [TITLE TEXT]: really divides by zero or reads where nothing is. Caught, it shows
 * TEXT (%x is the exception's code); else Windows' own crash dialog comes up. */
#include "failing.h"

static WCHAR text[2048];

static LONG WINAPI caught(EXCEPTION_POINTERS *state)
{
    filled(__wargv[3], state->ExceptionRecord->ExceptionCode, L"", text, 2048);
    MessageBoxW(NULL, text, __wargv[2], MB_ICONERROR | MB_OK);
    ExitProcess(1);
}

int WINAPI wWinMain(HINSTANCE instance, HINSTANCE before, WCHAR *line, int show)
{
    volatile int zero = 0;
    volatile int *volatile nowhere = NULL;
    if (__argc > 3) SetUnhandledExceptionFilter(caught);
    return wcsstr(__wargv[1], L"zero") ? 7 / zero : *nowhere;
}
