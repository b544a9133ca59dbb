// The functions that private keys are reached by, as tables: Windows' own, or a test's that scripts
// them.
#pragma once

#include "platform/win.h"

namespace schannel {

// Cryptography Next Generation: key storage providers.
struct CngApi {
  decltype(&NCryptOpenStorageProvider) open_provider = NCryptOpenStorageProvider;
  decltype(&NCryptOpenKey) open_key = NCryptOpenKey;
  decltype(&NCryptCreatePersistedKey) create_key = NCryptCreatePersistedKey;
  decltype(&NCryptImportKey) import_key = NCryptImportKey;
  decltype(&NCryptFinalizeKey) finalize_key = NCryptFinalizeKey;
  decltype(&NCryptDeleteKey) delete_key = NCryptDeleteKey;
  decltype(&NCryptEnumKeys) enum_keys = NCryptEnumKeys;
  decltype(&NCryptGetProperty) get_property = NCryptGetProperty;
  decltype(&NCryptSetProperty) set_property = NCryptSetProperty;
  decltype(&NCryptSignHash) sign_hash = NCryptSignHash;
  decltype(&NCryptDecrypt) decrypt = NCryptDecrypt;
  decltype(&NCryptExportKey) export_key = NCryptExportKey;
  decltype(&NCryptFreeObject) free_object = NCryptFreeObject;
  decltype(&NCryptFreeBuffer) free_buffer = NCryptFreeBuffer;
};

// CryptoAPI: cryptographic service providers and their key containers.
struct CapiApi {
  decltype(&CryptAcquireContextW) acquire_context = CryptAcquireContextW;
  decltype(&CryptReleaseContext) release_context = CryptReleaseContext;
  decltype(&CryptGetProvParam) get_provider_param = CryptGetProvParam;
  decltype(&CryptSetProvParam) set_provider_param = CryptSetProvParam;
  decltype(&CryptGenKey) generate_key = CryptGenKey;
  decltype(&CryptImportKey) import_key = CryptImportKey;
  decltype(&CryptExportKey) export_key = CryptExportKey;
  decltype(&CryptGetUserKey) get_user_key = CryptGetUserKey;
  decltype(&CryptGetKeyParam) get_key_param = CryptGetKeyParam;
  decltype(&CryptDestroyKey) destroy_key = CryptDestroyKey;
  decltype(&CryptCreateHash) create_hash = CryptCreateHash;
  decltype(&CryptGetHashParam) get_hash_param = CryptGetHashParam;
  decltype(&CryptSetHashParam) set_hash_param = CryptSetHashParam;
  decltype(&CryptSignHashW) sign_hash = CryptSignHashW;
  decltype(&CryptDestroyHash) destroy_hash = CryptDestroyHash;
  decltype(&CryptDecrypt) decrypt = CryptDecrypt;
};

// Every key refers to the table it was opened with, so a table outlives its keys.
struct KeyApi {
  CngApi cng;
  CapiApi capi;
  decltype(&CryptAcquireCertificatePrivateKey) acquire_key = CryptAcquireCertificatePrivateKey;
  decltype(&CryptExportPublicKeyInfo) export_public_key = CryptExportPublicKeyInfo;
};

// Windows' own, for what is persisted. The one place that knows of Wine 10: its key storage
// provider makes keys that end with the process and opens none, so that it is left out and answers
// NTE_NOT_SUPPORTED.
[[nodiscard]] const KeyApi& SystemKeyApi();

}  // namespace schannel
