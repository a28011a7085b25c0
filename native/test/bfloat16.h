#pragma once

// Products in bfloat16 against plain loops over rounded factors, for tests.

#include <bit>
#include <span>

#include "math/bfloat16.h"
#include "test/testing.h"
#include "test/tier.h"

namespace blasnet::testing {

// x rounded to bfloat16: the upper 16 bits, half to even.
inline float RoundedOf(float x) {
  if (std::isnan(x)) return x;
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const uint32_t below = bits & 0xFFFF, kept = bits >> 16;
  const bool up = below > 0x8000 || (below == 0x8000 && kept % 2 == 1);
  return std::bit_cast<float>((kept + up) << 16);
}

inline std::vector<float> RoundedOf(const Tensor<float>& x) {
  std::vector<float> rounded;
  for (size_t i = 0; i < x.size(); ++i) rounded.push_back(RoundedOf(x[i]));
  return rounded;
}

// Sizes of products around the ends of blocks, of panels and of pairs; some are large enough for the CPU's
// instructions.
struct Size {
  size_t m, n, k;
};
inline constexpr Size kSizes[] = {{1, 1, 1},     {3, 17, 5},    {64, 65, 3},    {17, 64, 64},
                                  {12, 32, 128}, {13, 33, 127}, {65, 65, 65},   {1, 70, 511},
                                  {300, 1, 200}, {1000, 40, 1}, {2, 515, 64},   {25, 47, 301},
                                  {64, 10, 64},  {64, 16, 33},  {130, 290, 66}, {40, 1027, 200}};

// The last size has more terms than all others.
inline std::span<const Size> Sizes() { return std::span(kSizes).first(std::size(kSizes) - (IsQuick() ? 1 : 0)); }

// All ways of computing that this CPU has.
template <class F>
void ForAllWays(const F& run) {
  const Bfloat16Way before = WayOfBfloat16();
  for (const Bfloat16Way way : {Bfloat16Way::kFloats, Bfloat16Way::kPairs, Bfloat16Way::kTiles}) {
    if (!CanMultiply(way)) continue;
    SetWayOfBfloat16(way);
    CAPTURE(NameOf(way));
    run();
  }
  SetWayOfBfloat16(before);
}

// y = start + factor · op(a)·op(b) of rounded factors in plain loops; a is m×k, or k×m where it is turned.
inline void CheckProduct(const Size& s, const Tensor<float>& a, bool turn_a, const Tensor<float>& b, bool turn_b,
                         const std::function<long double(size_t, size_t)>& start, long double factor,
                         const Tensor<float>& y) {
  CAPTURE(s.m);
  CAPTURE(s.n);
  CAPTURE(s.k);
  const std::vector<float> left = RoundedOf(a), right = RoundedOf(b);
  Worst worst;
  for (size_t i = 0; i < s.m; ++i) {
    for (size_t j = 0; j < s.n; ++j) {
      long double sum = 0, size = 0;
      for (size_t t = 0; t < s.k; ++t) {
        const long double term = static_cast<long double>(turn_a ? left[t * s.m + i] : left[i * s.k + t]) *
                                 (turn_b ? right[j * s.k + t] : right[t * s.n + j]);
        sum += term;
        size += std::abs(term);
      }
      const long double before = start(i, j);
      worst.Add(y[i * s.n + j], before + factor * sum, kEpsilon<float> * (std::abs(before) + size) * 8);
    }
  }
  CHECK(worst.ratio() <= 1);
}

inline long double None(size_t, size_t) { return 0; }
inline long double Three(size_t, size_t) { return 3; }

}  // namespace blasnet::testing
