// Names that are none.
#pragma once

namespace schannel {

// Whether this is an address of IPv4 (four decimal numbers) or IPv6, and nothing else.
[[nodiscard]] bool IsIpAddress(const wchar_t* text) noexcept;

}  // namespace schannel
