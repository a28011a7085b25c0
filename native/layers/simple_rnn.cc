// Plain recurrent layer (Elman 1990): h ← f(x·W + h·U + B), where f is tanh or relu.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/simple_rnn.cc"
#include "math/foreach_target.h"
//
#include "layers/recurrent-inl.h"
#include "math/gate_functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

struct TanhFunction {
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x) {
    return TanhOf(d, x);
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V y) {
    return hn::NegMulAdd(y, y, hn::Set(d, 1));
  }
};

struct ReluFunction {
  // NaN stays NaN.
  template <class D, class V>
  static HWY_INLINE V Forward(D d, V x) {
    return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
  }
  template <class D, class V>
  static HWY_INLINE V Derivative(D d, V y) {
    return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), hn::Set(d, 1));
  }
};

template <class F>
struct SimpleRnn {
  static constexpr size_t kGates = 1, kInner = 0, kCell = 0;
  static constexpr size_t kKept = 1;  // h

  template <class T>
  static HWY_INLINE void Forward(size_t units, size_t, const T* z, T* h, T*, T* kept) {
    const Tag<T> d;
    for (size_t j = 0; j < units; j += hn::Lanes(d)) {
      const size_t n = HWY_MIN(hn::Lanes(d), units - j);
      const auto after = F::Forward(d, hn::Load(d, z + j));
      hn::Store(after, d, h + j);
      if (kept != nullptr) StoreUpTo(after, d, kept + j, n);
    }
  }

  template <class T>
  static HWY_INLINE void Backward(size_t units, size_t, const T* kept, const T* dy, T* dh, T*, T* dz, T*) {
    const Tag<T> d;
    for (size_t j = 0; j < units; j += hn::Lanes(d)) {
      const size_t n = HWY_MIN(hn::Lanes(d), units - j);
      auto by_h = hn::Load(d, dh + j);
      if (dy != nullptr) by_h = hn::Add(by_h, LoadUpTo(d, dy + j, n));
      const auto by_z = hn::Mul(by_h, F::Derivative(d, LoadUpTo(d, kept + j, n)));
      hn::Store(hn::Zero(d), d, dh + j);
      hn::Store(by_z, d, dz + j);
    }
  }
};

BLASNET_KERNELS(SimpleRnn) {
  AddRecurrent<SimpleRnn<TanhFunction>>(registry, "simple_rnn_tanh");
  AddRecurrent<SimpleRnn<ReluFunction>>(registry, "simple_rnn_relu");
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(SimpleRnn)
#endif
