// The products of a layer, cut into tiles for the pool. Tiles depend on shapes only, never on the thread count: the
// bits of a product that was cut differ from those of the whole one.

#if defined(BLASNET_MATH_MATMUL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_MATMUL_INL_H_
#undef BLASNET_MATH_MATMUL_INL_H_
#else
#define BLASNET_MATH_MATMUL_INL_H_
#endif

#include <optional>

#include "core/rules.h"
#include "core/sizes.h"
#include "math/blocked_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Products of up to this many multiplications are no slower by register blocks than by a BLAS call, small ones twice as
// fast (with AVX2 16×16×32: 0.18 instead of 0.45 µs, 128×256×256: 179 instead of 188). With AVX-512 that holds for all:
// a product in tiles by the BLAS repeats its packing in each.
#if HWY_TARGET <= HWY_AVX3
inline constexpr size_t kBlockedProduct = ~size_t{0};
#else
inline constexpr size_t kBlockedProduct = sizes::kBlockedProduct;
#endif

inline bool IsBlocked(size_t m, size_t n, size_t k) {
  return m * n * k <= kBlockedProduct && (m >= sizes::kFewRows || n * k <= kRules.large_factor);
}

inline constexpr size_t kMostTiles = 8;
inline constexpr size_t kTileAlign = sizes::kPanelWidth;  // rows or columns: whole register blocks

struct Tiling {
  size_t count, length;  // length in rows or columns; the last tile may be shorter
};

inline Tiling TilesOf(size_t length, size_t products) {
  if (products < kRules.large_product())
    return {1, length};  // before any division: tiny products take less time than one
  size_t count = 1;
  while (count < kMostTiles && products / (2 * count) >= kRules.tile_product) count *= 2;
  const size_t each = (length / count + kTileAlign - 1) / kTileAlign * kTileAlign;
  if (each == 0 || each >= length) return {1, length};
  return {(length + each - 1) / each, each};
}

// A as BlockedProduct likes it, in scratch that `packed` holds; null where A is as good.
template <class T>
const T* BlocksOf(Context& context, Strided<T> a, size_t m, size_t n, size_t k, std::optional<Scratch::Block>& packed);

// One row with a matrix that is more than a few numbers: its reading is what takes time.
inline bool IsRow(size_t m, size_t n, size_t k) { return m == 1 && n * k >= 1024; }

// Whether a product can be a descent: a sum must be whole before it is rounded and taken away.
inline bool CanDescend(size_t m, size_t n, size_t k) {
  return IsBlocked(m, n, k) && !IsRow(m, n, k) && k <= kPanelDepth;
}

// A product as narrow as this takes less time than to find out what a larger one would need.
template <class T>
HWY_INLINE bool IsNarrow(size_t n, size_t k, Strided<T> b) {
  return n < hn::Lanes(Tag<T>()) && k < kManyTerms && b.col == 1;
}

// Parts of Product, functions of their own lest narrow products pay for the larger ones' stack and registers.
template <class T>
void NarrowProduct(size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b, Start<T> first, T* c);
template <class T>
void WideProduct(Context& context, size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b, Start<T> first,
                 T* c);

// c[m×n] = first + alpha · a[m×k] · b[k×n], in tiles along the columns or the rows of C. Only blocked products descend.
template <class T>
HWY_INLINE void Product(Context& context, size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b,
                        Start<T> first, T* c) {
  if (IsNarrow(n, k, b) && m * n * k < kRules.tile_product) return NarrowProduct(m, n, k, alpha, a, b, first, c);
  WideProduct(context, m, n, k, alpha, a, b, first, c);
}

template <class T>
HWY_INLINE Strided<T> RowsOf(Matrix<const T> x) {
  return {x.data, x.cols, 1};
}

template <class T>
HWY_INLINE Strided<T> TransposedOf(Matrix<const T> x) {
  return {x.data, 1, x.cols};
}

// sums = first + scale · Σ of kVectors vectors of columns over m rows, which lie `row` numbers apart
template <size_t kVectors, class D, class T>
HWY_INLINE void SumColumns(D d, size_t m, size_t row, T scale, const T* x, Start<T> first, T* sums) {
  const size_t lanes = hn::Lanes(d);
  hn::Vec<D> sum[kVectors];
  ForEach<kVectors>([&](auto v) BLASNET_INLINE_LAMBDA { sum[v] = hn::Zero(d); });
  for (size_t i = 0; i < m; ++i) {
    ForEach<kVectors>([&](auto v)
                          BLASNET_INLINE_LAMBDA { sum[v] = hn::Add(sum[v], hn::LoadU(d, x + i * row + v * lanes)); });
  }
  ForEach<kVectors>([&](auto v) BLASNET_INLINE_LAMBDA {
    const auto before = first.data == nullptr ? hn::Zero(d) : hn::LoadU(d, first.data + v * lanes);
    hn::StoreU(Finished(first, hn::Set(d, scale), sum[v], before), d, sums + v * lanes);
  });
}

// The columns from j to end, some vectors at a time, then by ever narrower ones: masked ones take longer.
template <size_t kLanes, size_t kVectors, class T>
HWY_INLINE void SumColumnsFrom(size_t j, size_t end, T scale, Matrix<const T> x, Start<T> first, T* sums) {
  const hn::CappedTag<T, kLanes> d;
  const size_t width = kVectors * hn::Lanes(d);
  for (; j + width <= end; j += width) {
    Start<T> start = first;
    if (first.data != nullptr) start.data += j;
    SumColumns<kVectors>(d, x.rows, x.cols, scale, x.data + j, start, sums + j);
  }
  if constexpr (kVectors > 1) {
    if (j < end) SumColumnsFrom<kLanes, 1>(j, end, scale, x, first, sums);
  } else if constexpr (kLanes > 1) {
    if (j < end) SumColumnsFrom<kLanes / 2, 1>(j, end, scale, x, first, sums);
  }
}

// sums[n] = first + scale · Σ over rows of x[m×n], in row order
template <class T>
HWY_INLINE void SumRows(T scale, Matrix<const T> x, Start<T> first, T* sums) {
  SumColumnsFrom<hn::MaxLanes(Tag<T>()), 4>(0, x.cols, scale, x, first, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
