// A test program in one header: TEST registers, CHECK and CHECK_EQUAL judge, main() is in
// harness.cc.
#pragma once

#include <exception>
#include <sstream>
#include <string>
#include <utility>

namespace test {

class Failure : public std::exception {
 public:
  Failure(const char* file, int line, const std::string& what)
      : what_(std::string(file) + ":" + std::to_string(line) + ": " + what) {}
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

// Thrown by Skip(): the test cannot run here.
class Skipped : public std::exception {
 public:
  explicit Skipped(std::string why) : why_(std::move(why)) {}
  [[nodiscard]] const char* what() const noexcept override { return why_.c_str(); }

 private:
  std::string why_;
};

struct Registration {
  Registration(const char* name, void (*body)());
};

template <typename A, typename B>
void CheckEqual(const char* file, int line, const char* expression, const A& actual,
                const B& expected) {
  if (actual == expected) return;
  std::ostringstream what;
  what << expression << ": got " << actual << ", expected " << expected;
  throw Failure(file, line, what.str());
}

// Runs `body`, which must throw a WindowsError with this status; gives its syscall.
template <typename Error, typename Body>
std::string ThrownBy(const char* file, int line, Body&& body, long status) {
  try {
    body();
  } catch (const Error& error) {
    CheckEqual(file, line, "status", error.status(), status);
    return error.syscall();
  }
  throw Failure(file, line, "nothing was thrown");
}

}  // namespace test

#define TEST(name)                                                  \
  static void name();                                               \
  static const test::Registration name##_registration(#name, name); \
  static void name()

#define CHECK(condition) \
  ((condition) ? void() : throw test::Failure(__FILE__, __LINE__, #condition))

#define CHECK_EQUAL(actual, expected) \
  test::CheckEqual(__FILE__, __LINE__, #actual, actual, expected)

#define CHECK_THROWS(body, status)        \
  test::ThrownBy<schannel::WindowsError>( \
      __FILE__, __LINE__, [&] { static_cast<void>(body); }, status)
