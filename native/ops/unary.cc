// Element-wise functions of one tensor that are no activations, and their derivatives.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/unary.cc"
#include "math/foreach_target.h"
//
#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Each has y = Of(x) and its derivative, which takes what is cheapest of x and y.
struct Absolute {
  template <class D, class V>
  static HWY_INLINE V Of(D, V x) {
    return hn::Abs(x);
  }
  // The sign of x; 0 at 0.
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V) {
    const V one = hn::Set(d, 1);
    return hn::IfThenZeroElse(hn::Eq(x, hn::Zero(d)), hn::CopySign(one, x));
  }
};
struct Exponential {
  template <class D, class V>
  static HWY_INLINE V Of(D d, V x) {
    // Highway's Exp is finite for every finite x and makes no NaN of NaN.
    const V lowest = hn::Set(d, sizeof(hn::TFromD<D>) == 4 ? -200 : -2000);  // its exponential is 0
    const V highest = hn::Set(d, static_cast<hn::TFromD<D>>(sizeof(hn::TFromD<D>) == 4 ? 88.72283 : 709.782712));
    const V infinite = hn::Set(d, std::numeric_limits<hn::TFromD<D>>::infinity());
    const V within = hn::Exp(d, hn::IfThenElse(hn::Lt(x, lowest), lowest, x));
    return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::Gt(x, highest), infinite, within));
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D, V, V y) {
    return y;
  }
};
// −∞ at 0 and NaN below, as NumPy's.
struct Logarithm {
  template <class D, class V>
  static HWY_INLINE V Of(D d, V x) {
    using T = hn::TFromD<D>;
    const V zero = hn::Zero(d);
    const V infinite = hn::Set(d, std::numeric_limits<T>::infinity());
    const V within = hn::IfThenElse(hn::Eq(x, infinite), x, hn::Log(d, x));
    const V lost = hn::Set(d, std::numeric_limits<T>::quiet_NaN());
    const V low = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(infinite), lost);
    return hn::IfThenElse(hn::Gt(x, zero), within, low);
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V x, V) {
    return hn::Div(hn::Set(d, 1), x);
  }
};
struct SquareRoot {
  template <class D, class V>
  static HWY_INLINE V Of(D, V x) {
    return hn::Sqrt(x);
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V, V y) {
    return hn::Div(hn::Set(d, static_cast<hn::TFromD<D>>(0.5)), y);
  }
};

template <class F, class T>
void Unary(Context& context, Vector<const T> x, Vector<T> y) {
  CheckEqual("y's size", x.size, y.size);
  ParallelMap(
      context, x.size, y.data, [](auto d, auto v) { return F::Of(d, v); }, x.data);
}

// dx = (dx +) dy · f′(x)
template <class F, class T>
void UnaryBackward(Context& context, Array<const T> x, Array<const T> y, Array<const T> dy, Array<T> dx,
                   double accumulate) {
  BroadcastMap(
      context, accumulate, dx,
      [](auto d, auto vx, auto vy, auto vdy) { return hn::Mul(vdy, F::Derivative(d, vx, vy)); }, x, y, dy);
}

// y = x, brought to the ends of [low, high] where it lies beyond them; NaN stays.
template <class T>
void Clip(Context& context, Vector<const T> x, Vector<T> y, double low, double high) {
  CheckEqual("y's size", x.size, y.size);
  const Tag<T> d;
  const auto least = hn::Set(d, static_cast<T>(low)), most = hn::Set(d, static_cast<T>(high));
  ParallelMap(
      context, x.size, y.data,
      [least, most](auto, auto v) {
        const auto above = hn::IfThenElse(hn::Lt(v, least), least, v);
        return hn::IfThenElse(hn::Gt(above, most), most, above);
      },
      x.data);
}

// dx = (dx +) dy where low ≤ x ≤ high, else 0
template <class T>
void ClipBackward(Context& context, Array<const T> x, Array<const T> dy, Array<T> dx, double low, double high,
                  double accumulate) {
  const Tag<T> tag;
  const auto least = hn::Set(tag, static_cast<T>(low)), most = hn::Set(tag, static_cast<T>(high));
  BroadcastMap(
      context, accumulate, dx,
      [least, most](auto, auto vx, auto vdy) {
        return hn::IfThenElseZero(hn::And(hn::Ge(vx, least), hn::Le(vx, most)), vdy);
      },
      x, dy);
}

template <class F>
void AddUnary(Registry& registry, const std::string& name) {
  registry.Add<&Unary<F, float>, &Unary<F, double>>(name.c_str(), {"x", "y"}).ByRows({"x", "y"});
  registry
      .Add<&UnaryBackward<F, float>, &UnaryBackward<F, double>>((name + "_backward").c_str(),
                                                                {"x", "y", "dy", "dx", "accumulate"})
      .ByRows({"x", "y", "dy", "dx"});
}

BLASNET_KERNELS(Unary) {
  AddUnary<Absolute>(registry, "absolute");
  AddUnary<Exponential>(registry, "exponential");
  AddUnary<Logarithm>(registry, "logarithm");
  AddUnary<SquareRoot>(registry, "square_root");
  registry.Add<&Clip<float>, &Clip<double>>("clip", {"x", "y", "low", "high"}).ByRows({"x", "y"});
  registry
      .Add<&ClipBackward<float>, &ClipBackward<double>>("clip_backward", {"x", "dy", "dx", "low", "high", "accumulate"})
      .ByRows({"x", "dy", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Unary)
#endif
