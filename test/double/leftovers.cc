#include "double/leftovers.h"

#include <algorithm>
#include <cstdint>

namespace schannel_double {

void Overwrite(SecBufferDesc* buffers, std::initializer_list<ULONG> meant) {
  if (buffers == nullptr) return;
  for (ULONG index = 0; index < buffers->cBuffers; ++index) {
    SecBuffer& buffer = buffers->pBuffers[index];
    if (std::find(meant.begin(), meant.end(), buffer.BufferType) != meant.end()) continue;
    buffer.pvBuffer = reinterpret_cast<void*>(uintptr_t{0xDD});
    buffer.cbBuffer = 0xDDDDDDDD;
  }
}

}  // namespace schannel_double
