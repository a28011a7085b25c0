// Products of rows of bytes and int8 weights by the instruction that multiplies tiles of quads (AMX): 16 rows of 16
// quads times 16 quads of 16 columns, in the layout that quantized_product-inl.h has for vectors. Sums are exact, so
// that they have the same bits.

#if defined(BLASNET_MATH_QUANTIZED_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_QUANTIZED_TILES_INL_H_
#undef BLASNET_MATH_QUANTIZED_TILES_INL_H_
#else
#define BLASNET_MATH_QUANTIZED_TILES_INL_H_
#endif

#include "math/quantized_product-inl.h"
#include "math/tiles.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

inline constexpr size_t kTileQuads = kTileRowBytes / 4;
static_assert(kBytePanel * sizeof(int32_t) == kTileRowBytes);

// By Tiles: AmxTiles or what stands in for them. 2 × 2 tiles of sums stay in registers; the last quads of a run have
// tiles of their own, as long as they are.
template <class Tiles>
class ByteTiles {
 public:
  explicit ByteTiles(const ByteRuns& runs) : tail_(runs.quads % kTileQuads), tiles_(ShapesFor(tail_)) {}

  // Rows from first on of the panels from panel to last, in whole tiles of 16 rows. Returns the first row that is left.
  size_t Run(const ByteFactors& f, size_t first, size_t end, size_t panel, size_t last, const ByteResults& to) {
    const size_t whole = first + (end - first) / kTileRows * kTileRows;
    for (; panel < last; panel += 2) {
      const bool wide = panel + 1 < last;
      for (size_t row = first; row < whole;) {
        if (whole - row >= 2 * kTileRows) {
          wide ? Block<true, true>(f, row, panel, to) : Block<true, false>(f, row, panel, to);
          row += 2 * kTileRows;
        } else {
          wide ? Block<false, true>(f, row, panel, to) : Block<false, false>(f, row, panel, to);
          row += kTileRows;
        }
      }
    }
    return whole;
  }

 private:
  static constexpr int kLeft = 4, kRight = 5, kLeftTail = 6, kRightTail = 7;

  static TileShapes ShapesFor(size_t tail) {
    TileShapes shapes;
    for (int sums = 0; sums < kLeft; ++sums) shapes.Set(sums, kTileRows, kTileRowBytes);
    shapes.Set(kLeft, kTileRows, kTileRowBytes);
    shapes.Set(kRight, kTileQuads, kTileRowBytes);
    if (tail > 0) {
      shapes.Set(kLeftTail, kTileRows, 4 * tail);
      shapes.Set(kRightTail, tail, kTileRowBytes);
    }
    return shapes;
  }

  // The sums of 16 rows, or 32 (kLow), and one panel, or two (kWide).
  template <bool kLow, bool kWide>
  HWY_INLINE void Block(const ByteFactors& f, size_t row, size_t panel, const ByteResults& to) {
    tiles_.template Clear<0>();
    if constexpr (kWide) tiles_.template Clear<1>();
    if constexpr (kLow) tiles_.template Clear<2>();
    if constexpr (kLow && kWide) tiles_.template Clear<3>();
    const size_t panel_size = f.runs.all() * kBytePanel;
    const uint8_t* x = f.x + row * f.pitch;
    const int32_t* w = f.w + panel * panel_size;
    for (size_t run = 0; run < f.runs.count; ++run, x += f.runs.step) {
      size_t q = 0;
      for (; q + kTileQuads <= f.runs.quads; q += kTileQuads, w += kTileQuads * kBytePanel) {
        AddTerms<kLow, kWide, kLeft, kRight>(x + 4 * q, f.pitch, w, panel_size);
      }
      if (tail_ > 0) {
        AddTerms<kLow, kWide, kLeftTail, kRightTail>(x + 4 * q, f.pitch, w, panel_size);
        w += tail_ * kBytePanel;
      }
    }
    HWY_ALIGN int32_t sums[4 * kTileRows * kBytePanel];
    constexpr size_t kColumns = 2 * kBytePanel, kPitch = kColumns * sizeof(int32_t);
    tiles_.template Store<0>(sums, kPitch);
    if constexpr (kWide) tiles_.template Store<1>(sums + kBytePanel, kPitch);
    if constexpr (kLow) tiles_.template Store<2>(sums + kTileRows * kColumns, kPitch);
    if constexpr (kLow && kWide) tiles_.template Store<3>(sums + kTileRows * kColumns + kBytePanel, kPitch);
    for (size_t r = 0; r < (kLow ? 2 : 1) * kTileRows; ++r) {
      FinishRow(f.start, sums + r * kColumns, kWide ? 2 : 1, row + r, panel, to);
    }
  }

  template <bool kLow, bool kWide, int kX, int kW>
  HWY_INLINE void AddTerms(const uint8_t* x, size_t pitch, const int32_t* w, size_t panel_size) {
    tiles_.template Load<kX>(x, pitch);
    tiles_.template Load<kW>(w, kTileRowBytes);
    tiles_.template AddQuads<0, kX, kW>();
    if constexpr (kWide) {
      tiles_.template Load<kW>(w + panel_size, kTileRowBytes);
      tiles_.template AddQuads<1, kX, kW>();
    }
    if constexpr (kLow) {
      tiles_.template Load<kX>(x + kTileRows * pitch, pitch);
      // The tile of the right factor still holds the last panel.
      tiles_.template AddQuads<kWide ? 3 : 2, kX, kW>();
    }
    if constexpr (kLow && kWide) {
      tiles_.template Load<kW>(w, kTileRowBytes);
      tiles_.template AddQuads<2, kX, kW>();
    }
  }

  static HWY_INLINE void FinishRow(const int32_t* start, const int32_t* sums, size_t panels, size_t row, size_t panel,
                                   const ByteResults& to) {
    const Int32Tag d;
    const Tag<float> df;
    for (size_t j = 0; j < panels * kBytePanel; j += kInt32Lanes) {
      const size_t column = panel * kBytePanel + j;
      if (column >= to.columns) break;
      const size_t count = HWY_MIN(kInt32Lanes, to.columns - column);
      const bool whole = count == kInt32Lanes;
      const auto scale = whole ? hn::LoadU(df, to.scale + column) : LoadFirst(df, to.scale + column, count);
      const auto bias = whole ? hn::LoadU(df, to.bias + column) : LoadFirst(df, to.bias + column, count);
      const auto y = Dequantized(hn::Add(hn::Load(d, sums + j), hn::LoadU(d, start + column)), scale, bias);
      if (whole) {
        hn::StoreU(y, df, to.y + row * to.columns + column);
      } else {
        StoreFirst(y, df, to.y + row * to.columns + column, count);
      }
    }
  }

  size_t tail_;
  Tiles tiles_;
};

// Rows from first to end of the panels from panel to last, by tiles where this CPU has them and the rows fill some.
HWY_INLINE void ByteProductByBest(const ByteFactors& f, size_t first, size_t end, size_t panel, size_t last,
                                  const ByteResults& to) {
#if BLASNET_CAN_VNNI && BLASNET_CAN_AMX
  if (end - first >= kTileRows && CanUseByteTiles()) {
    first = ByteTiles<AmxTiles>(f.runs).Run(f, first, end, panel, last, to);
  }
#endif
  if (first < end) ByteProduct(f, first, end, panel, last, to);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
