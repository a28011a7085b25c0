// The product of one row with a matrix: where a prediction for a single sample spends its time. Reading the matrix is
// what takes it, so that is read once, a row at a time.

#if defined(BLASNET_MATH_ROW_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_ROW_PRODUCT_INL_H_
#undef BLASNET_MATH_ROW_PRODUCT_INL_H_
#else
#define BLASNET_MATH_ROW_PRODUCT_INL_H_
#endif

#include "core/rules.h"
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// x[k], `step` apart, and w[k×n] in rows of ldw
template <class T>
struct RowFactors {
  size_t k;
  T alpha;
  const T* x;
  size_t step;
  const T* w;
  size_t ldw;
};

// Sums that are under way at once: as many as hide the time that an addition takes.
inline constexpr size_t kRowSums = 8;

// y[V vectors] = bias (0 where it is null) + alpha · x · w from column j on. All sums stay in registers: the terms of
// each number go round S of them, which are added up at the end.
template <size_t V, size_t S, class D, class T = hn::TFromD<D>>
HWY_INLINE void RowPanel(D d, const RowFactors<T>& f, size_t j, const T* bias, T* HWY_RESTRICT y) {
  const size_t lanes = hn::Lanes(d);
  hn::Vec<D> sum[S][V];
  for (size_t s = 0; s < S; ++s) {
    for (size_t v = 0; v < V; ++v) sum[s][v] = hn::Zero(d);
  }
  const auto add = [&](size_t i, size_t s) {
    const auto left = hn::Set(d, f.x[i * f.step]);
    const T* row = f.w + i * f.ldw + j;
    for (size_t v = 0; v < V; ++v) sum[s][v] = hn::MulAdd(left, hn::LoadU(d, row + v * lanes), sum[s][v]);
  };
  size_t i = 0;
  for (; i + S <= f.k; i += S) {
    for (size_t s = 0; s < S; ++s) add(i + s, s);
  }
  for (; i < f.k; ++i) add(i, 0);
  const auto scale = hn::Set(d, f.alpha);
  for (size_t v = 0; v < V; ++v) {
    for (size_t s = 1; s < S; ++s) sum[0][v] = hn::Add(sum[0][v], sum[s][v]);
    const auto start = bias == nullptr ? hn::Zero(d) : hn::LoadU(d, bias + j + v * lanes);
    hn::StoreU(hn::MulAdd(scale, sum[0][v], start), d, y + j + v * lanes);
  }
}

// What is left of n columns from j on, by ever narrower vectors of 2ⁿ numbers: masked ones would take longer.
template <size_t kLanes, class T>
HWY_INLINE void NarrowRowPanels(const RowFactors<T>& f, size_t j, size_t n, const T* bias, T* y) {
  if constexpr (kLanes > 0) {
    if (n - j >= kLanes) {
      RowPanel<1, kRowSums>(hn::CappedTag<T, kLanes>(), f, j, bias, y);
      j += kLanes;
    }
    if (j < n) NarrowRowPanels<kLanes / 2>(f, j, n, bias, y);
  }
}

// Columns from j to n, in panels of V vectors while they fit, then of half as many.
template <size_t V, class T>
HWY_INLINE void RowPanels(const RowFactors<T>& f, size_t j, size_t n, const T* bias, T* y) {
  const Tag<T> d;
  const size_t width = V * hn::Lanes(d);
  for (; j + width <= n; j += width) RowPanel<V, kRowSums / V>(d, f, j, bias, y);
  if (j == n) return;
  if constexpr (V > 1) {
    RowPanels<V / 2>(f, j, n, bias, y);
  } else {
    NarrowRowPanels<hn::MaxLanes(Tag<T>()) / 2>(f, j, n, bias, y);
  }
}

// The same where the matrix comes from beyond the second-level cache: several of its rows at a time from end to end, in
// the order in which they lie there, and the sums in the first-level cache.
template <class T>
HWY_INLINE void RowStreams(const RowFactors<T>& f, size_t n, const T* bias, T* HWY_RESTRICT y) {
  constexpr size_t kRows = 8, kColumns = 8192 / sizeof(T);
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  for (size_t first = 0; first < n; first += kColumns) {
    const size_t end = HWY_MIN(n, first + kColumns);
    for (size_t j = first; j < end; ++j) y[j] = bias == nullptr ? T(0) : bias[j];
    size_t i = 0;
    for (; i + kRows <= f.k; i += kRows) {
      hn::Vec<Tag<T>> left[kRows];
      for (size_t r = 0; r < kRows; ++r) left[r] = hn::Set(d, f.alpha * f.x[(i + r) * f.step]);
      const T* rows = f.w + i * f.ldw;
      const auto add = [&](auto sum, const auto& load) {
        auto other = hn::Mul(left[1], load(rows + f.ldw));
        sum = hn::MulAdd(left[0], load(rows), sum);
        for (size_t r = 2; r < kRows; r += 2) {
          sum = hn::MulAdd(left[r], load(rows + r * f.ldw), sum);
          other = hn::MulAdd(left[r + 1], load(rows + (r + 1) * f.ldw), other);
        }
        return hn::Add(sum, other);
      };
      size_t j = first;
      for (; j + lanes <= end; j += lanes) {
        hn::StoreU(add(hn::LoadU(d, y + j), [&](const T* row) { return hn::LoadU(d, row + j); }), d, y + j);
      }
      if (j < end) {
        const auto load = [&](const T* row) { return LoadFirst(d, row + j, end - j); };
        StoreFirst(add(load(y), load), d, y + j, end - j);
      }
    }
    for (; i < f.k; ++i) {
      const T left = f.alpha * f.x[i * f.step];
      for (size_t j = first; j < end; ++j) y[j] += left * f.w[i * f.ldw + j];
    }
  }
}

// Numbers of a matrix that take a core long enough (a quarter of a millisecond) for another one to pay.
inline constexpr size_t kRowTile = 1 << 21;
inline constexpr size_t kMostRowTiles = 8;
inline constexpr size_t kRowTileAlign = 64;  // columns: whole lines of the cache

// y[n] = bias[n] (0 where it is null) + alpha · x[k] · w[k×n], in tiles of columns that depend on the shape only
template <class T>
HWY_INLINE void RowProduct(Context& context, const RowFactors<T>& f, size_t n, const T* bias, T* y) {
  const size_t size = f.k * n;
  if (size * sizeof(T) <= kRules.cached_matrix) return RowPanels<kRowSums>(f, 0, n, bias, y);
  const size_t most = HWY_MAX(1, HWY_MIN(kMostRowTiles, size / kRowTile));
  const size_t each = (n / most + kRowTileAlign) / kRowTileAlign * kRowTileAlign;
  context.pool.ParallelFor((n + each - 1) / each, [&](size_t tile) {
    const size_t first = tile * each;
    RowFactors<T> part = f;
    part.w += first;
    RowStreams(part, HWY_MIN(each, n - first), bias == nullptr ? bias : bias + first, y + first);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
