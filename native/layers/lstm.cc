// Long short-term memory (Hochreiter and Schmidhuber 1997), without peepholes. With z = x·W + h·U + B in gates i, f, g,
// o:
//   i, f, o = σ(z), g = tanh(z); c ← f·c + i·g; h = o·tanh(c)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/lstm.cc"
#include "math/foreach_target.h"
//
#include "layers/recurrent-inl.h"
#include "math/gate_functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

struct Lstm {
  static constexpr size_t kGates = 4, kInner = 0, kCell = 1;
  static constexpr size_t kKept = 5;  // i, f, g, o, and c before the step

  template <class T>
  static HWY_INLINE void Forward(size_t units, size_t padded, const T* z, T* h, T* c, T* kept) {
    const Tag<T> d;
    for (size_t j = 0; j < units; j += hn::Lanes(d)) {
      const size_t n = HWY_MIN(hn::Lanes(d), units - j);
      hn::Vec<Tag<T>> gate[4];
      Divide({SigmoidQuotient(d, hn::Load(d, z + j)), SigmoidQuotient(d, hn::Load(d, z + padded + j)),
              TanhQuotient(d, hn::Load(d, z + 2 * padded + j)), SigmoidQuotient(d, hn::Load(d, z + 3 * padded + j))},
             gate);
      const auto i = gate[0], f = gate[1], g = gate[2], o = gate[3];
      const auto before = hn::Load(d, c + j);
      const auto after = hn::MulAdd(f, before, hn::Mul(i, g));
      hn::Store(after, d, c + j);
      hn::Store(o, d, h + j);
      if (kept == nullptr) continue;
      StoreUpTo(i, d, kept + j, n);
      StoreUpTo(f, d, kept + units + j, n);
      StoreUpTo(g, d, kept + 2 * units + j, n);
      StoreUpTo(o, d, kept + 3 * units + j, n);
      StoreUpTo(before, d, kept + 4 * units + j, n);
    }
    MultiplyByTanh(padded, c, h);
  }

  template <class T>
  static HWY_INLINE void Backward(size_t units, size_t padded, const T* kept, const T* dy, T* dh, T* dc, T* dz, T*) {
    const Tag<T> d;
    const auto one = hn::Set(d, 1);
    for (size_t j = 0; j < units; j += hn::Lanes(d)) {
      const size_t n = HWY_MIN(hn::Lanes(d), units - j);
      const auto i = LoadUpTo(d, kept + j, n), f = LoadUpTo(d, kept + units + j, n);
      const auto g = LoadUpTo(d, kept + 2 * units + j, n), o = LoadUpTo(d, kept + 3 * units + j, n);
      const auto before = LoadUpTo(d, kept + 4 * units + j, n);
      auto by_h = hn::Load(d, dh + j);
      if (dy != nullptr) by_h = hn::Add(by_h, LoadUpTo(d, dy + j, n));
      const auto squashed = TanhOf(d, hn::MulAdd(f, before, hn::Mul(i, g)));
      // By c: what comes back from the next step, and through h = o·tanh(c).
      const auto by_c = hn::MulAdd(hn::Mul(by_h, o), hn::NegMulAdd(squashed, squashed, one), hn::Load(d, dc + j));
      const auto by_i = hn::Mul(hn::Mul(by_c, g), hn::Mul(i, hn::Sub(one, i)));
      const auto by_f = hn::Mul(hn::Mul(by_c, before), hn::Mul(f, hn::Sub(one, f)));
      const auto by_g = hn::Mul(hn::Mul(by_c, i), hn::NegMulAdd(g, g, one));
      const auto by_o = hn::Mul(hn::Mul(by_h, squashed), hn::Mul(o, hn::Sub(one, o)));
      hn::Store(hn::Mul(by_c, f), d, dc + j);
      hn::Store(hn::Zero(d), d, dh + j);  // all of it goes through the product
      hn::Store(by_i, d, dz + j);
      hn::Store(by_f, d, dz + padded + j);
      hn::Store(by_g, d, dz + 2 * padded + j);
      hn::Store(by_o, d, dz + 3 * padded + j);
    }
  }
};

BLASNET_KERNELS(Lstm) { AddRecurrent<Lstm>(registry, "lstm"); }

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Lstm)
#endif
