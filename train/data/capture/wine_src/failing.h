/* Calls that really fail, by name, and their errors in Windows' own words. Shared by our programs. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <wincrypt.h>
#include <wininet.h>
#include <stdio.h>

static DWORD code_of(BOOL fine)
{
    return fine ? 0 : GetLastError();
}

static DWORD code_of_file(HANDLE file)
{
    return file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
}

static HANDLE open_file(const WCHAR *path, DWORD access, DWORD share, DWORD how)
{
    return CreateFileW(path, access, share, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
}

/* Writes until the disk is full. */
static DWORD fill(const WCHAR *path)
{
    static char block[65536];
    HANDLE file = open_file(path, GENERIC_WRITE, 0, CREATE_ALWAYS);
    DWORD written;
    if (file == INVALID_HANDLE_VALUE) return GetLastError();
    for (int i = 0; i < 64; i++)
        if (!WriteFile(file, block, sizeof(block), &written, NULL) || written < sizeof(block)) {
            DWORD code = GetLastError();
            CloseHandle(file);
            return code ? code : ERROR_DISK_FULL;
        }
    return 0;
}

static DWORD reach(const WCHAR *name, const WCHAR *port)
{
    WSADATA data;
    ADDRINFOW hints = {0}, *found;
    SOCKET door;
    int code;
    WSAStartup(MAKEWORD(2, 2), &data);
    hints.ai_socktype = SOCK_STREAM;
    code = GetAddrInfoW(name, port, &hints, &found);
    if (code) return code;
    door = socket(found->ai_family, SOCK_STREAM, IPPROTO_TCP);
    return connect(door, found->ai_addr, (int)found->ai_addrlen) ? WSAGetLastError() : 0;
}

static DWORD class_of(const WCHAR *text)
{
    CLSID id;
    void *object;
    HRESULT result;
    CoInitialize(NULL);
    result = CLSIDFromString(text, &id);
    if (FAILED(result)) return result;
    return CoCreateInstance(&id, NULL, CLSCTX_ALL, &IID_IUnknown, &object);
}

static DWORD service(const WCHAR *name)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT), found;
    if (!manager) return GetLastError();
    found = OpenServiceW(manager, name, SERVICE_START);
    return found ? code_of(StartServiceW(found, 0, NULL)) : GetLastError();
}

static DWORD web(const WCHAR *address)
{
    HINTERNET session = InternetOpenW(L"captures", INTERNET_OPEN_TYPE_DIRECT, NULL, NULL, 0);
    return code_of(InternetOpenUrlW(session, address, NULL, 0, INTERNET_FLAG_RELOAD, 0) != NULL);
}

/* A certificate that nobody signed but itself, judged as a server's. */
static DWORD certificate(const WCHAR *subject)
{
    BYTE encoded[256];
    CERT_NAME_BLOB name = {sizeof(encoded), encoded};
    CERT_CHAIN_PARA wanted = {sizeof(wanted)};
    CERT_CHAIN_POLICY_PARA policy = {sizeof(policy)};
    CERT_CHAIN_POLICY_STATUS status = {sizeof(status)};
    const CERT_CONTEXT *made;
    const CERT_CHAIN_CONTEXT *chain;
    if (!CertStrToNameW(X509_ASN_ENCODING, subject, CERT_X500_NAME_STR, NULL, encoded, &name.cbData, NULL)) return GetLastError();
    made = CertCreateSelfSignCertificate(0, &name, 0, NULL, NULL, NULL, NULL, NULL);
    if (!made || !CertGetCertificateChain(NULL, made, NULL, NULL, &wanted, 0, NULL, &chain)) return GetLastError();
    CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_BASE, chain, &policy, &status);
    return status.dwError;
}

static DWORD start(const WCHAR *command)
{
    STARTUPINFOW how = {sizeof(how)};
    PROCESS_INFORMATION made;
    WCHAR line[MAX_PATH];
    lstrcpynW(line, command, MAX_PATH);
    return code_of(CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &how, &made));
}

static DWORD execute(const WCHAR *path)
{
    SHELLEXECUTEINFOW how = {sizeof(how)};
    how.fMask = SEE_MASK_FLAG_NO_UI;
    how.lpFile = path;
    how.nShow = SW_SHOW;
    return code_of(ShellExecuteExW(&how));
}

static DWORD registry(const WCHAR *path)
{
    HKEY key;
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key);
}

static DWORD allocate(void)
{
    return code_of(VirtualAlloc(NULL, (SIZE_T)1 << 46, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE) != NULL);
}

