// Element-wise arithmetic on two tensors that broadcast to one shape as NumPy's do, and its derivatives.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/binary.cc"
#include "math/foreach_target.h"
//
#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Applies a function of two numbers to each lane: for what Highway has no vectors of.
template <class D, class V, class F>
HWY_INLINE V ByLane(D d, V a, V b, const F& f) {
  using T = hn::TFromD<D>;
  HWY_ALIGN T left[hn::MaxLanes(d)];
  HWY_ALIGN T right[hn::MaxLanes(d)];
  hn::Store(a, d, left);
  hn::Store(b, d, right);
  for (size_t i = 0; i < hn::Lanes(d); ++i) left[i] = f(left[i], right[i]);
  return hn::Load(d, left);
}

struct Sum {
  template <class D, class V>
  static HWY_INLINE V Of(D, V a, V b) {
    return hn::Add(a, b);
  }
};
struct Difference {
  template <class D, class V>
  static HWY_INLINE V Of(D, V a, V b) {
    return hn::Sub(a, b);
  }
};
struct Multiple {
  template <class D, class V>
  static HWY_INLINE V Of(D, V a, V b) {
    return hn::Mul(a, b);
  }
};
struct Quotient {
  template <class D, class V>
  static HWY_INLINE V Of(D, V a, V b) {
    return hn::Div(a, b);
  }
};
// NaN where either is, as NumPy's.
struct Larger {
  template <class D, class V>
  static HWY_INLINE V Of(D, V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  }
};
struct Smaller {
  template <class D, class V>
  static HWY_INLINE V Of(D, V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  }
};
struct Power {
  template <class D, class V>
  static HWY_INLINE V Of(D d, V a, V b) {
    return ByLane(d, a, b, [](auto x, auto y) { return std::pow(x, y); });
  }
};
// 1 where the relation holds, else 0.
template <class M, class D>
HWY_INLINE hn::Vec<D> OneWhere(D d, M mask) {
  return hn::IfThenElseZero(mask, hn::Set(d, 1));
}
struct IsGreater {
  template <class D, class V>
  static HWY_INLINE V Of(D d, V a, V b) {
    return OneWhere(d, hn::Gt(a, b));
  }
};
struct IsGreaterOrEqual {
  template <class D, class V>
  static HWY_INLINE V Of(D d, V a, V b) {
    return OneWhere(d, hn::Ge(a, b));
  }
};
struct IsEqual {
  template <class D, class V>
  static HWY_INLINE V Of(D d, V a, V b) {
    return OneWhere(d, hn::Eq(a, b));
  }
};

// y = f(a, b)
template <class F, class T>
void Binary(Context& context, Array<const T> a, Array<const T> b, Array<T> y, double accumulate) {
  BroadcastMap(
      context, accumulate, y, [](auto d, auto va, auto vb) { return F::Of(d, va, vb); }, a, b);
}

// y = factor · x
template <class T>
void ScaledCopy(Context& context, Array<const T> x, Array<T> y, double factor, double accumulate) {
  const auto by = hn::Set(Tag<T>(), static_cast<T>(factor));
  BroadcastMap(
      context, accumulate, y, [by](auto, auto v) { return hn::Mul(by, v); }, x);
}

// The derivative of y = a / b by b, times dy: −dy · y / b
template <class T>
void DivideBackwardDivisor(Context& context, Array<const T> b, Array<const T> y, Array<const T> dy, Array<T> db,
                           double accumulate) {
  BroadcastMap(
      context, accumulate, db, [](auto, auto vb, auto vy, auto vdy) { return hn::Neg(hn::Div(hn::Mul(vdy, vy), vb)); },
      b, y, dy);
}

// Where a is chosen over b, dy; half of it where they are equal, as PyTorch does; else 0.
template <class F, class T>
void ChoiceBackward(Context& context, Array<const T> a, Array<const T> b, Array<const T> dy, Array<T> da,
                    double accumulate) {
  BroadcastMap(
      context, accumulate, da,
      [](auto d, auto va, auto vb, auto vdy) {
        const auto half = hn::IfThenElseZero(hn::Eq(va, vb), hn::Mul(vdy, hn::Set(d, static_cast<T>(0.5))));
        return hn::IfThenElse(hn::Ne(F::Of(d, va, vb), vb), vdy, half);
      },
      a, b, dy);
}

