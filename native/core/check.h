#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace blasnet {

// Thrown where a caller broke a kernel's contract: the binding turns it into a JavaScript error.
class InvalidArgument : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// Thrown by a kernel that meets NaN or infinity where a run must stop.
class NotFinite : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Builds "Expected a == b …" only on failure, so that a check costs one predicted branch.
template <class A, class B>
[[noreturn, gnu::cold, gnu::noinline]] void FailEqual(const char* what, const A& expected, const B& received) {
  std::ostringstream message;
  message << "Expected " << expected << " for " << what << " but received " << received;
  throw InvalidArgument(message.str());
}

template <class A, class B>
inline void CheckEqual(const char* what, const A& expected, const B& received) {
  if (!(expected == received)) [[unlikely]]
    FailEqual(what, expected, received);
}

inline void Check(bool holds, const char* message) {
  if (!holds) [[unlikely]]
    throw InvalidArgument(message);
}

}  // namespace blasnet
