#include "support/fake_node_api.h"

#include <cstddef>
#include <cstdint>

// Without the headers of Node-API, which declare these functions as somebody else's.

namespace test {

FakeNode fake_node;

namespace {

FakeValue* Make() {
  fake_node.values.push_back(std::make_unique<FakeValue>());
  return fake_node.values.back().get();
}

}  // namespace
}  // namespace test

using test::fake_node;
using test::FakeValue;

#define FAKE extern "C" __declspec(dllexport) int

FAKE napi_create_object(void*, FakeValue** result) {
  *result = test::Make();
  return 0;
}

FAKE napi_create_string_utf8(void*, const char* text, size_t length, FakeValue** result) {
  *result = test::Make();
  (*result)->text = length == SIZE_MAX ? std::string(text) : std::string(text, length);
  return 0;
}

FAKE napi_create_double(void*, double number, FakeValue** result) {
  *result = test::Make();
  (*result)->number = number;
  return 0;
}

FAKE napi_create_error(void*, FakeValue*, FakeValue* message, FakeValue** result) {
  *result = test::Make();
  (*result)->text = message->text;
  return 0;
}

FAKE napi_set_named_property(void*, FakeValue* object, const char* name, FakeValue* value) {
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
  fake_node.pending = test::Make();
  fake_node.pending->text = message;
  return 0;
}