// The derivative of y = a^b by a, times dy: dy · b · a^(b − 1), which is 0 where b is 0.
template <class T>
void PowerBackwardBase(Context& context, Array<const T> a, Array<const T> b, Array<const T> dy, Array<T> da,
                       double accumulate) {
  BroadcastMap(
      context, accumulate, da,
      [](auto d, auto va, auto vb, auto vdy) {
        return hn::Mul(vdy, ByLane(d, va, vb, [](T x, T e) { return e == 0 ? T(0) : e * std::pow(x, e - 1); }));
      },
      a, b, dy);
}

// The derivative of y = a^b by b, times dy: dy · a^b · ln a, which is 0 where a is 0 and b is not negative.
template <class T>
void PowerBackwardExponent(Context& context, Array<const T> a, Array<const T> b, Array<const T> dy, Array<T> db,
                           double accumulate) {
  BroadcastMap(
      context, accumulate, db,
      [](auto d, auto va, auto vb, auto vdy) {
        const auto slope = [](T x, T e) { return x == 0 && e >= 0 ? T(0) : std::pow(x, e) * std::log(x); };
        return hn::Mul(vdy, ByLane(d, va, vb, slope));
      },
      a, b, dy);
}

// y = condition ≠ 0 ? a : b
template <class T>
void Where(Context& context, Array<const T> condition, Array<const T> a, Array<const T> b, Array<T> y,
           double accumulate) {
  BroadcastMap(
      context, accumulate, y,
      [](auto d, auto vc, auto va, auto vb) { return hn::IfThenElse(hn::Ne(vc, hn::Zero(d)), va, vb); }, condition, a,
      b);
}

template <class F>
void AddBinary(Registry& registry, const char* name) {
  registry.Add<&Binary<F, float>, &Binary<F, double>>(name, {"a", "b", "y", "accumulate"}).ByRows({"a", "b", "y"});
}

BLASNET_KERNELS(Binary) {
  AddBinary<Sum>(registry, "add");
  AddBinary<Difference>(registry, "subtract");
  AddBinary<Multiple>(registry, "multiply");
  AddBinary<Quotient>(registry, "divide");
  AddBinary<Larger>(registry, "maximum");
  AddBinary<Smaller>(registry, "minimum");
  AddBinary<Power>(registry, "power");
  AddBinary<IsGreater>(registry, "greater");
  AddBinary<IsGreaterOrEqual>(registry, "greater_or_equal");
  AddBinary<IsEqual>(registry, "equal");
  registry.Add<&ScaledCopy<float>, &ScaledCopy<double>>("scaled_copy", {"x", "y", "factor", "accumulate"})
      .ByRows({"x", "y"});
  registry
      .Add<&DivideBackwardDivisor<float>, &DivideBackwardDivisor<double>>("divide_backward_divisor",
                                                                          {"b", "y", "dy", "db", "accumulate"})
      .ByRows({"b", "y", "dy", "db"});
  registry
      .Add<&ChoiceBackward<Larger, float>, &ChoiceBackward<Larger, double>>("maximum_backward",
                                                                            {"a", "b", "dy", "da", "accumulate"})
      .ByRows({"a", "b", "dy", "da"});
  registry
      .Add<&ChoiceBackward<Smaller, float>, &ChoiceBackward<Smaller, double>>("minimum_backward",
                                                                              {"a", "b", "dy", "da", "accumulate"})
      .ByRows({"a", "b", "dy", "da"});
  registry
      .Add<&PowerBackwardBase<float>, &PowerBackwardBase<double>>("power_backward_base",
                                                                  {"a", "b", "dy", "da", "accumulate"})
      .ByRows({"a", "b", "dy", "da"});
  registry
      .Add<&PowerBackwardExponent<float>, &PowerBackwardExponent<double>>("power_backward_exponent",
                                                                          {"a", "b", "dy", "db", "accumulate"})
      .ByRows({"a", "b", "dy", "db"});
  registry.Add<&Where<float>, &Where<double>>("where", {"condition", "a", "b", "y", "accumulate"})
      .ByRows({"condition", "a", "b", "y"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Binary)
#endif
