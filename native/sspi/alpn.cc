#include "platform/win.h"

#include "sspi/alpn.h"

#include <limits>

#include "platform/windows_error.h"

namespace schannel {
namespace {

void Append(Bytes& bytes, size_t value, size_t width) {
  for (size_t index = 0; index < width; ++index) {
    bytes.push_back(static_cast<uint8_t>(value >> (8 * index)));
  }
}

}  // namespace

Bytes EncodeAlpn(const std::vector<Bytes>& protocols) {
  if (protocols.empty()) return {};
  Bytes list;
  for (const Bytes& name : protocols) {
    if (name.empty() || name.size() > std::numeric_limits<uint8_t>::max()) {
      throw WindowsError(E_INVALIDARG, "ALPN name is not 1 to 255 bytes");
    }
    list.push_back(static_cast<uint8_t>(name.size()));
    list.insert(list.end(), name.begin(), name.end());
  }
  if (list.size() > std::numeric_limits<uint16_t>::max()) {
    throw WindowsError(E_INVALIDARG, "ALPN list is longer than 65535 bytes");
  }
  // SEC_APPLICATION_PROTOCOLS, by hand: sizeof counts two bytes of padding that are not on the
  // wire.
  constexpr size_t kListHeader = 6;  // ProtoNegoExt and ProtocolListSize
  Bytes encoded;
  encoded.reserve(4 + kListHeader + list.size());
  Append(encoded, kListHeader + list.size(), 4);
  Append(encoded, SecApplicationProtocolNegotiationExt_ALPN, 4);
  Append(encoded, list.size(), 2);
  encoded.insert(encoded.end(), list.begin(), list.end());
  return encoded;
}

}  // namespace schannel
