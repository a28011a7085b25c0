// Vector loops on Google Highway. Included by each kernel file after math/foreach_target.h, which compiles the file
// once for every instruction set; Kernels() takes the best one that the CPU has.

// The guard flips for every target: that is how Highway includes a header once per instruction set.
#if defined(BLASNET_MATH_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_SIMD_INL_H_
#undef BLASNET_MATH_SIMD_INL_H_
#else
#define BLASNET_MATH_SIMD_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <cmath>

#include "core/registry.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;

// Whether Highway's masked loads and stores of float and double touch what is masked out. Those of AVX2 do not,
// although its HWY_MEM_OPS_MIGHT_FAULT, which speaks for all types, says so.
#undef BLASNET_MASKED_OPS_MIGHT_FAULT
#if HWY_MEM_OPS_MIGHT_FAULT && HWY_TARGET != HWY_AVX2
#define BLASNET_MASKED_OPS_MIGHT_FAULT 1
#else
#define BLASNET_MASKED_OPS_MIGHT_FAULT 0
#endif

// The first n < Lanes(d) numbers at p, zeros behind them. Reads nothing beyond them.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadFirst(D d, const T* HWY_RESTRICT p, size_t n) {
#if BLASNET_MASKED_OPS_MIGHT_FAULT
  HWY_ALIGN T block[hn::MaxLanes(d)] = {};
  for (size_t i = 0; i < n; ++i) block[i] = p[i];
  return hn::Load(d, block);
#else
  return hn::MaskedLoad(hn::FirstN(d, n), d, p);
#endif
}

// Writes the first n < Lanes(d) numbers of v, and nothing else.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreFirst(hn::Vec<D> v, D d, T* HWY_RESTRICT p, size_t n) {
#if BLASNET_MASKED_OPS_MIGHT_FAULT
  HWY_ALIGN T block[hn::MaxLanes(d)];
  hn::Store(v, d, block);
  for (size_t i = 0; i < n; ++i) p[i] = block[i];
#else
  hn::BlendedStore(v, hn::FirstN(d, n), d, p);
#endif
}

// out[i] = f(d, in[i]…) for i in [0, n). Each number is computed alike wherever it stands, so that splitting a loop
// changes no bit. out may be one of the inputs.
template <class T, class F, class... In>
HWY_INLINE void Map(size_t n, T* out, const F& f, const In*... in) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(d, hn::LoadU(d, in + i)...), d, out + i);
  if (i < n) StoreFirst(f(d, LoadFirst(d, in + i, n - i)...), d, out + i, n - i);
}

// Numbers in a tile of an element-wise kernel: enough work (tens of microseconds) to be worth another core.
inline constexpr size_t kMapTile = 16384;

// Map over the pool's threads.
template <class T, class F, class... In>
HWY_INLINE void ParallelMap(Context& context, size_t n, T* out, const F& f, const In*... in) {
  const size_t tiles = (n + kMapTile - 1) / kMapTile;
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const size_t first = tile * kMapTile;
    Map(HWY_MIN(kMapTile, n - first), out + first, f, (in + first)...);
  });
}

// Updates n numbers of several arrays: f(d, g, v…) receives a vector of the gradient and one of each array, and changes
// the latter in place. f should be a local variable of the caller: the compiler then knows that no store changes it.
template <class T, class F, class... Arrays>
HWY_INLINE void Update(size_t n, const T* gradient, const F& f, Arrays*... arrays) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    [&](auto g, auto... v) {
      f(d, g, v...);
      (hn::StoreU(v, d, arrays + i), ...);
    }(hn::LoadU(d, gradient + i), hn::LoadU(d, arrays + i)...);
  }
  if (i == n) return;
  [&](auto g, auto... v) {
    f(d, g, v...);
    (StoreFirst(v, d, arrays + i, n - i), ...);
  }(LoadFirst(d, gradient + i, n - i), LoadFirst(d, static_cast<const T*>(arrays + i), n - i)...);
}

// The same over the pool's threads.
template <class T, class F, class... Arrays>
HWY_INLINE void ParallelUpdate(Context& context, Vector<const T> gradient, const F& f, Arrays... arrays) {
  (CheckEqual("an array's size", gradient.size, arrays.size), ...);
  const size_t tiles = (gradient.size + kMapTile - 1) / kMapTile;
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const F own = f;
    const size_t first = tile * kMapTile;
    Update(HWY_MIN(kMapTile, gradient.size - first), gradient.data + first, own, (arrays.data + first)...);
  });
}

// Σ f(d, x[i]) in double. Its parts depend on n only, so the bits do not depend on the number of threads.
template <class T, class F>
HWY_INLINE double ParallelSum(Context& context, Vector<const T> x, const F& f) {
  constexpr size_t kMostTiles = 64, kRun = 512;  // numbers that are added up in T before the sum goes on in double
  const size_t share = (x.size + kMostTiles - 1) / kMostTiles;
  const size_t length = HWY_MAX(kMapTile, (share + kRun - 1) / kRun * kRun);
  const size_t tiles = (x.size + length - 1) / length;
  double sums[kMostTiles];
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    double sum = 0;
    const size_t end = HWY_MIN(x.size, (tile + 1) * length);
    for (size_t first = tile * length; first < end; first += kRun) {
      const size_t last = HWY_MIN(end, first + kRun);
      auto run = hn::Zero(d);
      size_t i = first;
      for (; i + lanes <= last; i += lanes) run = hn::Add(run, f(d, hn::LoadU(d, x.data + i)));
      // f(0) is 0, so the zeros behind the last number add nothing.
      if (i < last) run = hn::Add(run, f(d, LoadFirst(d, x.data + i, last - i)));
      sum += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, run)));
    }
    sums[tile] = sum;
  });
  double total = 0;
  for (size_t tile = 0; tile < tiles; ++tile) total += sums[tile];
  return total;
}

// Σ of n numbers, in an order that depends on n only
template <class T>
HWY_INLINE T SumOf(const T* p, size_t n) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  auto sum = hn::Zero(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) sum = hn::Add(sum, hn::LoadU(d, p + i));
  if (i < n) sum = hn::Add(sum, LoadFirst(d, p + i, n - i));
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

// Largest of n > 0 numbers; NaN if there is one among them.
template <class T>
HWY_INLINE T MaxOf(const T* p, size_t n) {
  T largest = p[0];
  for (size_t i = 1; i < n; ++i) largest = p[i] > largest || std::isnan(p[i]) ? p[i] : largest;
  return largest;
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

// BLASNET_KERNELS(Name) { registry.Add<&F<float>, &F<double>>("f", {"x", "y"}); … } stands at the foot of a kernel
// file inside its HWY_NAMESPACE; BLASNET_EXPORT_KERNELS(Name), outside of it under HWY_ONCE, registers the variant
// for this CPU.
#ifndef BLASNET_KERNELS
#define BLASNET_KERNELS(name) void Register##name(Registry& registry)
#define BLASNET_EXPORT_KERNELS(name)                                                                      \
  namespace blasnet {                                                                                     \
  HWY_EXPORT(Register##name);                                                                             \
  namespace {                                                                                             \
  KernelModule name##_module([](Registry& registry) { HWY_DYNAMIC_DISPATCH(Register##name)(registry); }); \
  }                                                                                                       \
  }
#endif

#endif  // per-target guard
