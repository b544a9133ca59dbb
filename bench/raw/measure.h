#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "endpoint.h"

namespace limit {

// How long encryption and decryption took for so many bytes of plaintext.
struct Throughput {
  std::size_t bytes = 0;
  std::chrono::nanoseconds encrypting{0};
  std::chrono::nanoseconds decrypting{0};
};

// How often something was done, and how long that took.
struct Repetition {
  std::size_t count = 0;
  std::chrono::nanoseconds elapsed{0};
};

// Encrypts at the client and decrypts at the server in turn, `write_size` bytes per write (in
// records of at most the maximum message), for about `duration`.
Throughput MeasureThroughput(Endpoint& client, Endpoint& server, std::size_t write_size,
                             std::chrono::nanoseconds duration);

// A message of `size` bytes from the client to the server and back: four SSPI calls.
Repetition MeasureRoundTrip(Endpoint& client, Endpoint& server, std::size_t size,
                            std::chrono::nanoseconds duration);

// Complete handshakes of both ends, with existing credentials.
Repetition MeasureHandshake(Credential& client, Credential& server,
                            std::chrono::nanoseconds duration);

}  // namespace limit
