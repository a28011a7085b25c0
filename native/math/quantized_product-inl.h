// Products of rows of bytes and int8 weights, by blocks of sums that stay in registers.
//
// Weights lie in panels of kBytePanel columns, [panels][quads][kBytePanel][4 bytes]: a quad is four neighbouring terms
// of a sum, and a line of the cache holds the quads of a panel's columns.

#if defined(BLASNET_MATH_QUANTIZED_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_QUANTIZED_PRODUCT_INL_H_
#undef BLASNET_MATH_QUANTIZED_PRODUCT_INL_H_
#else
#define BLASNET_MATH_QUANTIZED_PRODUCT_INL_H_
#endif

#include <cstring>

#include "math/quantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

inline constexpr size_t kBytePanel = 16;

// Where the terms of a sum lie: `count` runs of `quads` quads, `step` bytes apart.
struct ByteRuns {
  size_t count, quads, step;
  size_t all() const { return count * quads; }
};

// Rows of bytes and what they are multiplied with.
struct ByteFactors {
  const uint8_t* x;
  size_t pitch;  // bytes from a row to the next
  ByteRuns runs;
  const int32_t* w;      // the panels
  const int32_t* start;  // in which sums begin, for the columns of all panels
};

// The results of a product: y[i × columns + j] = sum · scale[j] + bias[j].
struct ByteResults {
  float* y;
  size_t columns;
  const float *scale, *bias;
};

template <class Dot, size_t kRows, size_t kPanels>
HWY_INLINE void ByteBlock(const ByteFactors& f, size_t row, size_t panel, const ByteResults& to) {
  constexpr size_t kEach = kBytePanel / kInt32Lanes, kVectors = kPanels * kEach;
  const Int32Tag d;
  const Tag<float> df;
  const size_t quads = f.runs.all();
  Int32s sums[kRows][kVectors];
  for (size_t v = 0; v < kVectors; ++v) {
    const auto start = hn::LoadU(d, f.start + panel * kBytePanel + v * kInt32Lanes);
    for (size_t r = 0; r < kRows; ++r) sums[r][v] = start;
  }
  const uint8_t* x = f.x + row * f.pitch;
  const int32_t* w = f.w + panel * quads * kBytePanel;
  for (size_t run = 0; run < f.runs.count; ++run, x += f.runs.step) {
    for (size_t q = 0; q < f.runs.quads; ++q, w += kBytePanel) {
      decltype(Dot::Right(hn::Zero(d))) right[kVectors];
      for (size_t p = 0; p < kPanels; ++p) {
        for (size_t v = 0; v < kEach; ++v) {
          right[p * kEach + v] = Dot::Right(hn::LoadU(d, w + p * quads * kBytePanel + v * kInt32Lanes));
        }
      }
      for (size_t r = 0; r < kRows; ++r) {
        int32_t quad;
        std::memcpy(&quad, x + r * f.pitch + 4 * q, sizeof(quad));
        const auto left = Dot::Left(hn::Set(d, quad));
        for (size_t v = 0; v < kVectors; ++v) sums[r][v] = Dot::Add(sums[r][v], left, right[v]);
      }
    }
  }
  for (size_t v = 0; v < kVectors; ++v) {
    const size_t column = panel * kBytePanel + v * kInt32Lanes;
    if (column >= to.columns) break;
    const size_t count = HWY_MIN(kInt32Lanes, to.columns - column);
    const bool whole = count == kInt32Lanes;
    const auto scale = whole ? hn::LoadU(df, to.scale + column) : LoadFirst(df, to.scale + column, count);
    const auto bias = whole ? hn::LoadU(df, to.bias + column) : LoadFirst(df, to.bias + column, count);
    for (size_t r = 0; r < kRows; ++r) {
      const auto y = Dequantized(sums[r][v], scale, bias);
      float* target = to.y + (row + r) * to.columns + column;
      if (whole) {
        hn::StoreU(y, df, target);
      } else {
        StoreFirst(y, df, target, count);
      }
    }
  }
}

// Rows from first to end of kPanels panels, by blocks of kRows rows and then of ever fewer ones.
template <class Dot, size_t kRows, size_t kPanels>
HWY_INLINE void ByteRows(const ByteFactors& f, size_t first, size_t end, size_t panel, const ByteResults& to) {
  for (; first + kRows <= end; first += kRows) ByteBlock<Dot, kRows, kPanels>(f, first, panel, to);
  if constexpr (kRows > 1) {
    if (first < end) ByteRows<Dot, kRows / 2, kPanels>(f, first, end, panel, to);
  }
}

// Rows and panels of a block: as many sums as registers hold beside the factors.
template <class Dot>
struct ByteBlockSize {
#if HWY_TARGET <= HWY_AVX3
  static constexpr size_t kRows = 6, kPanels = 2;
#elif HWY_TARGET <= HWY_AVX2
  static constexpr size_t kRows = 4, kPanels = 1;
#else
  static constexpr size_t kRows = 2, kPanels = 1;
#endif
};
#if BLASNET_CAN_VNNI
template <>
struct ByteBlockSize<VnniDot> {
  static constexpr size_t kRows = 6, kPanels = 4;
};
#endif

template <class Dot, size_t kPanels>
HWY_INLINE size_t BytePanels(const ByteFactors& f, size_t first, size_t end, size_t panel, size_t last,
                             const ByteResults& to) {
  // Narrow blocks have registers for more rows.
  constexpr size_t kRows = ByteBlockSize<Dot>::kRows, kMost = ByteBlockSize<Dot>::kPanels;
  constexpr size_t kOwn = kMost >= 4 * kPanels ? 2 * kRows : kMost >= 2 * kPanels ? kRows * 4 / 3 : kRows;
  for (; panel + kPanels <= last; panel += kPanels) ByteRows<Dot, kOwn, kPanels>(f, first, end, panel, to);
  if constexpr (kPanels > 1) {
    if (panel < last) return BytePanels<Dot, kPanels / 2>(f, first, end, panel, last, to);
  }
  return panel;
}

// Rows from first to end of the panels from panel to last.
HWY_INLINE void ByteProduct(const ByteFactors& f, size_t first, size_t end, size_t panel, size_t last,
                            const ByteResults& to) {
  WithDot([&](auto dot) {
    using Dot = decltype(dot);
    BytePanels<Dot, ByteBlockSize<Dot>::kPanels>(f, first, end, panel, last, to);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
