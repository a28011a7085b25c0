// Losses that compare outputs and labels number by number: a loss for each row, scale · Σ f(a, y) over the outputs of
// the row, and its derivative by the outputs. `first` and `second` are the constants of the losses that have some.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "losses/row_losses.cc"
#include "math/foreach_target.h"
//
#include <string>

#include "losses/row_sums-inl.h"
#include "math/relu-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class V>
struct Constants {
  V first, second;
};

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Number(D d, double value) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(value));
}

// (a − y)²
struct SquaredError {
  template <class D, class V>
  static HWY_INLINE V Of(D, V a, V y, Constants<V>) {
    const V e = hn::Sub(a, y);
    return hn::Mul(e, e);
  }
  template <class D, class V>
  static HWY_INLINE V Slope(D, V a, V y, Constants<V>) {
    const V e = hn::Sub(a, y);
    return hn::Add(e, e);
  }
};

// |a − y|; its slope at 0 is 0.
struct AbsoluteError {
  template <class D, class V>
  static HWY_INLINE V Of(D, V a, V y, Constants<V>) {
    return hn::Abs(hn::Sub(a, y));
  }
  template <class D, class V>
  static HWY_INLINE V Slope(D d, V a, V y, Constants<V>) {
    const V e = hn::Sub(a, y);
    return hn::IfThenZeroElse(hn::Eq(e, hn::Zero(d)), hn::CopySign(hn::Set(d, 1), e));
  }
};

// e²/2 where |e| ≤ δ, else δ(|e| − δ/2); the constant is δ.
struct Huber {
  template <class D, class V>
  static HWY_INLINE V Of(D d, V a, V y, Constants<V> c) {
    const V e = hn::Abs(hn::Sub(a, y)), half = Number(d, 0.5);
    const V inner = hn::Mul(half, hn::Mul(e, e)), outer = hn::Mul(c.first, hn::NegMulAdd(half, c.first, e));
    return hn::IfThenElse(hn::Gt(e, c.first), outer, inner);
  }
  template <class D, class V>
  static HWY_INLINE V Slope(D, V a, V y, Constants<V> c) {
    const V e = hn::Sub(a, y);
    return hn::IfThenElse(hn::Gt(hn::Abs(e), c.first), hn::CopySign(c.first, e), e);
  }
};

// ln cosh(a − y). Near 0 as ln(1 + (cosh e − 1)), which keeps the digits of e²/2; else as |e| − ln 2 + ln(1 + e^−2|e|).
struct LogCosh {
  template <class D, class V>
  static HWY_INLINE V Of(D d, V a, V y, Constants<V>) {
    const V e = hn::Abs(hn::Sub(a, y)), one = hn::Set(d, 1);
    const auto is_small = hn::Lt(e, one);
    const V t = hn::Expm1(d, hn::Neg(e)), rest = hn::Add(one, t);  // e^−|e|
    const V near = hn::Div(hn::Mul(t, t), hn::Add(rest, rest)), far = hn::Mul(rest, rest);
    const V log = hn::Log1p(d, hn::IfThenElse(is_small, near, far));
    return hn::Add(log, hn::IfThenZeroElse(is_small, hn::Sub(e, Number(d, 0.69314718055994530942))));
  }
  template <class D, class V>
  static HWY_INLINE V Slope(D d, V a, V y, Constants<V>) {
    return hn::Tanh(d, hn::Sub(a, y));
  }
};

// max(0, 1 − ta), where t is −1 for the label 0 and else the label
struct Hinge {
  template <class D, class V>
  static HWY_INLINE V Sign(D d, V y) {
    return hn::IfThenElse(hn::Eq(y, hn::Zero(d)), hn::Set(d, -1), y);
  }
  template <class D, class V>
  static HWY_INLINE V Of(D d, V a, V y, Constants<V>) {
    return PositivePart(d, hn::NegMulAdd(Sign(d, y), a, hn::Set(d, 1)));
  }
  template <class D, class V>
  static HWY_INLINE V Slope(D d, V a, V y, Constants<V>) {
    const V t = Sign(d, y), margin = hn::NegMulAdd(t, a, hn::Set(d, 1));
    return hn::IfThenElseZero(hn::Gt(margin, hn::Zero(d)), hn::Neg(t));
  }
};

// a − y ln a; the constant is the least a of which the logarithm is taken.
struct Poisson {
  template <class D, class V>
  static HWY_INLINE V Of(D d, V a, V y, Constants<V> c) {
    const V within = hn::IfThenElse(hn::Lt(a, c.first), c.first, a);
    return hn::NegMulAdd(y, hn::Log(d, within), a);
  }
  template <class D, class V>
  static HWY_INLINE V Slope(D d, V a, V y, Constants<V> c) {
    return hn::Sub(hn::Set(d, 1), hn::IfThenZeroElse(hn::Lt(a, c.first), hn::Div(y, a)));
  }
};

// ln(1 + e^z), finite for every finite z
template <class D, class V>
HWY_INLINE V SoftplusOf(D d, V z) {
  return hn::Add(PositivePart(d, z), hn::Log1p(d, hn::Exp(d, hn::Neg(hn::Abs(z)))));
}

template <class D, class V>
HWY_INLINE V SigmoidOf(D d, V z) {
  const V e = hn::Exp(d, hn::Neg(hn::Abs(z))), one = hn::Set(d, 1);
  const V p = hn::Div(hn::IfThenElse(hn::Lt(z, hn::Zero(d)), e, one), hn::Add(one, e));
  return hn::IfThenElse(hn::IsNaN(z), z, p);
}

