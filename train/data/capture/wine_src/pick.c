/* pick.exe open|save|folder|color|font TITLE FOLDER: a common dialog, in FOLDER. */
#include <windows.h>
#include <commdlg.h>

int WINAPI wWinMain(HINSTANCE instance, HINSTANCE before, WCHAR *line, int show)
{
    static WCHAR path[MAX_PATH];
    static COLORREF custom[16];
    OPENFILENAMEW file = {sizeof(file)};
    CHOOSECOLORW colour = {sizeof(colour)};
    CHOOSEFONTW font = {sizeof(font)};
    LOGFONTW face = {0};
    file.lpstrFile = path;
    file.nMaxFile = MAX_PATH;
    file.lpstrTitle = __wargv[2];
    file.lpstrInitialDir = __wargv[3];
    file.lpstrFilter = L"All files (*.*)\0*.*\0Text files (*.txt)\0*.txt\0";
    file.Flags = OFN_EXPLORER | OFN_FILEMUSTEXIST | OFN_PATHMUSTEXIST | OFN_OVERWRITEPROMPT | OFN_HIDEREADONLY;
    colour.lpCustColors = custom;
    colour.Flags = CC_FULLOPEN;
    font.lpLogFont = &face;
    font.Flags = CF_SCREENFONTS | CF_EFFECTS;
    if (!wcscmp(__wargv[1], L"open")) return !GetOpenFileNameW(&file);
    if (!wcscmp(__wargv[1], L"save")) return !GetSaveFileNameW(&file);
    if (!wcscmp(__wargv[1], L"color")) return !ChooseColorW(&colour);
    return !ChooseFontW(&font);
}
