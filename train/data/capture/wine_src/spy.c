/* A DLL that a message hook brings into every program of the desktop. Asked to, it notes each text that the program
 * draws: the characters, where they stand on the screen and in which window. Drawing is seen at the one door that all of
 * GDI's text goes through, gdi32's import of NtGdiExtTextOutW from win32u, so owner-drawn and themed controls count,
 * and so do menus and captions that Wine draws. Records go, one JSON object a line, to C:\spy,
 * a file per process. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define MAX_MEMORY_TEXTS 512
#define MAX_TEXT 1024

typedef BOOL(WINAPI *draw_text)(HDC, INT, INT, UINT, const RECT *, LPCWSTR, UINT, const INT *, DWORD);
typedef BOOL(WINAPI *copy_bits)(HDC, INT, INT, INT, INT, HDC, INT, INT, DWORD, DWORD, LONG);

struct text {
    HDC dc;
    int x[MAX_TEXT + 1]; /* where each character begins, and the last one ends */
    int top, bottom, count;
    RECT clip;
    WCHAR characters[MAX_TEXT];
};

static HANDLE sink = INVALID_HANDLE_VALUE;
static CRITICAL_SECTION lock;
static UINT start_message;
static draw_text real_draw;
static copy_bits real_copy;
static struct text *memory[MAX_MEMORY_TEXTS]; /* what stands in bitmaps that are not on the screen yet */
static int memories;

static void put(const char *bytes, int length)
{
    DWORD written;
    SetFilePointer(sink, 0, NULL, FILE_END);
    WriteFile(sink, bytes, length, &written, NULL);
}

/* UTF-16 as a JSON string of ASCII; returns the end. */
static char *quoted(char *out, const WCHAR *text, int count)
{
    *out++ = '"';
    for (int i = 0; i < count; i++) {
        WCHAR c = text[i];
        if (c >= 32 && c < 127 && c != '"' && c != '\\')
            *out++ = (char)c;
        else
            out += sprintf(out, "\\u%04x", c);
    }
    *out++ = '"';
    *out = 0;
    return out;
}

static char *window_keys(char *out, HWND window)
{
    WCHAR name[64];
    int length = GetClassNameW(window, name, 64);
    out += sprintf(out, "\"window\": %lld, \"root\": %lld, \"class\": ", (long long)(INT_PTR)window,
                   (long long)(INT_PTR)GetAncestor(window, GA_ROOT));
    return quoted(out, name, length);
}

static void emit(HWND window, const struct text *text, int dx, int dy, const RECT *clip)
{
    static char line[MAX_TEXT * 16 + 1024];
    char *out = line;
    out += sprintf(out, "{\"what\": \"text\", ");
    out = window_keys(out, window);
    out += sprintf(out, ", \"text\": ");
    out = quoted(out, text->characters, text->count);
    out += sprintf(out, ", \"top\": %d, \"bottom\": %d, \"clip\": [%ld, %ld, %ld, %ld], \"x\": [", text->top + dy,
                   text->bottom + dy, clip->left, clip->top, clip->right, clip->bottom);
    for (int i = 0; i <= text->count; i++)
        out += sprintf(out, i ? ", %d" : "%d", text->x[i] + dx);
    out += sprintf(out, "]}\n");
    put(line, (int)(out - line));
}

/* Glyph numbers back to characters, by asking the font for the glyphs of the characters that screens hold. */
static void characters_of(HDC dc, const WORD *glyphs, int count, WCHAR *out)
{
    static WCHAR all[1400];
    static WORD known[1400];
    static int filled;
    if (!filled) {
        for (int c = 0x20; c < 0x250; c++) all[filled++] = (WCHAR)c;
        for (int c = 0x2010; c < 0x2070; c++) all[filled++] = (WCHAR)c;
        for (int c = 0x20a0; c < 0x20c0; c++) all[filled++] = (WCHAR)c;
        for (int c = 0x2100; c < 0x2300; c++) all[filled++] = (WCHAR)c;
    }
    GetGlyphIndicesW(dc, all, filled, known, GGI_MARK_NONEXISTING_GLYPHS);
    for (int i = 0; i < count; i++) {
        out[i] = 0xfffd;
        for (int k = 0; k < filled; k++)
            if (known[k] == glyphs[i]) {
                out[i] = all[k];
                break;
            }
    }
}

