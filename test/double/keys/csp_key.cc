#include "double/keys/csp_key.h"

#include <string>

#include "double/keys/key_file.h"

namespace schannel_double {
namespace {

constexpr DWORD kUsualBits = 2048;

// Where the copy of a container's key is.
Key CopyOf(std::wstring container, DWORD purpose, bool machine) {
  Key key;
  key.provider.name = kCspCopies;
  key.name = std::move(container) + (purpose == AT_SIGNATURE ? L":signature" : L":exchange");
  key.machine = machine;
  key.overwrites = true;
  return key;
}

// An open container of Wine's, as CopyOf() needs it.
Key CopyOf(HCRYPTPROV container, DWORD purpose) {
  char name[MAX_PATH] = "";
  DWORD size = sizeof name;
  CryptGetProvParam(container, PP_CONTAINER, reinterpret_cast<BYTE*>(name), &size, 0);
  wchar_t wide[MAX_PATH] = L"";
  MultiByteToWideChar(CP_ACP, 0, name, -1, wide, MAX_PATH);
  DWORD keyset = 0;
  size = sizeof keyset;
  CryptGetProvParam(container, PP_KEYSET_TYPE, reinterpret_cast<BYTE*>(&keyset), &size, 0);
  return CopyOf(wide, purpose, (keyset & CRYPT_MACHINE_KEYSET) != 0);
}

// PRIVATEKEYBLOB
Bytes ToBlob(EVP_PKEY* pkey, ALG_ID purpose) {
  BIO* const out = BIO_new(BIO_s_mem());
  const int size = i2b_PrivateKey_bio(out, pkey);
  Bytes blob(size > 0 ? static_cast<size_t>(size) : 0);
  BIO_read(out, blob.data(), static_cast<int>(blob.size()));
  BIO_free(out);
  if (blob.size() > sizeof(BLOBHEADER)) {
    reinterpret_cast<BLOBHEADER*>(blob.data())->aiKeyAlg =
        purpose == AT_SIGNATURE ? CALG_RSA_SIGN : CALG_RSA_KEYX;
  }
  return blob;
}

}  // namespace

BOOL WINAPI AcquireCsp(HCRYPTPROV* out, LPCWSTR container, LPCWSTR provider, DWORD type,
                       DWORD flags) {
  if (!CryptAcquireContextW(out, container, provider, type, flags)) return FALSE;
  if ((flags & CRYPT_DELETEKEYSET) != 0) {
    for (const DWORD purpose : {AT_KEYEXCHANGE, AT_SIGNATURE}) {
      static_cast<void>(Remove(CopyOf(container, purpose, (flags & CRYPT_MACHINE_KEYSET) != 0)));
    }
  }
  return TRUE;
}

BOOL WINAPI ImportCspKey(HCRYPTPROV provider, const BYTE* data, DWORD size, HCRYPTKEY public_key,
                         DWORD flags, HCRYPTKEY* out) {
  if (!CryptImportKey(provider, data, size, public_key, flags, out)) return FALSE;
  const auto& header = *reinterpret_cast<const BLOBHEADER*>(data);
  if (header.bType != PRIVATEKEYBLOB) return TRUE;
  const OpenSslCall call;
  Key copy = CopyOf(provider, header.aiKeyAlg == CALG_RSA_SIGN ? AT_SIGNATURE : AT_KEYEXCHANGE);
  const unsigned char* at = data;
  copy.pkey.reset(b2i_PrivateKey(&at, static_cast<long>(size)));
  if (copy.pkey != nullptr) static_cast<void>(Save(copy));
  return TRUE;
}

BOOL WINAPI GenerateCspKey(HCRYPTPROV provider, ALG_ID purpose, DWORD flags, HCRYPTKEY* out) {
  const OpenSslCall call;
  const DWORD bits = flags >> 16 == 0 ? kUsualBits : flags >> 16;
  const PKey pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{bits}));
  const Bytes blob = ToBlob(pkey.get(), purpose);
  return ImportCspKey(provider, blob.data(), static_cast<DWORD>(blob.size()), 0, flags & 0xffff,
                      out);
}

PKey FromContainer(const CRYPT_KEY_PROV_INFO& info) {
  HCRYPTPROV provider = 0;
  const DWORD keyset = info.dwFlags & CRYPT_MACHINE_KEYSET;
  if (!CryptAcquireContextW(&provider, info.pwszContainerName, info.pwszProvName, info.dwProvType,
                            keyset | CRYPT_SILENT)) {
    return nullptr;
  }
  const DWORD purpose = info.dwKeySpec == 0 ? AT_KEYEXCHANGE : info.dwKeySpec;
  HCRYPTKEY handle = 0;
  const bool is_there = CryptGetUserKey(provider, purpose, &handle) != FALSE;
  if (is_there) CryptDestroyKey(handle);
  CryptReleaseContext(provider, 0);
  Key copy = CopyOf(info.pwszContainerName, purpose, keyset != 0);
  if (!is_there || !Load(copy)) return nullptr;
  return std::move(copy.pkey);
}

}  // namespace schannel_double
