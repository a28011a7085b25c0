// Activations: y = f(x) and dx = dy · f′(x), element by element. A derivative takes what is cheapest of x and y.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/activation.cc"
#include "math/foreach_target.h"
//
#include "layers/activation-inl.h"
#include "math/erf-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

struct Sigmoid {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    return Logistic(d, x);
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V, V y, V) {
    return hn::Mul(y, hn::Sub(hn::Set(d, 1), y));
  }
};

struct Tanh {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    return hn::Tanh(d, x);
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V, V y, V) {
    return hn::NegMulAdd(y, y, hn::Set(d, 1));
  }
};

struct Relu {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    return PositivePart(d, x);
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V, V) {
    return ReluSlope(d, x);
  }
};

// x for x > 0, slope · x else
struct LeakyRelu {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V slope) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(slope, x));
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V, V slope) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Set(d, 1), slope);
  }
};

// x for x > 0, alpha · (eˣ − 1) else; Clevert et al. 2016
struct Elu {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V alpha) {
    const V zero = hn::Zero(d);
    const V below = hn::Mul(alpha, hn::Expm1(d, hn::IfThenZeroElse(hn::Gt(x, zero), x)));
    return hn::IfThenElse(hn::Gt(x, zero), x, below);
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V y, V alpha) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Set(d, 1), hn::Add(y, alpha));
  }
};

// x · Φ(x) with the exact normal distribution function; Hendrycks and Gimpel 2016
struct Gelu {
  template <class D, class V>
  static HWY_INLINE V Cumulative(D d, V x) {
    using T = hn::TFromD<D>;
    const V half = hn::Set(d, T(0.5));
    return hn::Mul(half, Erfc(d, hn::Mul(x, hn::Set(d, T(-0.70710678118654752440)))));
  }
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    return hn::Mul(AboveMinusInfinity(d, x), Cumulative(d, x));
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V, V) {
    using T = hn::TFromD<D>;
    const V density =
        hn::Mul(hn::Set(d, T(0.39894228040143267794)), hn::Exp(d, hn::Mul(hn::Set(d, T(-0.5)), hn::Mul(x, x))));
    return hn::MulAdd(Finite(d, x), density, Cumulative(d, x));
  }
};

// x · σ(x), also called swish
struct Silu {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    return hn::Mul(AboveMinusInfinity(d, x), Logistic(d, x));
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V, V) {
    const V s = Logistic(d, x);
    const V one = hn::Set(d, 1);
    return hn::Mul(s, hn::MulAdd(Finite(d, x), hn::Sub(one, s), one));
  }
};

// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|)
struct Softplus {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    const V log = hn::Log1p(d, hn::Exp(d, hn::Neg(hn::Abs(x))));
    return hn::Add(PositivePart(d, x), log);
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V, V) {
    return Logistic(d, x);
  }
};

BLASNET_KERNELS(Activation) {
  AddActivation<Sigmoid>(registry, "sigmoid");
  AddActivation<Tanh>(registry, "tanh");
  AddActivation<Relu>(registry, "relu");
  AddActivation<LeakyRelu>(registry, "leaky_relu");
  AddActivation<Elu>(registry, "elu");
  AddActivation<Gelu>(registry, "gelu");
  AddActivation<Silu>(registry, "silu");
  AddActivation<Softplus>(registry, "softplus");
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Activation)
#endif
