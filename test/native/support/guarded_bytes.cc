#include "support/guarded_bytes.h"

#include <algorithm>
#include <new>

namespace test {
namespace {

size_t PageSize() {
  SYSTEM_INFO info = {};
  GetSystemInfo(&info);
  return info.dwPageSize;
}

}  // namespace

GuardedBytes::GuardedBytes(schannel::ByteView bytes, Edge edge) : size_(bytes.size) {
  const size_t page = PageSize();
  const size_t inner = (std::max<size_t>(size_, 1) + page - 1) / page * page;
  pages_ = VirtualAlloc(nullptr, inner + 2 * page, MEM_RESERVE, PAGE_NOACCESS);
  if (pages_ == nullptr) throw std::bad_alloc();
  auto* const usable = static_cast<uint8_t*>(pages_) + page;
  if (VirtualAlloc(usable, inner, MEM_COMMIT, PAGE_READWRITE) == nullptr) {
    VirtualFree(pages_, 0, MEM_RELEASE);
    throw std::bad_alloc();
  }
  data_ = edge == Edge::kStart ? usable : usable + (inner - size_);
  std::copy(bytes.data, bytes.data + bytes.size, data_);
}

GuardedBytes::~GuardedBytes() { VirtualFree(pages_, 0, MEM_RELEASE); }

}  // namespace test
