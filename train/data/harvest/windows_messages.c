/* Prints what Windows says for its error numbers, and the string tables of its programs: one record a line,
   `kind TAB source TAB number TAB text`, UTF-8. Built with MinGW and run under Wine. */
#include <windows.h>
#include <stdio.h>

static void put(const char *kind, const char *source, DWORD number, const WCHAR *text)
{
    char utf8[8192];
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL);
    if (length <= 1) return;
    for (char *p = utf8; *p; p++)
        if (*p == '\r' || *p == '\n' || *p == '\t') *p = ' ';
    printf("%s\t%s\t%lu\t%s\n", kind, source, (unsigned long)number, utf8);
}

static void message(const char *source, HMODULE module, DWORD number)
{
    WCHAR text[4096];
    DWORD flags = FORMAT_MESSAGE_IGNORE_INSERTS | (module ? FORMAT_MESSAGE_FROM_HMODULE : FORMAT_MESSAGE_FROM_SYSTEM);
    if (FormatMessageW(flags, module, number, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), text, 4096, NULL))
        put("message", source, number, text);
}

static BOOL CALLBACK block(HMODULE module, LPCWSTR type, LPWSTR name, LONG_PTR source)
{
    WCHAR text[4096];
    (void)type;
    if (!IS_INTRESOURCE(name)) return TRUE;
    for (UINT i = 0; i < 16; i++) {
        UINT number = ((UINT)(ULONG_PTR)name - 1) * 16 + i;
        if (LoadStringW(module, number, text, 4096) > 0) put("string", (const char *)source, number, text);
    }
    return TRUE;
}

int main(int argc, char **argv)
{
    static const DWORD bases[] = {0x80070000, 0x80040000, 0x80000000, 0x80010000, 0x80020000, 0x80030000, 0x80090000,
                                  0x800A0000, 0x800B0000, 0x80240000, 0x80072000, 0x80110000, 0x80200000, 0x88980000};
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    SetThreadUILanguage(MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US));
    for (DWORD i = 0; i < 20000; i++) message("system", NULL, i);
    for (size_t b = 0; b < sizeof bases / sizeof *bases; b++)
        for (DWORD i = 0; i < 0x3000; i++) message("system", NULL, bases[b] + i);
    if (ntdll) {
        static const DWORD kinds[] = {0x40000000, 0x80000000, 0xC0000000, 0xC0020000, 0xC0130000};
        for (size_t b = 0; b < sizeof kinds / sizeof *kinds; b++)
            for (DWORD i = 0; i < 0xA00; i++) message("ntdll", ntdll, kinds[b] + i);
    }
    for (int i = 1; i < argc; i++) {
        HMODULE module = LoadLibraryExA(argv[i], NULL, LOAD_LIBRARY_AS_DATAFILE);
        if (!module) continue;
        EnumResourceNamesW(module, (LPCWSTR)RT_STRING, block, (LONG_PTR)argv[i]);
        FreeLibrary(module);
    }
    return 0;
}
