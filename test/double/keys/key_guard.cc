#include "double/keys/key_guard.h"

#include <condition_variable>
#include <map>
#include <mutex>

#include "double/world.h"

namespace schannel_double {
namespace {

struct Guards {
  std::mutex mutex;
  std::condition_variable answered;
  std::map<std::wstring, Dialog> dialogs;
};

// Never destroyed: a dialog may still be open when the process ends.
Guards& TheGuards() {
  static Guards& guards = *new Guards;
  return guards;
}

Dialog DialogOf(const Guards& guards, const std::wstring& name) {
  const auto found = guards.dialogs.find(name);
  return found == guards.dialogs.end() ? Dialog::kNone : found->second;
}

}  // namespace

bool SetDialog(const std::wstring& name, const std::string& dialog) {
  static const std::map<std::string, Dialog> kDialogs = {
      {"none", Dialog::kNone},         {"open", Dialog::kOpen},
      {"answered", Dialog::kAnswered}, {"cancelled", Dialog::kCancelled},
      {"wrongPin", Dialog::kWrongPin}, {"cardCancelled", Dialog::kCardCancelled}};
  const auto found = kDialogs.find(dialog);
  if (found == kDialogs.end()) return false;
  Guards& guards = TheGuards();
  const std::lock_guard<std::mutex> guard(guards.mutex);
  guards.dialogs[name] = found->second;
  guards.answered.notify_all();
  return true;
}

SECURITY_STATUS AskUser(const Key& key, DWORD flags) {
  Guards& guards = TheGuards();
  std::unique_lock<std::mutex> lock(guards.mutex);
  if (DialogOf(guards, key.name) == Dialog::kNone) return ERROR_SUCCESS;
  if ((flags & NCRYPT_SILENT_FLAG) != 0) return NTE_SILENT_CONTEXT;
  guards.answered.wait(lock, [&] { return DialogOf(guards, key.name) != Dialog::kOpen; });
  switch (DialogOf(guards, key.name)) {
    case Dialog::kCancelled:
      return NTE_USER_CANCELLED;
    case Dialog::kCardCancelled:
      return SCARD_W_CANCELLED_BY_USER;
    case Dialog::kWrongPin:
      return SCARD_W_WRONG_CHV;
    default:
      return ERROR_SUCCESS;
  }
}

SECURITY_STATUS DeniedStatus() {
  return MachineChoice(Choice::kDeniedKey, 2) == 0 ? NTE_PERM : NTE_BAD_KEYSET;
}

}  // namespace schannel_double
