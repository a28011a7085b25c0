// Short runs of numbers, such as the rows of an image: copies, and pairs of neighbours.

#if defined(BLASNET_MATH_RUNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_RUNS_INL_H_
#undef BLASNET_MATH_RUNS_INL_H_
#else
#define BLASNET_MATH_RUNS_INL_H_
#endif

#include <hwy/cache_control.h>

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// to[n] = from[n]; short runs, for which a call of memcpy takes longer than the copy.
template <class T>
HWY_INLINE void CopyRun(const T* HWY_RESTRICT from, size_t n, T* HWY_RESTRICT to) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  if (i == n) return;
  if (n >= lanes) {
    hn::StoreU(hn::LoadU(d, from + n - lanes), d, to + n - lanes);
  } else {
    StoreFirst(LoadFirst(d, from, n), d, to, n);
  }
}

// Calls f(d, i) such that [i, i + lanes of d) cover [0, n): whole vectors, the last one overlapping, or shorter ones.
// So f must do no harm where it sees a place twice.
template <class T, size_t kLanes = hn::MaxLanes(Tag<T>()), class F>
HWY_INLINE void Cover(size_t n, const F& f) {
  const hn::CappedTag<T, kLanes> d;
  const size_t lanes = hn::Lanes(d);
  if (n >= lanes) {
    size_t i = 0;
    for (; i + lanes <= n; i += lanes) f(d, i);
    if (i < n) f(d, n - lanes);
  } else if constexpr (kLanes > 1) {
    Cover<T, kLanes / 2>(n, f);
  }
}

// Has the cache fetch the pairs of a vector. Any address will do, also one behind the end of a tensor.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void PrefetchPairs(D d, const T* p) {
  hwy::Prefetch(p);
  hwy::Prefetch(p + hn::Lanes(d));
}

// even[i] = p[2i] and odd[i] = p[2i + 1]
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void LoadPairs(D d, const T* p, hn::Vec<D>& even, hn::Vec<D>& odd) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    even = hn::LoadU(d, p);
    odd = hn::LoadU(d, p + 1);
  } else {
    hn::LoadInterleaved2(d, p, even, odd);
  }
}
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StorePairs(hn::Vec<D> even, hn::Vec<D> odd, D d, T* p) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    hn::StoreU(even, d, p);
    hn::StoreU(odd, d, p + 1);
  } else {
    hn::StoreInterleaved2(even, odd, d, p);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
