// Sums over a packed source by register blocks: several filters times several vectors of neighbouring results. Each
// term of a vector is one unaligned load from the packed planes, so that nothing is unrolled into columns first.

#if defined(BLASNET_MATH_CORRELATE_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_CORRELATE_BLOCK_INL_H_
#undef BLASNET_MATH_CORRELATE_BLOCK_INL_H_
#else
#define BLASNET_MATH_CORRELATE_BLOCK_INL_H_
#endif

#include "math/relu-inl.h"
#include "math/result_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Filters and vectors of the largest block: as many sums as the registers hold.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
inline constexpr size_t kBlockFilters = 8;
#else
inline constexpr size_t kBlockFilters = 4;
#endif
inline constexpr size_t kBlockVectors = 3;

// results[R filters × V vectors] = bias[R] (0 where null) + Σ over k < depth of panel[k × R] · planes[from +
// offsets[k]]
template <size_t R, size_t V, class T>
HWY_NOINLINE void CorrelateBlock(size_t depth, const T* HWY_RESTRICT panel, const size_t* HWY_RESTRICT offsets,
                                 const T* HWY_RESTRICT planes, const ResultVector* vectors, const T* bias,
                                 Results<T> results) {
  const Tag<T> d;
  hn::Vec<Tag<T>> sum[R][V];
  for (size_t r = 0; r < R; ++r) {
    for (size_t v = 0; v < V; ++v) sum[r][v] = bias == nullptr ? hn::Zero(d) : hn::Set(d, bias[r]);
  }
  const T* from[V];
  for (size_t v = 0; v < V; ++v) from[v] = planes + vectors[v].from;
  for (size_t k = 0; k < depth; ++k, panel += R) {
    const size_t offset = offsets[k];
    hn::Vec<Tag<T>> right[V];
    for (size_t v = 0; v < V; ++v) right[v] = hn::LoadU(d, from[v] + offset);
    for (size_t r = 0; r < R; ++r) {
      const auto left = hn::Set(d, panel[r]);
      for (size_t v = 0; v < V; ++v) sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
    }
  }
  for (size_t v = 0; v < V; ++v) {
    for (size_t r = 0; r < R; ++r) {
      if (results.relu) sum[r][v] = PositivePart(d, sum[r][v]);
      StoreResults(d, sum[r][v], vectors[v], results.data + r * results.plane, results.stride, results.end);
    }
  }
}

// Calls f(first, std::integral_constant<size_t, R>) for blocks of R filters that make up `filters`.
template <size_t R = kBlockFilters, class F>
HWY_INLINE void ForFilterBlocks(size_t filters, const F& f, size_t first = 0) {
  for (; first + R <= filters; first += R) f(first, std::integral_constant<size_t, R>());
  if constexpr (R > 1) ForFilterBlocks<R / 2>(filters, f, first);
}

// All filters for V vectors. panels: [blocks of filters][depth × R]
template <size_t V, class T>
HWY_INLINE void CorrelateVectors(size_t filters, size_t depth, const T* panels, const size_t* offsets, const T* planes,
                                 const ResultVector* vectors, const T* bias, Results<T> results) {
  ForFilterBlocks(filters, [&](size_t first, auto block) {
    Results<T> here = results;
    here.data += first * results.plane;
    CorrelateBlock<block.value, V>(depth, panels + first * depth, offsets, planes, vectors,
                                   bias == nullptr ? nullptr : bias + first, here);
  });
}

// All filters for all vectors, which must come in the order of their results.
template <class T>
HWY_INLINE void CorrelateAll(size_t filters, size_t depth, const T* panels, const size_t* offsets, const T* planes,
                             const ResultVector* vectors, size_t count, const T* bias, Results<T> results) {
  static_assert(kBlockVectors == 3);
  while (count > 0) {
    // Four are two and two: a block of one vector takes nearly the time of one of two.
    const size_t width = count == 4 ? 2 : HWY_MIN(count, kBlockVectors);
    if (width == 3) {
      CorrelateVectors<3>(filters, depth, panels, offsets, planes, vectors, bias, results);
    } else if (width == 2) {
      CorrelateVectors<2>(filters, depth, panels, offsets, planes, vectors, bias, results);
    } else {
      CorrelateVectors<1>(filters, depth, panels, offsets, planes, vectors, bias, results);
    }
    vectors += width;
    count -= width;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
