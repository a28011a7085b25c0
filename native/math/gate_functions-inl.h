// σ and tanh of the gates of recurrent cells, by quotients whose denominators are multiplied together: a division takes
// as long as all the rest of a gate.

#if defined(BLASNET_MATH_GATE_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_GATE_FUNCTIONS_INL_H_
#undef BLASNET_MATH_GATE_FUNCTIONS_INL_H_
#else
#define BLASNET_MATH_GATE_FUNCTIONS_INL_H_
#endif

#include "math/register_block-inl.h"
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// eˣ for x ≤ 0 as 2ᵏ and eʳ − 1, where x = k·ln 2 + r; NaN stays NaN. eʳ − 1 is its Taylor polynomial on
// |r| ≤ ln 2 / 2.
template <class V>
struct Power {
  V scale, rest;
};
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE Power<V> NegativePower(D d, V x) {
  constexpr bool kSingle = sizeof(T) == 4;
  constexpr int kMantissa = kSingle ? 23 : 52;
  const hn::RebindToSigned<D> di;
  const V least = hn::Set(d, kSingle ? T(-87) : T(-708));  // 2ᵏ stays a normal number
  const V bounded = hn::IfThenElse(hn::Lt(x, least), least, x);
  // Adding 1.5·2ᵐ rounds to whole numbers, whose low bits then are those of the sum. With the exponent's bias they are
  // the bits of 2ᵏ.
  const V magic = hn::Set(d, kSingle ? T(12582912 + 127) : T(6755399441055744.0 + 1023));
  const V shifted = hn::MulAdd(bounded, hn::Set(d, T(1.4426950408889634)), magic);
  const V k = hn::Sub(shifted, magic);
  const V high = hn::Set(d, kSingle ? T(0.693359375) : T(6.93147180369123816490e-01));
  const V low = hn::Set(d, kSingle ? T(-2.12194440e-4) : T(1.90821492927058770002e-10));
  const V r = hn::NegMulAdd(k, low, hn::NegMulAdd(k, high, bounded));
  const V scale = hn::BitCast(d, hn::ShiftLeft<kMantissa>(hn::BitCast(di, shifted)));
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
  return {scale, hn::MulAdd(hn::Mul(r, r), p, r)};
}

// eˣ − 1 = 2ᵏ(eʳ − 1) + (2ᵏ − 1) for x ≤ 0, to a few units in the last place, also near 0
template <class D, class V = hn::Vec<D>>
HWY_INLINE V NegativeExpm1(D d, V x) {
  const auto power = NegativePower(d, x);
  return hn::MulAdd(power.scale, power.rest, hn::Sub(power.scale, hn::Set(d, 1)));
}

// −|x|
template <class D, class V = hn::Vec<D>>
HWY_INLINE V NegAbs(D d, V x) {
  return hn::Or(x, hn::SignBit(d));
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
  const auto power = NegativePower(d, NegAbs(d, x));
  const V e = hn::MulAdd(power.scale, power.rest, power.scale);
  return {hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e)};
}

// tanh|x| = (1 − e⁻²ˣ)/(1 + e⁻²ˣ), with x's sign
template <class D, class V = hn::Vec<D>>
HWY_INLINE Quotient<V> TanhQuotient(D d, V x) {
  const V half = NegAbs(d, x), m = NegativeExpm1(d, hn::Add(half, half));
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

// h = h · tanh(c) over whole vectors. Four at a time: so their chains of operations do not wait for each other.
template <class T>
HWY_INLINE void MultiplyByTanh(size_t padded, const T* c, T* h) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  size_t j = 0;
  for (; j + 4 * lanes <= padded; j += 4 * lanes) {
    Quotient<hn::Vec<Tag<T>>> quotients[4];
    hn::Vec<Tag<T>> squashed[4];
    ForEach<4>([&](auto v) BLASNET_INLINE_LAMBDA { quotients[v] = TanhQuotient(d, hn::Load(d, c + j + v * lanes)); });
    Divide(quotients, squashed);
    ForEach<4>([&](auto v) BLASNET_INLINE_LAMBDA {
      T* to = h + j + v * lanes;
      hn::Store(hn::Mul(hn::Load(d, to), squashed[v]), d, to);
    });
  }
  for (; j < padded; j += lanes) hn::Store(hn::Mul(hn::Load(d, h + j), TanhOf(d, hn::Load(d, c + j))), d, h + j);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
