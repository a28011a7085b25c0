#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "core/check.h"

namespace blasnet {

// A seed, stream or step as it comes from JavaScript.
inline uint64_t CounterOf(double value) {
  Check(value >= 0 && value <= 0x1p53 && value == std::floor(value), "Expected a whole number from 0 to 2^53");
  return static_cast<uint64_t>(value);
}

// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011. A block of four
// random words is a pure function of a key and a counter, so that any number of a stream can be had without the ones
// before it: results depend neither on threads nor on the order of calls.
class Philox {
 public:
  using Block = std::array<uint32_t, 4>;

  // seed and stream say which sequence (a net's seed; the layer or purpose), step says which part of it (an
  // iteration, an epoch).
  Philox(uint64_t seed, uint32_t stream, uint64_t step)
      : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)}, stream_(stream), step_(step) {}

  // The index-th block of four words, index < 2^32 (64 GiB of words).
  Block operator()(uint32_t index) const {
    return Generate({index, static_cast<uint32_t>(step_), static_cast<uint32_t>(step_ >> 32), stream_}, key_);
  }

  // The function of the paper, for its published test vectors.
  static Block Generate(Block counter, std::array<uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = uint64_t{0xD2511F53} * counter[0];
      const uint64_t b = uint64_t{0xCD9E8D57} * counter[2];
      counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
                 static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
      key[0] += 0x9E3779B9;
      key[1] += 0xBB67AE85;
    }
    return counter;
  }

  // Uniform in the open interval (0, 1), from 52 bits of two words; never 0, so that its logarithm is finite.
  static double Uniform(uint32_t high, uint32_t low) {
    const uint64_t bits = (uint64_t{high} << 20) | (low >> 12);
    return (static_cast<double>(bits) + 0.5) * 0x1p-52;
  }

 private:
  std::array<uint32_t, 2> key_;
  uint32_t stream_;
  uint64_t step_;
};

}  // namespace blasnet
