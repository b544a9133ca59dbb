// Counts the work that the library has done: calls of SSPI, and what native code copies and
// allocates outside of them. What happens within a call is the double's work, and not counted.
// One of these calls or allocations can be made to fail.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace schannel_double {

// In the order of kFunctionNames.
enum class SspiFunction : size_t {
  kAcquire,
  kFreeCredential,
  kQueryCredential,
  kInitialize,
  kAccept,
  kComplete,
  kDelete,
  kControl,
  kQuery,
  kSet,
  kFreeBuffer,
  kEncrypt,
  kDecrypt,
  kCount,
};
constexpr size_t kFunctionCount = static_cast<size_t>(SspiFunction::kCount);
extern const std::array<const char*, kFunctionCount> kFunctionNames;

struct Work {
  std::array<std::atomic<uint64_t>, kFunctionCount> calls;
  std::atomic<uint64_t> copied;       // bytes
  std::atomic<uint64_t> allocations;  // by operator new
  std::atomic<uint64_t> allocated;    // bytes
};
[[nodiscard]] Work& TheWork() noexcept;

// The library meets one fault, number `number` of its allocations and calls from here on. 0: none.
void SetFault(uint64_t number) noexcept;
[[nodiscard]] bool HasMetFault() noexcept;
// Whether an allocation, or a call that can fail, has to fail now.
[[nodiscard]] bool MustFail() noexcept;

// Whether this thread is not within a call of SSPI.
[[nodiscard]] bool IsOutside() noexcept;

class CountedCall {
 public:
  explicit CountedCall(SspiFunction function) noexcept;
  CountedCall(const CountedCall&) = delete;
  CountedCall& operator=(const CountedCall&) = delete;
  ~CountedCall();
};

// A function of the table that counts its calls.
template <auto kFunction, SspiFunction kName, typename = decltype(kFunction)>
struct Counting;
template <auto kFunction, SspiFunction kName, typename Result, typename... Arguments>
struct Counting<kFunction, kName, Result(SEC_ENTRY*)(Arguments...)> {
  static Result SEC_ENTRY Call(Arguments... arguments) {
    constexpr bool kFrees = kName == SspiFunction::kFreeCredential ||
                            kName == SspiFunction::kDelete || kName == SspiFunction::kFreeBuffer;
    if (!kFrees && MustFail()) return SEC_E_INSUFFICIENT_MEMORY;
    const CountedCall call(kName);
    return kFunction(arguments...);
  }
};

}  // namespace schannel_double
