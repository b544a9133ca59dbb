/*
 * trust.exe FILE.der : adds a certificate to the current user's Root store.
 *
 * Wine writes a store to the registry only at commit, and each process reads the trusted roots
 * once: run this before the program that shall trust the certificate.
 */
#include <stdio.h>
#include <windows.h>

enum { kLargestFile = 1 << 20 };

static DWORD ReadAll(const wchar_t* path, BYTE* bytes) {
  HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
  DWORD length = 0;
  if (file == INVALID_HANDLE_VALUE) return 0;
  if (!ReadFile(file, bytes, kLargestFile, &length, NULL)) length = 0;
  CloseHandle(file);
  return length;
}

static int Fail(const char* what) {
  const DWORD error = GetLastError();
  fprintf(stderr, "trust: %s: error 0x%08lx\n", what, error);
  return 1;
}

int wmain(int argc, wchar_t** argv) {
  static BYTE bytes[kLargestFile];
  if (argc != 2) {
    fputs("usage: trust FILE.der\n", stderr);
    return 2;
  }
  const DWORD length = ReadAll(argv[1], bytes);
  if (length == 0) return Fail("cannot read the file");
  HCERTSTORE store =
      CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, L"Root");
  if (!store) return Fail("cannot open the Root store");
  const BOOL added = CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, bytes, length,
                                                      CERT_STORE_ADD_REPLACE_EXISTING, NULL);
  if (!added) return Fail("not an X.509 certificate in DER");
  if (!CertControlStore(store, 0, CERT_STORE_CTRL_COMMIT, NULL))
    return Fail("cannot save the Root store");
  CertCloseStore(store, 0);
  return 0;
}
