// Sums of gradients over parts of a batch: a kernel sums each part on one thread, and then the parts in order, so that
// the bits depend on the number of parts alone.

#if defined(BLASNET_MATH_PART_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_PART_SUMS_INL_H_
#undef BLASNET_MATH_PART_SUMS_INL_H_
#else
#define BLASNET_MATH_PART_SUMS_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// to[i] = Σ over parts of part[at + i], in order
template <class T>
HWY_INLINE void SumPart(Matrix<T> parts, size_t at, size_t n, T* to) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < n; i += lanes) {
    const size_t width = HWY_MIN(lanes, n - i);
    auto sum = hn::Zero(d);
    for (size_t p = 0; p < parts.rows; ++p) sum = hn::Add(sum, LoadFirst(d, parts.row(p) + at + i, width));
    StoreFirst(sum, d, to + i, width);
  }
}

// The same on the pool's threads.
template <class T>
HWY_INLINE void SumParts(Context& context, Matrix<T> parts, size_t at, size_t n, T* to) {
  context.pool.ParallelFor((n + kMapTile - 1) / kMapTile, [&](size_t tile) {
    const size_t first = tile * kMapTile;
    SumPart(parts, at + first, HWY_MIN(kMapTile, n - first), to + first);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
