// From a data set to a batch and back: rows in the epoch's order, or in their own.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "data/batch.cc"
#include "math/foreach_target.h"
//
#include <hwy/cache_control.h>

#include <cstring>

#include "data/batch_rows.h"
#include "data/byte_division-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Rows of a few numbers are copied here, since calling memcpy would cost more than the copy.
template <class T>
HWY_INLINE void CopyRow(const T* from, size_t n, double, T* to) {
  if (n > 64) {
    std::memcpy(to, from, n * sizeof(T));
  } else {
    Map(
        n, to, [](auto, auto v) { return v; }, from);
  }
}

// Bytes (pixels) divided by divisor.
HWY_INLINE void CopyRow(const uint8_t* from, size_t n, double divisor, float* to) {
  const Tag<float> d;
  const size_t lanes = hn::Lanes(d);
  const ByteDivision divide(static_cast<float>(divisor));
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(divide(d, LoadBytes(d, from + i)), d, to + i);
  for (; i < n; ++i) to[i] = static_cast<float>(from[i]) / static_cast<float>(divisor);
}

HWY_INLINE void CopyRow(const uint8_t* from, size_t n, double divisor, double* to) {
  for (size_t i = 0; i < n; ++i) to[i] = from[i] / divisor;
}

// One number as CopyRow has it.
template <class T>
HWY_INLINE T Number(T from, double) {
  return from;
}

template <class T>
HWY_INLINE T Number(uint8_t from, double divisor) {
  return static_cast<T>(from) / static_cast<T>(divisor);
}

// Has the cache fetch all lines that hold these bytes.
inline void Prefetch(const void* from, size_t bytes) {
  const char* first = static_cast<const char*>(from);
  for (size_t at = 0; at < bytes; at += 64) hwy::Prefetch(first + at);
  hwy::Prefetch(first + bytes - 1);
}

// Numbers of a batch in a tile: gathering is bound by memory, and as many cores as there are get more of it.
inline constexpr size_t kGatherTile = 16384;
inline constexpr size_t kMostGatherTiles = 64;

// Rows that are asked for before they are copied; short ones by the lines of the cache that can be under way at once.
inline constexpr size_t kRowsAhead = 4;
inline constexpr size_t kLinesAhead = 16;

// 1, 2, 4 … tiles: as many for each of two or four cores.
inline size_t GatherTiles(size_t rows, size_t size) {
  size_t tiles = 1;
  while (tiles < kMostGatherTiles && 2 * tiles <= rows && size / (2 * tiles) >= kGatherTile) tiles *= 2;
  return tiles;
}

// x[m×n] = the source rows order[first_row…]; divisor matters for bytes only
template <class S, class T>
void GatherRows(Context& context, Matrix<const S> source, Vector<const int32_t> order, double first_row, double divisor,
                Matrix<T> x) {
  CheckEqual("x's width", source.cols, x.cols);
  Check(order.size > 0, "Expected an order of rows");
  const BatchRows rows(order, first_row, x.rows, source.rows);
  if (x.cols == 0) return;
  if (x.cols == 1) {
    for (size_t i = 0; i < x.rows; ++i) x.data[i] = Number<T>(source.data[rows[i]], divisor);
    return;
  }
  // Rows lie at random in memory: ask for one early enough.
  const size_t bytes = source.cols * sizeof(S), ahead = HWY_MAX(kRowsAhead, kLinesAhead * 64 / bytes);
  const size_t tiles = GatherTiles(x.rows, x.size());
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const size_t last = (tile + 1) * x.rows / tiles;
    for (size_t i = tile * x.rows / tiles; i < last; ++i) {
      if (i + ahead < last) Prefetch(source.row(rows[i + ahead]), bytes);
      CopyRow(source.row(rows[i]), x.cols, divisor, x.row(i));
    }
  });
}

// x[m×n] = m source rows from first_row on
template <class S, class T>
void CopyRows(Context&, Matrix<const S> source, double first_row, double divisor, Matrix<T> x) {
  CheckEqual("x's width", source.cols, x.cols);
  const size_t first = FirstRow(first_row, x.rows, source.rows);
  CopyRow(source.row(first), x.size(), divisor, x.data);
}

// m rows of target from first_row on = a[m×n]
template <class T>
void StoreRows(Context&, Matrix<const T> a, double first_row, Matrix<T> target) {
  CheckEqual("target's width", a.cols, target.cols);
  const size_t first = FirstRow(first_row, a.rows, target.rows);
  std::memcpy(target.row(first), a.data, a.size() * sizeof(T));
}

// row[1] = where a batch begins in a window of the data set that begins at the row `start`
template <class T>
void WindowRow(Context&, double first_row, double start, Vector<double> row) {
  CheckEqual("row's length", size_t{1}, row.size);
  row[0] = first_row - start;
}

// row[1] = where a batch begins among rows of which every batch before it has own_rows; first_row: with all of its rows
template <class T>
void OwnRow(Context&, double first_row, double batch_rows, double own_rows, Vector<double> row) {
  CheckEqual("row's length", size_t{1}, row.size);
  Check(batch_rows > 0, "Expected at least one row in a batch");
  row[0] = first_row / batch_rows * own_rows;
}

BLASNET_KERNELS(Batch) {
  registry
      .Add<&GatherRows<float, float>, &GatherRows<double, double>>("gather_rows",
                                                                   {"source", "order", "firstRow", "divisor", "x"})
      .ReadsSomeRows({"source", "order"});
  registry
      .Add<&GatherRows<uint8_t, float>, &GatherRows<uint8_t, double>>("gather_byte_rows",
                                                                      {"source", "order", "firstRow", "divisor", "x"})
      .ReadsSomeRows({"source", "order"});
  registry.Add<&CopyRows<float, float>, &CopyRows<double, double>>("copy_rows", {"source", "firstRow", "divisor", "x"})
      .ReadsSomeRows({"source"});
  registry
      .Add<&CopyRows<uint8_t, float>, &CopyRows<uint8_t, double>>("copy_byte_rows",
                                                                  {"source", "firstRow", "divisor", "x"})
      .ReadsSomeRows({"source"});
  registry.Add<&StoreRows<float>, &StoreRows<double>>("store_rows", {"a", "firstRow", "target"});
  registry.Add<&WindowRow<float>, &WindowRow<double>>("window_row", {"firstRow", "start", "row"});
  registry.Add<&OwnRow<float>, &OwnRow<double>>("own_row", {"firstRow", "batchRows", "ownRows", "row"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Batch)
#endif
