#include "support/fake_node_api.h"

#include <cstddef>
#include <cstdint>

#include "support/faults.h"

// Without the headers of Node-API, which declare these functions as somebody else's.

namespace test {

FakeNode fake_node;

namespace {

constexpr int kFailure = 9;  // napi_generic_failure

using Wake = void (*)(void* env, FakeValue* callback, void* context, void* data);

// The thread-safe function; there is one at a time.
struct ThreadSafe {
  std::mutex mutex;
  std::condition_variable changed;
  size_t wakes = 0;
  Wake wake = nullptr;
  void* context = nullptr;
};
ThreadSafe thread_safe;

FakeValue* Make() {
  const OwnMemory memory;
  fake_node.values.push_back(std::make_unique<FakeValue>());
  return fake_node.values.back().get();
}

}  // namespace

void WakeOnce() {
  {
    std::unique_lock<std::mutex> lock(thread_safe.mutex);
    thread_safe.changed.wait(lock, [] { return thread_safe.wakes != 0; });
    --thread_safe.wakes;
  }
  thread_safe.wake(&fake_node, nullptr, thread_safe.context, nullptr);
}

size_t Wakes() {
  const std::lock_guard<std::mutex> lock(thread_safe.mutex);
  return thread_safe.wakes;
}

}  // namespace test

using test::fake_node;
using test::FakeValue;

#define FAKE extern "C" __declspec(dllexport) int

FAKE napi_create_object(void*, FakeValue** result) {
  if (test::MustFail()) return test::kFailure;
  *result = test::Make();
  return 0;
}

FAKE napi_create_string_utf8(void*, const char* text, size_t length, FakeValue** result) {
  if (test::MustFail()) return test::kFailure;
  *result = test::Make();
  const test::OwnMemory memory;
  (*result)->text = length == SIZE_MAX ? std::string(text) : std::string(text, length);
  return 0;
}

FAKE napi_create_double(void*, double number, FakeValue** result) {
  if (test::MustFail()) return test::kFailure;
  *result = test::Make();
  (*result)->number = number;
  return 0;
}

FAKE napi_create_error(void*, FakeValue*, FakeValue* message, FakeValue** result) {
  *result = test::Make();
  const test::OwnMemory memory;
  (*result)->text = message->text;
  return 0;
}

FAKE napi_set_named_property(void*, FakeValue* object, const char* name, FakeValue* value) {
  const test::OwnMemory memory;
  object->properties[name] = value;
  return 0;
}

FAKE napi_typeof(void*, FakeValue*, int* result) {
  *result = 6;  // napi_object
  return 0;
}

FAKE napi_has_property(void*, FakeValue* object, FakeValue* name, bool* result) {
  *result = object->properties.count(name->text) != 0;
  return 0;
}

FAKE napi_create_reference(void*, FakeValue* value, uint32_t, FakeValue** result) {
  if (test::MustFail()) return test::kFailure;
  ++fake_node.references;
  *result = value;
  return 0;
}

FAKE napi_get_reference_value(void*, FakeValue* reference, FakeValue** result) {
  *result = reference;
  return 0;
}

FAKE napi_delete_reference(void*, FakeValue*) {
  --fake_node.references;
  return 0;
}

FAKE napi_open_handle_scope(void*, void**) { return 0; }
FAKE napi_close_handle_scope(void*, void*) { return 0; }

FAKE napi_is_exception_pending(void*, bool* result) {
  *result = fake_node.pending != nullptr;
  return 0;
}

FAKE napi_get_and_clear_last_exception(void*, FakeValue** result) {
  *result = fake_node.pending;
  fake_node.pending = nullptr;
  return 0;
}

FAKE napi_throw(void*, FakeValue* error) {
  fake_node.pending = error;
  return 0;
}

FAKE napi_throw_error(void*, const char*, const char* message) {
  const test::OwnMemory memory;
  fake_node.pending = test::Make();
  fake_node.pending->text = message;
  return 0;
}

struct FakeErrorInfo {
  const char* message;
  void* reserved;
  uint32_t engine_code;
  int code;
};

FAKE napi_get_last_error_info(void*, const FakeErrorInfo** result) {
  static const FakeErrorInfo info = {"a fault", nullptr, 0, test::kFailure};
  *result = &info;
  return 0;
}

FAKE napi_get_global(void*, FakeValue** result) {
  *result = test::Make();
  return 0;
}

FAKE napi_async_init(void*, FakeValue*, FakeValue*, void** result) {
  if (test::MustFail()) return test::kFailure;
  ++fake_node.contexts;
  *result = &fake_node;
  return 0;
}

FAKE napi_async_destroy(void*, void*) {
  --fake_node.contexts;
  return 0;
}

FAKE napi_make_callback(void*, void*, FakeValue*, FakeValue*, size_t, FakeValue* const* arguments,
                        FakeValue**) {
  const test::OwnMemory memory;
  fake_node.calls.push_back(arguments[0]);
  return 0;
}

FAKE napi_fatal_exception(void*, FakeValue*) { return 0; }

FAKE napi_add_env_cleanup_hook(void*, void (*)(void*), void*) {
  if (test::MustFail()) return test::kFailure;
  ++fake_node.hooks;
  return 0;
}

FAKE napi_remove_env_cleanup_hook(void*, void (*)(void*), void*) {
  --fake_node.hooks;
  return 0;
}

FAKE napi_create_threadsafe_function(void*, FakeValue*, FakeValue*, FakeValue*, size_t, size_t,
                                     void*, void*, void* context, test::Wake wake, void** result) {
  if (test::MustFail()) return test::kFailure;
  test::thread_safe.wake = wake;
  test::thread_safe.context = context;
  test::thread_safe.wakes = 0;
  ++fake_node.functions;
  *result = &test::thread_safe;
  return 0;
}

FAKE napi_ref_threadsafe_function(void*, void*) { return test::MustFail() ? test::kFailure : 0; }

FAKE napi_unref_threadsafe_function(void*, void*) { return 0; }

FAKE napi_release_threadsafe_function(void*, int) {
  --fake_node.functions;
  return 0;
}

FAKE napi_call_threadsafe_function(void*, void*, int) {
  const std::lock_guard<std::mutex> lock(test::thread_safe.mutex);
  ++test::thread_safe.wakes;
  test::thread_safe.changed.notify_one();
  return 0;
}