static BOOL visible_characters(const WCHAR *text, int count)
{
    for (int i = 0; i < count; i++)
        if (text[i] > 32 && text[i] != 0xa0) return TRUE;
    return FALSE;
}

static void note(HDC dc, int x, int y, UINT flags, const RECT *rect, LPCWSTR string, UINT count, const INT *dx)
{
    struct text *text;
    TEXTMETRICW metrics;
    POINT at = {x, y}, origin = {0, 0};
    HWND window = WindowFromDC(dc);
    UINT align = GetTextAlign(dc);
    SIZE size;

    if (!count || count > MAX_TEXT || !GetTextMetricsW(dc, &metrics)) return;
    if (!window && GetObjectType(dc) != OBJ_MEMDC) return;
    text = HeapAlloc(GetProcessHeap(), 0, sizeof(*text));
    text->dc = dc;
    text->count = count;
    if (flags & ETO_GLYPH_INDEX)
        characters_of(dc, string, count, text->characters);
    else
        memcpy(text->characters, string, count * sizeof(WCHAR));
    if (!visible_characters(text->characters, count)) goto done;
    if (align & TA_UPDATECP) GetCurrentPositionEx(dc, &at);
    text->x[0] = 0;
    if (dx) {
        for (UINT i = 0; i < count; i++) text->x[i + 1] = text->x[i] + dx[flags & ETO_PDY ? 2 * i : i];
    } else if (flags & ETO_GLYPH_INDEX)
        GetTextExtentExPointI(dc, (WORD *)string, count, 0, NULL, text->x + 1, &size);
    else
        GetTextExtentExPointW(dc, string, count, 0, NULL, text->x + 1, &size);
    if ((align & TA_CENTER) == TA_CENTER) at.x -= text->x[count] / 2;
    else if (align & TA_RIGHT) at.x -= text->x[count];
    if ((align & TA_BASELINE) == TA_BASELINE) at.y -= metrics.tmAscent;
    else if (align & TA_BOTTOM) at.y -= metrics.tmHeight;
    if (window) GetDCOrgEx(dc, &origin);
    for (UINT i = 0; i <= count; i++) {
        POINT edge = {at.x + text->x[i], at.y};
        LPtoDP(dc, &edge, 1);
        text->x[i] = edge.x + origin.x;
        text->top = edge.y + origin.y;
    }
    {
        POINT corner = {at.x, at.y + metrics.tmHeight};
        LPtoDP(dc, &corner, 1);
        text->bottom = corner.y + origin.y;
    }
    GetClipBox(dc, &text->clip);
    LPtoDP(dc, (POINT *)&text->clip, 2);
    if (rect && (flags & ETO_CLIPPED)) {
        RECT own = *rect;
        LPtoDP(dc, (POINT *)&own, 2);
        IntersectRect(&text->clip, &text->clip, &own);
    }
    OffsetRect(&text->clip, origin.x, origin.y);
    if (window)
        emit(window, text, 0, 0, &text->clip);
    else if (memories < MAX_MEMORY_TEXTS) {
        memory[memories++] = text;
        return;
    }
done:
    HeapFree(GetProcessHeap(), 0, text);
}

static BOOL WINAPI our_draw(HDC dc, INT x, INT y, UINT flags, const RECT *rect, LPCWSTR string, UINT count,
                            const INT *dx, DWORD codepage)
{
    if (sink != INVALID_HANDLE_VALUE && string) {
        EnterCriticalSection(&lock);
        note(dc, x, y, flags, rect, string, count, dx);
        LeaveCriticalSection(&lock);
    }
    return real_draw(dc, x, y, flags, rect, string, count, dx, codepage);
}

