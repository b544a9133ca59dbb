#include "platform/win.h"

#include "sspi/alpn.h"

#include "platform/windows_error.h"
#include "support/harness.h"
#include "support/scripted_sspi.h"

using schannel::Bytes;
using schannel::EncodeAlpn;
using test::ToBytes;

TEST(alpn_list_is_laid_out_without_padding) {
  const Bytes encoded = EncodeAlpn({ToBytes("h2"), ToBytes("http/1.1")});
  const Bytes expected = {18, 0,   0,   0,  // what follows
                          2,  0,   0,   0,  // ALPN
                          12, 0,            // the list
                          2,  'h', '2',     //
                          8,  'h', 't', 't', 'p', '/', '1', '.', '1'};
  CHECK(encoded == expected);
}

TEST(alpn_list_without_protocols_is_no_buffer) { CHECK(EncodeAlpn({}).empty()); }

TEST(alpn_name_of_255_bytes_is_the_longest) {
  CHECK_EQUAL(EncodeAlpn({Bytes(255, 'x')}).size(), size_t{10 + 256});
  CHECK_THROWS(EncodeAlpn({Bytes(256, 'x')}), E_INVALIDARG);
  CHECK_THROWS(EncodeAlpn({ToBytes("h2"), Bytes()}), E_INVALIDARG);
}

TEST(alpn_list_of_65535_bytes_is_the_longest) {
  std::vector<Bytes> protocols(255, Bytes(255, 'x'));  // 255 times 256 bytes
  protocols.push_back(Bytes(254, 'y'));
  const Bytes encoded = EncodeAlpn(protocols);
  CHECK_EQUAL(encoded.size(), size_t{10 + 65535});
  CHECK_EQUAL(int{encoded[8]} | int{encoded[9]} << 8, 65535);
  protocols.push_back(ToBytes("z"));
  CHECK_THROWS(EncodeAlpn(protocols), E_INVALIDARG);
}
