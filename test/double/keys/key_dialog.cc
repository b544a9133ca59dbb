#include "double/keys/key_dialog.h"

#include <mutex>
#include <set>

#include "double/keys/keys.h"

namespace schannel_double {
namespace {

std::mutex mutex;
std::set<std::wstring> pins;

}  // namespace

bool Refuses(const Key& key, DWORD flags) {
  const std::lock_guard<std::mutex> guard(mutex);
  return pins.count(key.name) != 0 && (flags & NCRYPT_SILENT_FLAG) != 0;
}

void SetPinNeeded(const std::wstring& name, bool needed) {
  const std::lock_guard<std::mutex> guard(mutex);
  if (needed) {
    pins.insert(name);
  } else {
    pins.erase(name);
  }
}

}  // namespace schannel_double