// −y ln σ(z) − (1 − y) ln(1 − σ(z)) from the logit z; the constant is the label smoothing s: y(1 − s) + s/2.
struct BinaryCrossEntropy {
  template <class D, class V>
  static HWY_INLINE V Smoothed(D d, V y, Constants<V> c) {
    return hn::MulAdd(c.first, hn::Sub(Number(d, 0.5), y), y);
  }
  template <class D, class V>
  static HWY_INLINE V Of(D d, V z, V y, Constants<V> c) {
    const V label = Smoothed(d, y, c), one = hn::Set(d, 1);
    const V linear = hn::Mul(z, hn::IfThenElse(hn::Gt(z, hn::Zero(d)), hn::Sub(one, label), hn::Neg(label)));
    return hn::Add(linear, hn::Log1p(d, hn::Exp(d, hn::Neg(hn::Abs(z)))));
  }
  template <class D, class V>
  static HWY_INLINE V Slope(D d, V z, V y, Constants<V> c) {
    return hn::Sub(SigmoidOf(d, z), Smoothed(d, y, c));
  }
};

// −αy(1 − p)^γ ln p − (1 − α)(1 − y)p^γ ln(1 − p) from the logit z of p; the constants are γ and α. Lin et al., "Focal
// loss", 2017. −ln p is ln(1 + e^−z), and so are the powers exponentials of such logarithms.
struct BinaryFocal {
  template <class V>
  struct Parts {
    V yes, no;              // the weights αy and (1 − α)(1 − y)
    V log_yes, log_no;      // −ln p and −ln(1 − p)
    V power_yes, power_no;  // (1 − p)^γ and p^γ
  };
  template <class D, class V>
  static HWY_INLINE Parts<V> PartsOf(D d, V z, V y, Constants<V> c) {
    const V one = hn::Set(d, 1);
    const V log_no = SoftplusOf(d, z), log_yes = SoftplusOf(d, hn::Neg(z));
    return {hn::Mul(c.second, y),
            hn::Mul(hn::Sub(one, c.second), hn::Sub(one, y)),
            log_yes,
            log_no,
            hn::Exp(d, hn::Neg(hn::Mul(c.first, log_no))),
            hn::Exp(d, hn::Neg(hn::Mul(c.first, log_yes)))};
  }
  template <class D, class V>
  static HWY_INLINE V Of(D d, V z, V y, Constants<V> c) {
    const Parts<V> p = PartsOf(d, z, y, c);
    return hn::MulAdd(hn::Mul(p.yes, p.power_yes), p.log_yes, hn::Mul(hn::Mul(p.no, p.power_no), p.log_no));
  }
  template <class D, class V>
  static HWY_INLINE V Slope(D d, V z, V y, Constants<V> c) {
    const Parts<V> p = PartsOf(d, z, y, c);
    const V a = SigmoidOf(d, z), b = SigmoidOf(d, hn::Neg(z));
    const V rise = hn::Mul(hn::Mul(p.no, p.power_no), hn::MulAdd(hn::Mul(c.first, b), p.log_no, a));
    const V fall = hn::Mul(hn::Mul(p.yes, p.power_yes), hn::MulAdd(hn::Mul(c.first, a), p.log_yes, b));
    return hn::Sub(rise, fall);
  }
};

// loss[i] = scale · Σ F(a[i], y[i])
template <class F, class T>
void RowLoss(Context& context, Matrix<const T> a, Matrix<const T> y, Vector<T> loss, double first, double second,
             double scale) {
  CheckRowLoss(a, y, loss.size);
  const Tag<T> tag;
  const Constants<hn::Vec<Tag<T>>> c{Number(tag, first), Number(tag, second)};
  const auto f = [c](auto d, auto va, auto vy) { return F::Of(d, va, vy, c); };
  SumRows(
      context, a.rows, a.cols, f, [&](size_t i, double sum) { loss[i] = static_cast<T>(scale * sum); }, a.data, y.data);
}

// da = (da +) dloss · scale · F′(a, y), the derivative by a
template <class F, class T>
void RowLossBackward(Context& context, Matrix<const T> a, Matrix<const T> y, Vector<const T> dloss, Matrix<T> da,
                     double first, double second, double scale, double accumulate) {
  CheckRowLoss(a, y, dloss.size);
  CheckEqual("da's rows", a.rows, da.rows);
  CheckEqual("da's width", a.cols, da.cols);
  const Tag<T> tag;
  const Constants<hn::Vec<Tag<T>>> c{Number(tag, first), Number(tag, second)};
  const auto by = Number(tag, scale);
  const auto f = [c, by](auto d, auto va, auto vy, auto factor) {
    return hn::Mul(hn::Mul(factor, by), F::Slope(d, va, vy, c));
  };
  MapRows(context, accumulate != 0, da, f, dloss.data, a.data, y.data);
}

template <class F>
void Add(Registry& registry, const std::string& name) {
  registry
      .Add<&RowLoss<F, float>, &RowLoss<F, double>>((name + "_rows").c_str(),
                                                    {"a", "y", "loss", "first", "second", "scale"})
      .ByRows({"a", "y", "loss"});
  registry
      .Add<&RowLossBackward<F, float>, &RowLossBackward<F, double>>(
          (name + "_rows_backward").c_str(), {"a", "y", "dloss", "da", "first", "second", "scale", "accumulate"})
      .ByRows({"a", "y", "dloss", "da"});
}

BLASNET_KERNELS(RowLosses) {
  Add<SquaredError>(registry, "squared_error");
  Add<AbsoluteError>(registry, "absolute_error");
  Add<Huber>(registry, "huber");
  Add<LogCosh>(registry, "log_cosh");
  Add<Hinge>(registry, "hinge");
  Add<Poisson>(registry, "poisson");
  Add<BinaryCrossEntropy>(registry, "binary_cross_entropy");
  Add<BinaryFocal>(registry, "binary_focal");
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(RowLosses)
#endif
