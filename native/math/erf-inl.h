// The complementary error function on vectors.

#if defined(BLASNET_MATH_ERF_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_ERF_INL_H_
#undef BLASNET_MATH_ERF_INL_H_
#else
#define BLASNET_MATH_ERF_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Chebyshev coefficients of log(erfc(z) / t) + z² in 2t − 1, where t = 2 / (2 + z) and z ≥ 0; erf_coefficients.py
// makes them. The method is that of W. Press et al., Numerical Recipes, 3rd edition, section 6.2.2.
inline constexpr double kErfc[] = {
    -0.6513268598908547,     0.6419697923564902,      0.019476473204185836,   -0.009561514786808632,
    -0.0009465953444820369,  0.00036683949785276145,  4.252332480690777e-05,  -2.0278578112534242e-05,
    -1.6242900046470256e-06, 1.3036558355805232e-06,  1.5626441722066142e-08, -8.523809591492654e-08,
    6.5290544390988515e-09,  5.059343495551469e-09,   -9.91364156493033e-10,  -2.273651222931836e-10,
    9.646791102015527e-11,   2.3940380830391146e-12,  -6.886027526497553e-12, 8.944879273090725e-13,
    3.130921399342958e-13,   -1.1270822361367252e-13, 3.810905255189232e-16,  7.106097613609237e-15,
    -1.5230282014571043e-15, -9.457494571291233e-17,  1.210237189224279e-16,  -2.816663087747177e-17,
    5.003005559445902e-20,   2.3281042579529253e-18,
};

// erfc(x) = 1 − erf(x), to about 1e-15 relative in double and 1e-6 in float.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Erfc(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1)), two = hn::Set(d, T(2));
  const V z = hn::Abs(x);
  const V t = hn::Div(two, hn::Add(two, z));
  // Clenshaw's recurrence.
  const V y2 = hn::Mul(two, hn::MulSub(two, t, one));
  V previous = hn::Zero(d), sum = hn::Zero(d);
  for (size_t j = sizeof(kErfc) / sizeof(kErfc[0]); --j > 0;) {
    const V next = hn::Add(hn::MulSub(y2, sum, previous), hn::Set(d, static_cast<T>(kErfc[j])));
    previous = sum;
    sum = next;
  }
  const V half_y2 = hn::Mul(y2, hn::Set(d, T(0.5)));
  const V series = hn::Add(hn::MulSub(half_y2, sum, previous), hn::Set(d, static_cast<T>(kErfc[0])));
  const V positive = hn::Mul(t, hn::Exp(d, hn::NegMulAdd(z, z, series)));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Sub(two, positive), positive);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
