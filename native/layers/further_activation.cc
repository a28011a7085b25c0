// Further activations: y = f(x) and dx = dy · f′(x), element by element. Where f bends, the derivative is PyTorch's.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/further_activation.cc"
#include "math/foreach_target.h"
//
#include <limits>

#include "layers/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// x brought to [low, high]; NaN stays.
template <class D, class V>
HWY_INLINE V Clamp(D d, V x, hn::TFromD<D> low, hn::TFromD<D> high) {
  const V least = hn::Set(d, low), most = hn::Set(d, high);
  return hn::IfThenElse(hn::Lt(x, least), least, hn::IfThenElse(hn::Gt(x, most), most, x));
}

// 1 where low < x < high, else 0; NaN stays.
template <class D, class V>
HWY_INLINE V IsWithin(D d, V x, V low, V high) {
  const V slope = hn::IfThenElseZero(hn::And(hn::Gt(x, low), hn::Lt(x, high)), hn::Set(d, 1));
  return hn::IfThenElse(hn::IsNaN(x), x, slope);
}

// scale · x for x > 0, scale · alpha · (eˣ − 1) else; Klambauer et al. 2017
struct Selu {
  static constexpr double kScale = 1.0507009873554804934193349852946;
  static constexpr double kAlpha = 1.6732632423543772848170429916717;
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    using T = hn::TFromD<D>;
    const V zero = hn::Zero(d);
    const V below = hn::Expm1(d, hn::IfThenZeroElse(hn::Gt(x, zero), x));
    const V factor = hn::IfThenElse(hn::Gt(x, zero), hn::Set(d, T(kScale)), hn::Set(d, T(kScale * kAlpha)));
    return hn::Mul(factor, hn::IfThenElse(hn::Gt(x, zero), x, below));
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V y, V) {
    using T = hn::TFromD<D>;
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Set(d, T(kScale)), hn::Add(y, hn::Set(d, T(kScale * kAlpha))));
  }
};

// min(max(x, 0), 6); Howard et al. 2017
struct Relu6 {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    return Clamp(d, x, 0, 6);
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V, V) {
    return IsWithin(d, x, hn::Zero(d), hn::Set(d, 6));
  }
};

// x · min(max(x + 3, 0), 6) / 6; Howard et al. 2019
struct HardSwish {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    const V gate = Clamp(d, hn::Add(x, hn::Set(d, 3)), 0, 6);
    return hn::Mul(AboveMinusInfinity(d, x), hn::Div(gate, hn::Set(d, 6)));
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V, V) {
    using T = hn::TFromD<D>;
    const V bent = hn::Add(hn::Div(Finite(d, x), hn::Set(d, 3)), hn::Set(d, T(0.5)));
    const V above = hn::IfThenElse(hn::Ge(x, hn::Set(d, 3)), hn::Set(d, 1), bent);
    return hn::IfThenZeroElse(hn::Le(x, hn::Set(d, -3)), above);
  }
};

// x · tanh(ln(1 + eˣ)); Misra 2019. With e = eˣ: tanh(ln(1 + e)) = (e² + 2e) / (e² + 2e + 2).
struct Mish {
  // Numerator and denominator of the quotient, both divided by e² above 0, where e may be infinite.
  template <class D, class V>
  struct Parts {
    V e;  // e^−|x|
    V numerator, denominator;
    Parts(D d, V x) : e(hn::Exp(d, hn::Neg(hn::Abs(x)))) {
      const V one = hn::Set(d, 1), two = hn::Set(d, 2);
      const V above = hn::MulAdd(two, e, one), below = hn::Mul(e, hn::Add(e, two));
      const auto negative = hn::Lt(x, hn::Zero(d));
      numerator = hn::IfThenElse(negative, below, above);
      denominator = hn::Add(numerator, hn::IfThenElse(negative, two, hn::Mul(two, hn::Mul(e, e))));
    }
  };
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    const Parts<D, V> parts(d, x);
    const V y = hn::Mul(AboveMinusInfinity(d, x), hn::Div(parts.numerator, parts.denominator));
    return hn::IfThenElse(hn::IsNaN(x), x, y);
  }
  // q + x · (1 − q²) · σ(x) for the quotient q, where (1 − q²) · σ(x) = 4 e (1 + e) / (e² + 2e + 2)².
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V, V) {
    const Parts<D, V> parts(d, x);
    const V e = parts.e;
    const V power = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, hn::Mul(e, e));
    const V rise = hn::Mul(hn::Set(d, 4), hn::MulAdd(power, e, power));
    const V slope = hn::Div(rise, hn::Mul(parts.denominator, parts.denominator));
    const V y = hn::MulAdd(Finite(d, x), slope, hn::Div(parts.numerator, parts.denominator));
    return hn::IfThenElse(hn::IsNaN(x), x, y);
  }
};

