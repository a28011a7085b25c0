// Bytes (pixels) divided by a number.

#if defined(BLASNET_DATA_BYTE_DIVISION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_DATA_BYTE_DIVISION_INL_H_
#undef BLASNET_DATA_BYTE_DIVISION_INL_H_
#else
#define BLASNET_DATA_BYTE_DIVISION_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The quotients that a division gives, to the bit, in a fifth of its time: products with the reciprocal, mended twice
// by fused operations. The first step leaves an error below one unit in the last place; a step from there, with a
// reciprocal rounded to nearest, gives the nearest quotient (P. Markstein, "Computation of elementary functions on the
// IBM RISC System/6000 processor", 1990).
class ByteDivision {
 public:
  // Products only where neither the reciprocal nor a remainder can leave the range of normal numbers.
  explicit ByteDivision(float divisor)
      : divisor_(divisor), by_products_(HWY_NATIVE_FMA && divisor >= 1e-18f && divisor <= 1e18f) {}

  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> bytes) const {
    const auto divisor = hn::Set(d, divisor_);
    if (!by_products_) return hn::Div(bytes, divisor);
    const auto reciprocal = hn::Set(d, 1 / divisor_);
    const auto mended = [&](auto quotient) {
      return hn::MulAdd(hn::NegMulAdd(quotient, divisor, bytes), reciprocal, quotient);
    };
    return mended(mended(hn::Mul(bytes, reciprocal)));
  }

 private:
  float divisor_;
  bool by_products_;
};

// Vectors of numbers from bytes.
template <class D>
HWY_INLINE hn::Vec<D> LoadBytes(D d, const uint8_t* from) {
  return hn::ConvertTo(d, hn::PromoteTo(hn::Rebind<int32_t, D>(), hn::LoadU(hn::Rebind<uint8_t, D>(), from)));
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
