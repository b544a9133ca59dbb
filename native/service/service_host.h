// This process as a service of Windows.
#pragma once

#include "platform/win.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/lock.h"
#include "service/service_api.h"

namespace schannel {

struct ServiceHostRequest {
  std::wstring name;
  // Controls that Next() reports.
  std::vector<DWORD> controls;
  // Those among them that end the service: the handler itself reports SERVICE_STOP_PENDING.
  std::vector<DWORD> stops;
  // Wait hints of the two states that are reported here, in milliseconds.
  DWORD start_hint = 0;
  DWORD stop_hint = 0;
};

struct ServiceEvent {
  enum class Kind { kStarted, kControl, kEnded };
  Kind kind = Kind::kEnded;
  // The control, or the Win32 error that the dispatcher ended with.
  DWORD code = ERROR_SUCCESS;
  // Of StartServiceW; the first is the name of the service.
  std::vector<std::wstring> arguments;
};

// The members of SERVICE_STATUS, but for the type: it is always SERVICE_WIN32_OWN_PROCESS.
struct ServiceReport {
  DWORD state = 0;
  DWORD controls_accepted = 0;
  DWORD win32_exit_code = 0;
  DWORD service_exit_code = 0;
  DWORD check_point = 0;
  DWORD wait_hint = 0;
};

// The dispatcher of the service manager takes a thread and keeps it until the service has stopped.
// ServiceMain and the handler run on that thread, and on one that it makes; they put what happens
// into a queue.
class ServiceHost {
 public:
  // Runs when there is an event or the host is cancelled: on a worker, if there can be one. Must
  // not throw.
  using Task = std::function<void()>;

  ServiceHost(const ServiceHostApi& api, ServiceHostRequest request)
      : api_(api), request_(std::move(request)) {}
  ServiceHost(const ServiceHost&) = delete;
  ServiceHost& operator=(const ServiceHost&) = delete;

  // Once for each host; a process has one at a time. Throws WindowsError, and std::system_error
  // when there is no thread.
  static void Begin(const std::shared_ptr<ServiceHost>& host);

  // Runs `task` once: at once if an event waits. Throws WindowsError while another one waits.
  void Next(Task task);
  // On a worker, by the task. Throws WindowsError, with ERROR_CANCELLED when the host is cancelled.
  [[nodiscard]] ServiceEvent Take();
  // Runs the task that waits, if any, and every later one at once. Nobody reports anything any
  // more: a service that has not stopped has now failed, or Windows would wait for it.
  void Cancel();

  // Throws WindowsError: ERROR_SERVICE_NOT_ACTIVE before the service was started and after it has
  // stopped, since the handle of the status must not be used then.
  void Report(const ServiceReport& report);

 private:
  static void WINAPI ServiceMain(DWORD count, wchar_t** arguments);
  static DWORD WINAPI OnControl(DWORD control, DWORD type, void* data, void* host);

  void Dispatch() noexcept;
  void Start(DWORD count, wchar_t** arguments) noexcept;
  DWORD Control(DWORD control) noexcept;
  // False without memory.
  bool Push(ServiceEvent event) noexcept;
  // With the lock held. False, and the last error, if Windows refuses.
  bool SetStatus(const ServiceReport& report) noexcept;
  // With the lock held: reports that the service has stopped with this error.
  void Fail(DWORD error) noexcept;
  // Has the waiting task run.
  void Release() noexcept;

  const ServiceHostApi& api_;
  ServiceHostRequest request_;
  Lock lock_;
  SERVICE_STATUS_HANDLE status_ = nullptr;
  DWORD state_ = 0;
  std::deque<ServiceEvent> events_;
  Task waiting_;
  bool cancelled_ = false;
};

}  // namespace schannel