/* A bitmap goes to a window: so do the texts in it. */
static BOOL WINAPI our_copy(HDC to, INT x, INT y, INT width, INT height, HDC from, INT from_x, INT from_y, DWORD how,
                            DWORD colour, LONG flags)
{
    HWND window = WindowFromDC(to);
    if (sink != INVALID_HANDLE_VALUE && window && from) {
        POINT origin, corner = {x, y}, source = {from_x, from_y};
        int kept = 0;
        EnterCriticalSection(&lock);
        GetDCOrgEx(to, &origin);
        LPtoDP(to, &corner, 1);
        LPtoDP(from, &source, 1);
        corner.x += origin.x;
        corner.y += origin.y;
        for (int i = 0; i < memories; i++) {
            struct text *text = memory[i];
            RECT area = {corner.x, corner.y, corner.x + width, corner.y + height}, clip = text->clip;
            if (text->dc != from) {
                memory[kept++] = text;
                continue;
            }
            OffsetRect(&clip, corner.x - source.x, corner.y - source.y);
            if (IntersectRect(&clip, &clip, &area))
                emit(window, text, corner.x - source.x, corner.y - source.y, &clip);
            HeapFree(GetProcessHeap(), 0, text);
        }
        memories = kept;
        LeaveCriticalSection(&lock);
    }
    return real_copy(to, x, y, width, height, from, from_x, from_y, how, colour, flags);
}

/* Puts `ours` where the module's import table has win32u's `name`; returns what stood there. */
static void *replace_import(HMODULE module, const char *name, void *ours)
{
    BYTE *base = (BYTE *)module;
    IMAGE_NT_HEADERS *headers = (IMAGE_NT_HEADERS *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    IMAGE_DATA_DIRECTORY *directory = &headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    IMAGE_IMPORT_DESCRIPTOR *imports = (IMAGE_IMPORT_DESCRIPTOR *)(base + directory->VirtualAddress);
    for (; imports->Name; imports++) {
        IMAGE_THUNK_DATA *names = (IMAGE_THUNK_DATA *)(base + imports->OriginalFirstThunk);
        IMAGE_THUNK_DATA *slots = (IMAGE_THUNK_DATA *)(base + imports->FirstThunk);
        if (_stricmp((char *)base + imports->Name, "win32u.dll")) continue;
        for (; names->u1.AddressOfData; names++, slots++) {
            IMAGE_IMPORT_BY_NAME *entry = (IMAGE_IMPORT_BY_NAME *)(base + names->u1.AddressOfData);
            if (!(names->u1.Ordinal & IMAGE_ORDINAL_FLAG) && !strcmp((char *)entry->Name, name)) {
                void *old = (void *)slots->u1.Function;
                DWORD protection;
                VirtualProtect(&slots->u1.Function, sizeof(void *), PAGE_READWRITE, &protection);
                slots->u1.Function = (ULONG_PTR)ours;
                VirtualProtect(&slots->u1.Function, sizeof(void *), protection, &protection);
                return old;
            }
        }
    }
    return NULL;
}

static void begin(void)
{
    WCHAR path[MAX_PATH];
    HMODULE gdi, pinned;
    if (real_draw) return;
    swprintf(path, MAX_PATH, L"C:\\spy\\%lu.jsonl", GetCurrentProcessId());
    sink = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    /* The door must not vanish with the hook while the program still goes through it. */
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)begin, &pinned);
    gdi = GetModuleHandleW(L"gdi32.dll");
    real_draw = (draw_text)GetProcAddress(GetModuleHandleW(L"win32u.dll"), "NtGdiExtTextOutW");
    real_copy = (copy_bits)GetProcAddress(GetModuleHandleW(L"win32u.dll"), "NtGdiBitBlt");
    replace_import(gdi, "NtGdiExtTextOutW", (void *)our_draw);
    replace_import(gdi, "NtGdiBitBlt", (void *)our_copy);
}

LRESULT CALLBACK spy_call(int code, WPARAM wide, LPARAM pointer)
{
    if (code == HC_ACTION) {
        const CWPSTRUCT *call = (const CWPSTRUCT *)pointer;
        if (call->message == start_message) begin();
    }
    return CallNextHookEx(NULL, code, wide, pointer);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
    if (reason == DLL_PROCESS_ATTACH) {
        InitializeCriticalSection(&lock);
        start_message = RegisterWindowMessageW(L"mmgpt.start");
    }
    return TRUE;
}
