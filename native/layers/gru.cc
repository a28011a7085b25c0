// Gated recurrent unit (Cho et al. 2014) with the reset gate behind the recurrent product, as PyTorch and cuDNN have
// it. With gates r, z, n:
//   r, z = σ(xW + B + hU + recurrentB); n = tanh(xWₙ + Bₙ + r·(hUₙ + recurrentBₙ)); h ← (1 − z)·n + z·h

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/gru.cc"
#include "math/foreach_target.h"
//
#include "layers/recurrent-inl.h"
#include "math/gate_functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

struct Gru {
  static constexpr size_t kGates = 3, kInner = 1, kCell = 0;
  static constexpr size_t kKept = 5;  // r, z, n, hUₙ + recurrentBₙ, and h before the step

  template <class T>
  static HWY_INLINE void Forward(size_t units, size_t padded, const T* sums, T* h, T*, T* kept) {
    const Tag<T> d;
    for (size_t j = 0; j < units; j += hn::Lanes(d)) {
      const size_t n = HWY_MIN(hn::Lanes(d), units - j);
      hn::Vec<Tag<T>> r, z;
      Divide(SigmoidQuotient(d, hn::Load(d, sums + j)), SigmoidQuotient(d, hn::Load(d, sums + padded + j)), r, z);
      const auto inner = hn::Load(d, sums + 3 * padded + j);
      const auto fresh = TanhOf(d, hn::MulAdd(r, inner, hn::Load(d, sums + 2 * padded + j)));
      const auto before = hn::Load(d, h + j);
      hn::Store(hn::MulAdd(z, hn::Sub(before, fresh), fresh), d, h + j);
      if (kept == nullptr) continue;
      StoreUpTo(r, d, kept + j, n);
      StoreUpTo(z, d, kept + units + j, n);
      StoreUpTo(fresh, d, kept + 2 * units + j, n);
      StoreUpTo(inner, d, kept + 3 * units + j, n);
      StoreUpTo(before, d, kept + 4 * units + j, n);
    }
  }

  template <class T>
  static HWY_INLINE void Backward(size_t units, size_t padded, const T* kept, const T* dy, T* dh, T*, T* dz, T* inner) {
    const Tag<T> d;
    const auto one = hn::Set(d, 1);
    for (size_t j = 0; j < units; j += hn::Lanes(d)) {
      const size_t n = HWY_MIN(hn::Lanes(d), units - j);
      const auto r = LoadUpTo(d, kept + j, n), z = LoadUpTo(d, kept + units + j, n);
      const auto fresh = LoadUpTo(d, kept + 2 * units + j, n), product = LoadUpTo(d, kept + 3 * units + j, n);
      const auto before = LoadUpTo(d, kept + 4 * units + j, n);
      auto by_h = hn::Load(d, dh + j);
      if (dy != nullptr) by_h = hn::Add(by_h, LoadUpTo(d, dy + j, n));
      const auto by_n = hn::Mul(hn::Mul(by_h, hn::Sub(one, z)), hn::NegMulAdd(fresh, fresh, one));
      const auto by_z = hn::Mul(hn::Mul(by_h, hn::Sub(before, fresh)), hn::Mul(z, hn::Sub(one, z)));
      const auto by_r = hn::Mul(hn::Mul(by_n, product), hn::Mul(r, hn::Sub(one, r)));
      hn::Store(hn::Mul(by_h, z), d, dh + j);  // what goes past the product
      hn::Store(by_r, d, dz + j);
      hn::Store(by_z, d, dz + padded + j);
      hn::Store(by_n, d, dz + 2 * padded + j);
      hn::Store(by_r, d, inner + j);
      hn::Store(by_z, d, inner + padded + j);
      hn::Store(hn::Mul(by_n, r), d, inner + 2 * padded + j);
    }
  }
};

BLASNET_KERNELS(Gru) { AddRecurrent<Gru>(registry, "gru"); }

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Gru)
#endif
