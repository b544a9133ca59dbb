#include "service/service_host.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "platform/windows_error.h"
#include "worker/thread_pool.h"

namespace schannel {
namespace {

// ServiceMain gets no context.
struct Running {
  Lock lock;
  std::shared_ptr<ServiceHost> host;
};

Running& TheRunning() {
  static Running running;
  return running;
}

bool Contains(const std::vector<DWORD>& list, DWORD value) noexcept {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

void ServiceHost::Begin(const std::shared_ptr<ServiceHost>& host) {
  Running& running = TheRunning();
  const std::lock_guard<Lock> guard(running.lock);
  if (running.host != nullptr) {
    throw WindowsError(ERROR_SERVICE_ALREADY_RUNNING, "StartServiceCtrlDispatcherW");
  }
  running.host = host;
  try {
    std::thread([host] { host->Dispatch(); }).detach();
  } catch (...) {
    running.host.reset();
    throw;
  }
}

void ServiceHost::Dispatch() noexcept {
  SERVICE_TABLE_ENTRYW table[] = {{request_.name.data(), &ServiceHost::ServiceMain},
                                  {nullptr, nullptr}};
  const DWORD error = api_.dispatch(table) ? ERROR_SUCCESS : GetLastError();
  {
    Running& running = TheRunning();
    const std::lock_guard<Lock> guard(running.lock);
    running.host.reset();
  }
  Push({ServiceEvent::Kind::kEnded, error, {}});
}

void WINAPI ServiceHost::ServiceMain(DWORD count, wchar_t** arguments) {
  std::shared_ptr<ServiceHost> host;
  {
    Running& running = TheRunning();
    const std::lock_guard<Lock> guard(running.lock);
    host = running.host;
  }
  if (host != nullptr) host->Start(count, arguments);
}

// Returns at once: the service runs on until it reports that it has stopped.
void ServiceHost::Start(DWORD count, wchar_t** arguments) noexcept {
  DWORD error = ERROR_SUCCESS;
  {
    const std::lock_guard<Lock> guard(lock_);
    status_ = api_.register_handler(request_.name.c_str(), &ServiceHost::OnControl, this);
    ServiceReport starting;
    starting.state = SERVICE_START_PENDING;
    starting.check_point = 1;
    starting.wait_hint = request_.start_hint;
    if (status_ == nullptr || !SetStatus(starting)) error = GetLastError();
    if (error == ERROR_SUCCESS && cancelled_) {
      Fail(ERROR_PROCESS_ABORTED);
      return;
    }
  }
  if (error != ERROR_SUCCESS) {
    Push({ServiceEvent::Kind::kEnded, error, {}});
    return;
  }
  try {
    ServiceEvent event;
    event.kind = ServiceEvent::Kind::kStarted;
    event.arguments.assign(arguments, arguments + count);
    if (Push(std::move(event))) return;
  } catch (const std::exception&) {
    // As below.
  }
  // No memory: nobody else would tell Windows that this service doesn't run.
  const std::lock_guard<Lock> guard(lock_);
  Fail(ERROR_NOT_ENOUGH_MEMORY);
}

DWORD WINAPI ServiceHost::OnControl(DWORD control, DWORD, void*, void* host) {
  return static_cast<ServiceHost*>(host)->Control(control);
}

DWORD ServiceHost::Control(DWORD control) noexcept {
  // Windows has the last status and asks only whether there is somebody.
  if (control == SERVICE_CONTROL_INTERROGATE) return NO_ERROR;
  if (!Contains(request_.controls, control)) return ERROR_CALL_NOT_IMPLEMENTED;
  ServiceEvent event;
  event.kind = ServiceEvent::Kind::kControl;
  event.code = control;
  if (Contains(request_.stops, control)) {
    const std::lock_guard<Lock> guard(lock_);
    // The event loop may be busy, and Windows expects a sign that the service has heard it.
    if (state_ == SERVICE_RUNNING) {
      ServiceReport stopping;
      stopping.state = SERVICE_STOP_PENDING;
      stopping.check_point = 1;
      stopping.wait_hint = request_.stop_hint;
      SetStatus(stopping);
    }
  }
  return Push(std::move(event)) ? NO_ERROR : ERROR_NOT_ENOUGH_MEMORY;
}

bool ServiceHost::Push(ServiceEvent event) noexcept {
  try {
    const std::lock_guard<Lock> guard(lock_);
    // Somebody who may send controls could fill the memory. Two that nobody has seen yet are one.
    const auto is_same = [&event](const ServiceEvent& other) {
      return other.kind == event.kind && other.code == event.code;
    };
    if (std::none_of(events_.begin(), events_.end(), is_same)) events_.push_back(std::move(event));
  } catch (const std::exception&) {
    return false;
  }
  Release();
  return true;
}

void ServiceHost::Next(Task task) {
  {
    const std::lock_guard<Lock> guard(lock_);
    if (waiting_) throw WindowsError(SEC_E_INVALID_HANDLE, "service is busy");
    waiting_ = std::move(task);
    if (events_.empty() && !cancelled_) return;
  }
  Release();
}

ServiceEvent ServiceHost::Take() {
  const std::lock_guard<Lock> guard(lock_);
  if (events_.empty()) throw WindowsError(ERROR_CANCELLED, "service is closed");
  ServiceEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void ServiceHost::Cancel() {
  {
    const std::lock_guard<Lock> guard(lock_);
    cancelled_ = true;
    if (status_ != nullptr && state_ != SERVICE_STOPPED) Fail(ERROR_PROCESS_ABORTED);
  }
  Release();
}

void ServiceHost::Report(const ServiceReport& report) {
  const std::lock_guard<Lock> guard(lock_);
  if (status_ == nullptr || state_ == SERVICE_STOPPED) {
    throw WindowsError(ERROR_SERVICE_NOT_ACTIVE, "SetServiceStatus");
  }
  if (!SetStatus(report)) throw LastError("SetServiceStatus");
}

bool ServiceHost::SetStatus(const ServiceReport& report) noexcept {
  SERVICE_STATUS status = {};
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = report.state;
  status.dwControlsAccepted = report.controls_accepted;
  status.dwWin32ExitCode = report.win32_exit_code;
  status.dwServiceSpecificExitCode = report.service_exit_code;
  status.dwCheckPoint = report.check_point;
  status.dwWaitHint = report.wait_hint;
  if (!api_.set_status(status_, &status)) return false;
  state_ = report.state;
  return true;
}

void ServiceHost::Fail(DWORD error) noexcept {
  ServiceReport stopped;
  stopped.state = SERVICE_STOPPED;
  stopped.win32_exit_code = error;
  SetStatus(stopped);
}

void ServiceHost::Release() noexcept {
  Task task;
  {
    const std::lock_guard<Lock> guard(lock_);
    task = std::exchange(waiting_, nullptr);
  }
  if (!task) return;
  try {
    ThreadPool::Shared().Post(task);
  } catch (const std::exception&) {
    task();  // no memory or thread: it takes an event, which is done in no time
  }
}

}  // namespace schannel