// x / (1 + |x|)
struct Softsign {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x, V) {
    const V within = Finite(d, x);
    return hn::Div(within, hn::Add(hn::Set(d, 1), hn::Abs(within)));
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V, V) {
    const V share = hn::Div(hn::Set(d, 1), hn::Add(hn::Set(d, 1), hn::Abs(x)));
    return hn::Mul(share, share);
  }
};

// min(max(alpha · x + beta, 0), 1). Where the line meets 0 and 1 is computed once, so that rounding there does not
// count.
template <class T>
struct HardLine {
  T slope, offset, low, high, below, above;  // low and high: the x where the function becomes constant

  HardLine(double alpha, double beta) : slope(static_cast<T>(alpha)), offset(static_cast<T>(beta)) {
    const double ends[] = {(0 - beta) / alpha, (1 - beta) / alpha}, constant = HWY_MIN(HWY_MAX(beta, 0.0), 1.0);
    const double infinite = std::numeric_limits<double>::infinity();
    low = static_cast<T>(alpha == 0 ? -infinite : HWY_MIN(ends[0], ends[1]));
    high = static_cast<T>(alpha == 0 ? infinite : HWY_MAX(ends[0], ends[1]));
    below = static_cast<T>(alpha == 0 ? constant : alpha < 0);
    above = static_cast<T>(alpha == 0 ? constant : alpha > 0);
  }

  template <class D, class V>
  HWY_INLINE V Of(D d, V x) const {
    const V line = Clamp(d, hn::MulAdd(hn::Set(d, slope), x, hn::Set(d, offset)), 0, 1);
    const V end = hn::IfThenElse(hn::Ge(x, hn::Set(d, high)), hn::Set(d, above), line);
    return hn::IfThenElse(hn::Le(x, hn::Set(d, low)), hn::Set(d, below), end);
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {
    return hn::Mul(hn::Set(d, slope), IsWithin(d, x, hn::Set(d, low), hn::Set(d, high)));
  }
};

template <class T>
void HardSigmoidForward(Context& context, Vector<const T> x, Vector<T> y, double alpha, double beta) {
  CheckEqual("y's size", x.size, y.size);
  const HardLine<T> line(alpha, beta);
  ParallelMap(
      context, x.size, y.data, [line](auto d, auto v) { return line.Of(d, v); }, x.data);
}

template <class T>
void HardSigmoidBackward(Context& context, Vector<const T> x, Vector<const T> dy, Vector<T> dx, double alpha,
                         double beta) {
  CheckEqual("dy's size", x.size, dy.size);
  CheckEqual("dx's size", x.size, dx.size);
  const HardLine<T> line(alpha, beta);
  ParallelMap(
      context, x.size, dx.data, [line](auto d, auto v, auto delta) { return hn::Mul(delta, line.Derivative(d, v)); },
      x.data, dy.data);
}

BLASNET_KERNELS(FurtherActivation) {
  AddActivation<Selu>(registry, "selu");
  AddActivation<Relu6>(registry, "relu6");
  AddActivation<HardSwish>(registry, "hard_swish");
  AddActivation<Mish>(registry, "mish");
  AddActivation<Softsign>(registry, "softsign");
  registry
      .Add<&HardSigmoidForward<float>, &HardSigmoidForward<double>>("hard_sigmoid_forward", {"x", "y", "alpha", "beta"})
      .ByRows({"x", "y"});
  registry
      .Add<&HardSigmoidBackward<float>, &HardSigmoidBackward<double>>("hard_sigmoid_backward",
                                                                      {"x", "dy", "dx", "alpha", "beta"})
      .ByRows({"x", "dy", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(FurtherActivation)
#endif