static DWORD timed_out(void)
{
    HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);
    return WaitForSingleObject(never, 200) == WAIT_TIMEOUT ? ERROR_TIMEOUT : 0;
}

/* Does what `call` names with `what`; returns the error code, 0 when nothing failed, -1 for a call of no such name. */
static DWORD fail(const WCHAR *call, const WCHAR *what)
{
    WCHAR left[MAX_PATH], *right;
    lstrcpynW(left, what, MAX_PATH);
    if ((right = wcschr(left, L'|'))) *right++ = 0;
    if (!wcscmp(call, L"open")) return code_of_file(open_file(what, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING));
    if (!wcscmp(call, L"write")) return code_of_file(open_file(what, GENERIC_WRITE, 0, OPEN_EXISTING));
    if (!wcscmp(call, L"locked")) {
        open_file(what, GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING);
        return code_of_file(open_file(what, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING));
    }
    if (!wcscmp(call, L"fill")) return fill(what);
    if (!wcscmp(call, L"make")) return code_of(CreateDirectoryW(what, NULL));
    if (!wcscmp(call, L"remove")) return code_of(RemoveDirectoryW(what));
    if (!wcscmp(call, L"move")) return code_of(MoveFileW(left, right));
    if (!wcscmp(call, L"load")) return code_of(LoadLibraryW(what) != NULL);
    if (!wcscmp(call, L"entry")) {
        char name[128];
        WideCharToMultiByte(CP_ACP, 0, right, -1, name, sizeof(name), NULL, NULL);
        return code_of(GetProcAddress(LoadLibraryW(left), name) != NULL);
    }
    if (!wcscmp(call, L"start")) return start(what);
    if (!wcscmp(call, L"execute")) return execute(what);
    if (!wcscmp(call, L"reach")) return reach(left, right);
    if (!wcscmp(call, L"web")) return web(what);
    if (!wcscmp(call, L"registry")) return registry(what);
    if (!wcscmp(call, L"class")) return class_of(what);
    if (!wcscmp(call, L"service")) return service(what);
    if (!wcscmp(call, L"certificate")) return certificate(what);
    if (!wcscmp(call, L"memory")) return allocate();
    if (!wcscmp(call, L"timeout")) return timed_out();
    if (!wcscmp(call, L"handle")) return code_of(FlushFileBuffers((HANDLE)0x77777777));
    if (!wcscmp(call, L"none")) return 0;
    return (DWORD)-1;
}

/* Like `fail`, but ends the program when nothing failed: what did not happen must not be shown. */
static DWORD must_fail(const WCHAR *call, const WCHAR *what)
{
    DWORD code = fail(call, what);
    if (code == (DWORD)-1 || (!code && wcscmp(call, L"none"))) ExitProcess(3);
    return code;
}

/* What Windows says about a code, without the line end; empty when it says nothing. */
static void words_of(DWORD code, WCHAR *out, int room)
{
    DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
    DWORD length = FormatMessageW(flags, NULL, code, 0, out, room, NULL);
    if (!length && code >= 12000 && code < 13000)
        length = FormatMessageW(flags | FORMAT_MESSAGE_FROM_HMODULE, GetModuleHandleW(L"wininet.dll"), code, 0, out, room,
                                NULL);
    while (length && out[length - 1] <= L' ') length--;
    out[length] = 0;
}

/* A template filled in: %m the words, %c the code, %x the code as 8 hex digits, %h
 * the same as an HRESULT, %a the argument, %n a new line. */
static void filled(const WCHAR *template, DWORD code, const WCHAR *what, WCHAR *out, int room)
{
    WCHAR words[512], *end = out + room - 600;
    words_of(code, words, 512);
    for (; *template && out < end; template++) {
        if (*template != L'%') {
            *out++ = *template;
            continue;
        }
        switch (*++template) {
        case L'm': out += swprintf(out, 512, L"%ls", words); break;
        case L'c': out += swprintf(out, 16, L"%lu", code); break;
        case L'x': out += swprintf(out, 16, L"%08lX", code); break;
        case L'h': out += swprintf(out, 16, L"%08lX", HRESULT_FROM_WIN32(code)); break;
        case L'a': out += swprintf(out, MAX_PATH, L"%ls", what); break;
        case L'n': *out++ = L'\n'; break;
        case L'r': *out++ = L'\r', *out++ = L'\n'; break;
        default: *out++ = *template;
        }
    }
    *out = 0;
}
