// The factors of inverted dropout, from words of Philox.

#if defined(BLASNET_MATH_DROPOUT_MASK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_DROPOUT_MASK_INL_H_
#undef BLASNET_MATH_DROPOUT_MASK_INL_H_
#else
#define BLASNET_MATH_DROPOUT_MASK_INL_H_
#endif

#include <cmath>

#include "math/philox-inl.h"
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Words below this drop their number.
inline uint32_t LeastKept(double rate) {
  return static_cast<uint32_t>(std::fmin(std::round(rate * 0x1p32), 0xFFFFFFFFp0));
}

// 0 where the word at p is below `least`, `kept` elsewhere.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> MaskOf(D d, const uint32_t* HWY_RESTRICT p, uint32_t least, hn::Vec<D> kept) {
  const hn::Rebind<uint32_t, D> words;
  const auto word = hn::LoadU(words, p);
  if constexpr (sizeof(T) == sizeof(uint32_t)) {
    return hn::IfThenZeroElse(hn::RebindMask(d, hn::Lt(word, hn::Set(words, least))), kept);
  } else {
    const hn::RebindToSigned<D> wide;
    const auto promoted = hn::BitCast(wide, hn::PromoteTo(hn::RebindToUnsigned<D>(), word));
    return hn::IfThenZeroElse(hn::RebindMask(d, hn::Lt(promoted, hn::Set(wide, int64_t{least}))), kept);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
