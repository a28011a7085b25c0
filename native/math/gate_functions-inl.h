// σ and tanh of the gates of recurrent cells, by quotients whose denominators are multiplied together: a division takes
// as long as all the rest of a gate.

#if defined(BLASNET_MATH_GATE_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_GATE_FUNCTIONS_INL_H_
#undef BLASNET_MATH_GATE_FUNCTIONS_INL_H_
#else
#define BLASNET_MATH_GATE_FUNCTIONS_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// eˣ − 1 for x ≤ 0, to a few units in the last place, also near 0; NaN stays NaN. With x = k·ln 2 + r:
// eˣ − 1 = 2ᵏ(eʳ − 1) + (2ᵏ − 1), where eʳ − 1 is its Taylor polynomial on |r| ≤ ln 2 / 2.
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE V NegativeExpm1(D d, V x) {
  constexpr bool kSingle = sizeof(T) == 4;
  const hn::RebindToSigned<D> di;
  using I = hn::TFromD<decltype(di)>;
  constexpr int kMantissa = kSingle ? 23 : 52;
  const V least = hn::Set(d, kSingle ? T(-87) : T(-708));  // 2ᵏ stays a normal number
  const V bounded = hn::IfThenElse(hn::Lt(x, least), least, x);
  // Adding 1.5·2ᵐ rounds to whole numbers, whose low bits then are those of the sum.
  const V magic = hn::Set(d, kSingle ? T(12582912) : T(6755399441055744.0));
  const V shifted = hn::MulAdd(bounded, hn::Set(d, T(1.4426950408889634)), magic);
  const V k = hn::Sub(shifted, magic);
  const V high = hn::Set(d, kSingle ? T(0.693359375) : T(6.93147180369123816490e-01));
  const V low = hn::Set(d, kSingle ? T(-2.12194440e-4) : T(1.90821492927058770002e-10));
  const V r = hn::NegMulAdd(k, low, hn::NegMulAdd(k, high, bounded));
  const auto power =
      hn::Add(hn::ShiftLeft<kMantissa>(hn::BitCast(di, shifted)), hn::Set(di, I(kSingle ? 127 : 1023) << kMantissa));
  const V scale = hn::BitCast(d, power);  // 2ᵏ
  V p;
  if constexpr (kSingle) {
    p = hn::Set(d, T(1.0 / 5040));
    for (const double c : {1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5}) p = hn::MulAdd(p, r, hn::Set(d, T(c)));
  } else {
    p = hn::Set(d, T(1.0 / 6227020800));
    for (const double c : {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
                           1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5}) {
      p = hn::MulAdd(p, r, hn::Set(d, T(c)));
    }
  }
  const V q = hn::MulAdd(hn::Mul(r, r), p, r);  // eʳ − 1
  return hn::MulAdd(scale, q, hn::Sub(scale, hn::Set(d, T(1))));
}

// A number as numerator / denominator, with a denominator from 1 to 2.
template <class V>
struct Quotient {
  V numerator, denominator;
};

// σ(x) = 1/(1 + e⁻ˣ) for x ≥ 0, and eˣ/(1 + eˣ) for x < 0
template <class D, class V = hn::Vec<D>>
HWY_INLINE Quotient<V> SigmoidQuotient(D d, V x) {
  const V one = hn::Set(d, 1);
  const V m = NegativeExpm1(d, hn::Neg(hn::Abs(x)));
  const V e = hn::Add(one, m);
  return {hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e)};
}

// tanh|x| = (1 − e⁻²ˣ)/(1 + e⁻²ˣ), with x's sign
template <class D, class V = hn::Vec<D>>
HWY_INLINE Quotient<V> TanhQuotient(D d, V x) {
  const V m = NegativeExpm1(d, hn::Mul(hn::Set(d, -2), hn::Abs(x)));
  return {hn::CopySign(m, x), hn::Add(hn::Set(d, 2), m)};
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V TanhOf(D d, V x) {
  const auto q = TanhQuotient(d, x);
  return hn::Div(q.numerator, q.denominator);
}

// Two quotients by one division.
template <class V>
HWY_INLINE void Divide(const Quotient<V>& a, const Quotient<V>& b, V& left, V& right) {
  const V inverse = hn::Div(hn::Set(hn::DFromV<V>(), 1), hn::Mul(a.denominator, b.denominator));
  left = hn::Mul(a.numerator, hn::Mul(inverse, b.denominator));
  right = hn::Mul(b.numerator, hn::Mul(inverse, a.denominator));
}

// Four quotients by one division.
template <class V>
HWY_INLINE void Divide(const Quotient<V> (&q)[4], V (&to)[4]) {
  const V first = hn::Mul(q[0].denominator, q[1].denominator), second = hn::Mul(q[2].denominator, q[3].denominator);
  const V inverse = hn::Div(hn::Set(hn::DFromV<V>(), 1), hn::Mul(first, second));
  const V by_first = hn::Mul(inverse, second), by_second = hn::Mul(inverse, first);
  to[0] = hn::Mul(q[0].numerator, hn::Mul(by_first, q[1].denominator));
  to[1] = hn::Mul(q[1].numerator, hn::Mul(by_first, q[0].denominator));
  to[2] = hn::Mul(q[2].numerator, hn::Mul(by_second, q[3].denominator));
  to[3] = hn::Mul(q[3].numerator, hn::Mul(by_second, q[2].denominator));
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
