#include "double/keys/key_handles.h"

#include <map>
#include <mutex>

namespace schannel_double {
namespace {

struct Handles {
  std::mutex mutex;
  std::map<NCRYPT_HANDLE, Provider> providers;
  std::map<NCRYPT_HANDLE, std::shared_ptr<Key>> keys;
  NCRYPT_HANDLE last = 0x7000;
};

Handles& TheHandles() {
  static Handles handles;
  return handles;
}

}  // namespace

NCRYPT_PROV_HANDLE AddProvider(const Provider& provider) {
  Handles& handles = TheHandles();
  const std::lock_guard<std::mutex> guard(handles.mutex);
  handles.providers[++handles.last] = provider;
  return handles.last;
}

bool FindProvider(NCRYPT_PROV_HANDLE handle, Provider& provider) {
  Handles& handles = TheHandles();
  const std::lock_guard<std::mutex> guard(handles.mutex);
  const auto found = handles.providers.find(handle);
  if (found == handles.providers.end()) return false;
  provider = found->second;
  return true;
}

NCRYPT_KEY_HANDLE AddKey(std::shared_ptr<Key> key) {
  Handles& handles = TheHandles();
  const std::lock_guard<std::mutex> guard(handles.mutex);
  handles.keys[++handles.last] = std::move(key);
  return handles.last;
}

std::shared_ptr<Key> FindKey(NCRYPT_HANDLE handle) {
  Handles& handles = TheHandles();
  const std::lock_guard<std::mutex> guard(handles.mutex);
  const auto found = handles.keys.find(handle);
  return found == handles.keys.end() ? nullptr : found->second;
}

bool ForgetHandle(NCRYPT_HANDLE handle) {
  Handles& handles = TheHandles();
  const std::lock_guard<std::mutex> guard(handles.mutex);
  return handles.keys.erase(handle) + handles.providers.erase(handle) != 0;
}

}  // namespace schannel_double
