// The words of core/philox.h, as many blocks at once as a vector has lanes of 64 bits.

#if defined(BLASNET_MATH_PHILOX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_PHILOX_INL_H_
#undef BLASNET_MATH_PHILOX_INL_H_
#else
#define BLASNET_MATH_PHILOX_INL_H_
#endif

#include <cstring>

#include "core/philox.h"
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// PhiloxWords writes whole vectors: this many words at a time, or a divisor of it.
inline constexpr size_t kPhiloxWords = 32;

// words[i] = word i of the blocks from `first` on, for i in [0, n), and up to kPhiloxWords − 1 more behind them.
HWY_INLINE void PhiloxWords(uint64_t seed, uint32_t stream, uint64_t step, uint64_t first, size_t n,
                            uint32_t* HWY_RESTRICT words) {
  // A word is the lower half of a lane of 64 bits; the upper half holds what no multiplication looks at.
  const hn::ScalableTag<uint64_t> d;
  const hn::Repartition<uint32_t, decltype(d)> halves;
  const auto times = [&](auto v, uint32_t factor) {
    return hn::MulEven(hn::BitCast(halves, v), hn::Set(halves, factor));
  };
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < n; i += 4 * lanes) {
    auto c0 = hn::Add(hn::Set(d, first + i / 4), hn::Iota(d, 0));
    auto c1 = hn::Set(d, step);
    auto c2 = hn::Set(d, step >> 32);
    auto c3 = hn::Set(d, uint64_t{stream});
    uint32_t key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const auto a = times(c0, 0xD2511F53);
      const auto b = times(c2, 0xCD9E8D57);
      c0 = hn::Xor3(hn::ShiftRight<32>(b), c1, hn::Set(d, uint64_t{key0}));
      c2 = hn::Xor3(hn::ShiftRight<32>(a), c3, hn::Set(d, uint64_t{key1}));
      c1 = b;
      c3 = a;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    const auto lower = hn::Set(d, uint64_t{0xFFFFFFFF});
    const auto left = hn::Or(hn::And(c0, lower), hn::ShiftLeft<32>(c1));
    const auto right = hn::Or(hn::And(c2, lower), hn::ShiftLeft<32>(c3));
    HWY_ALIGN uint64_t pairs[2 * hn::MaxLanes(d)];
    hn::StoreInterleaved2(left, right, d, pairs);
    std::memcpy(words + i, pairs, 2 * lanes * sizeof(uint64_t));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
