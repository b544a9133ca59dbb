#include "measure.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace limit {
namespace {

using Clock = std::chrono::steady_clock;

// Small writes are timed in runs of this size. A run is long enough that the clock costs nothing,
// and short enough to stay in the cache, as between two ends that take turns.
constexpr std::size_t kRunSize = 64 * 1024;

// A record, and its place in the memory of the run.
struct Slot {
  std::uint8_t* record;
  std::size_t plaintext_size;
  std::size_t record_size;
};

class Run {
 public:
  Run(const Endpoint& endpoint, std::size_t write_size) {
    const std::size_t overhead = endpoint.header_size() + endpoint.trailer_size();
    const std::size_t writes = std::max<std::size_t>(1, kRunSize / write_size);
    const std::size_t records_a_write =
        (write_size + endpoint.maximum_message() - 1) / endpoint.maximum_message();
    memory_.resize(writes * (write_size + records_a_write * overhead));
    std::uint8_t* next = memory_.data();
    for (std::size_t write = 0; write < writes; ++write) {
      for (std::size_t left = write_size; left > 0;) {
        const std::size_t size = std::min(left, endpoint.maximum_message());
        slots_.push_back({next, size, 0});
        next += size + overhead;
        left -= size;
      }
    }
    size_ = writes * write_size;
  }

  std::size_t size() const { return size_; }

  void Encrypt(Endpoint& endpoint) {
    for (Slot& slot : slots_) slot.record_size = endpoint.Encrypt(slot.record, slot.plaintext_size);
  }

  void Decrypt(Endpoint& endpoint) {
    for (Slot& slot : slots_) endpoint.Decrypt(slot.record, slot.record_size);
  }

 private:
  std::vector<std::uint8_t> memory_;
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace

Throughput MeasureThroughput(Endpoint& client, Endpoint& server, std::size_t write_size,
                             std::chrono::nanoseconds duration) {
  Run run(client, write_size);
  Throughput total;
  while (total.encrypting + total.decrypting < duration) {
    const auto start = Clock::now();
    run.Encrypt(client);
    const auto between = Clock::now();
    run.Decrypt(server);
    const auto end = Clock::now();
    total.bytes += run.size();
    total.encrypting += between - start;
    total.decrypting += end - between;
  }
  return total;
}

Repetition MeasureRoundTrip(Endpoint& client, Endpoint& server, std::size_t size,
                            std::chrono::nanoseconds duration) {
  constexpr std::size_t kTripsBetweenClocks = 100;
  std::vector<std::uint8_t> record(client.header_size() + size + client.trailer_size());
  Repetition total;
  const auto start = Clock::now();
  while (total.elapsed < duration) {
    for (std::size_t trip = 0; trip < kTripsBetweenClocks; ++trip) {
      server.Decrypt(record.data(), client.Encrypt(record.data(), size));
      client.Decrypt(record.data(), server.Encrypt(record.data(), size));
    }
    total.count += kTripsBetweenClocks;
    total.elapsed = Clock::now() - start;
  }
  return total;
}

Repetition MeasureHandshake(Credential& client, Credential& server,
                            std::chrono::nanoseconds duration) {
  Repetition total;
  const auto start = Clock::now();
  while (total.elapsed < duration) {
    Endpoint client_end(client);
    Endpoint server_end(server);
    Connect(client_end, server_end);
    ++total.count;
    total.elapsed = Clock::now() - start;
  }
  return total;
}

}  // namespace limit
