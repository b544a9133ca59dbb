/* An addon whose initialisation reads a field of a record that is not there. */
struct Record {
  int padding[4];
  volatile int field;
};

static __attribute__((noinline)) int ReadField(const struct Record* record) {
  return record->field;
}

__declspec(dllexport) void* napi_register_module_v1(void* env, void* exports);

void* napi_register_module_v1(void* env, void* exports) {
  static struct Record* volatile record;
  (void)env;
  return ReadField(record) ? exports : 0;
}
