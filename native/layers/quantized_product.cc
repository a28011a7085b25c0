// Fully connected layers, and convolutions over steps, with int8 weights: windows of rows of numbers, which become
// bytes, times weights.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/quantized_product.cc"
#include "math/foreach_target.h"
//
#include "math/quantized_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// A row of x has `steps` steps of `features` numbers. Each of its `windows` windows is `stride` steps behind the one
// before it, and sees `size` steps, `dilation` apart, from `before` steps in front of the row on. A fully connected
// layer has one step and one window.
struct ByteWindows {
  size_t steps, features, size, stride, before, dilation, windows, outputs;

  size_t step_bytes() const { return (features + 3) / 4 * 4; }
  // Steps that windows reach, those in front of and behind the row included.
  size_t reach() const { return (windows - 1) * stride + (size - 1) * dilation + 1; }
  size_t quads() const { return size * step_bytes() / 4; }
  size_t panels() const { return (outputs + kBytePanel - 1) / kBytePanel; }
  size_t packed_size() const { return panels() * kBytePanel * (1 + quads()); }
};

inline ByteWindows ByteWindowsOf(Vector<const int32_t> geometry) {
  CheckEqual("geometry's length", size_t{8}, geometry.size);
  for (const size_t i : {0, 1, 2, 3, 5, 6, 7}) Check(geometry[i] > 0, "Expected numbers above 0 for geometry");
  Check(geometry[4] >= 0, "Expected at least 0 steps before the first one for geometry");
  const auto at = [geometry](size_t i) { return static_cast<size_t>(geometry[i]); };
  const ByteWindows windows{at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)};
  // No sum of products of bytes may leave 32 bits: 255 · 128 each.
  Check(windows.features * windows.size <= 65792, "Expected at most 65792 terms in a sum for geometry");
  return windows;
}

// The weights as `quantized_product` reads them: what sums begin with, for the zero of the input, then the panels.
// w[size × features × outputs] are whole numbers from −128 to 127.
template <class T>
void PackQuantizedProduct(Context&, Vector<const T> w, Vector<const T> input, Vector<const int32_t> geometry,
                          Vector<int32_t> packed) {
  RequireFloat32<T>();
  const ByteWindows s = ByteWindowsOf(geometry);
  const int32_t zero = static_cast<int32_t>(ByteScaleOf(input).zero);
  CheckEqual("w's size", s.size * s.features * s.outputs, w.size);
  CheckEqual("packed's size", s.packed_size(), packed.size);
  const size_t columns = s.panels() * kBytePanel, quads = s.step_bytes() / 4;
  for (size_t j = 0; j < columns; ++j) packed[j] = 0;
  int32_t* to = packed.data + columns;
  for (size_t panel = 0; panel < s.panels(); ++panel) {
    for (size_t tap = 0; tap < s.size; ++tap) {
      for (size_t q = 0; q < quads; ++q) {
        for (size_t j = panel * kBytePanel; j < (panel + 1) * kBytePanel; ++j) {
          int32_t terms[4] = {};
          for (size_t i = 0; i < 4 && 4 * q + i < s.features && j < s.outputs; ++i) {
            terms[i] = WeightOf(w[(tap * s.features + 4 * q + i) * s.outputs + j]);
            packed[j] -= zero * terms[i];
          }
          *to++ = QuadOf(terms);
        }
      }
    }
  }
}

// y[m × windows × outputs] of x[m × steps × features]
template <class T>
void QuantizedProduct(Context& context, Matrix<const T> x, Vector<const int32_t> packed, Vector<const T> scale,
                      Vector<const T> bias, Vector<const T> input, Vector<const int32_t> geometry, Matrix<T> y) {
  RequireFloat32<T>();
  if constexpr (sizeof(T) == sizeof(float)) {
    const ByteWindows s = ByteWindowsOf(geometry);
    const ByteScale bytes = ByteScaleOf(input);
    CheckEqual("x's row size", s.steps * s.features, x.cols);
    CheckEqual("y's row size", s.windows * s.outputs, y.cols);
    CheckEqual("y's rows", x.rows, y.rows);
    CheckEqual("packed's size", s.packed_size(), packed.size);
    CheckEqual("scale's length", s.outputs, scale.size);
    CheckEqual("bias's length", s.outputs, bias.size);
    if (x.rows == 0) return;
    const size_t step = s.step_bytes(), length = s.reach() * step;
    // Rows that lie a power of two apart would drive each other from the cache.
    const size_t pitch = length % 1024 == 0 ? length + 64 : length;
    const Scratch::Block block(context.pool.scratch(), x.rows * pitch);
    uint8_t* rows = block.data();
    constexpr size_t kEach = 16384;  // numbers that one tile turns to bytes
    const size_t some = (kEach + x.cols - 1) / x.cols;
    context.pool.ParallelFor((x.rows + some - 1) / some, [&](size_t tile) {
      for (size_t i = tile * some; i < HWY_MIN(x.rows, (tile + 1) * some); ++i) {
        uint8_t* row = rows + i * pitch;
        if (s.features == step && s.before == 0 && s.reach() == s.steps) {
          QuantizeRow(x.row(i), x.cols, bytes, row);
          continue;
        }
        std::memset(row, static_cast<int>(bytes.zero), length);
        const size_t inside = s.reach() > s.before ? HWY_MIN(s.steps, s.reach() - s.before) : 0;
        for (size_t t = 0; t < inside; ++t) {
          QuantizeRow(x.row(i) + t * s.features, s.features, bytes, row + (s.before + t) * step);
        }
      }
    });
    const size_t columns = s.panels() * kBytePanel;
    const ByteRuns runs =
        s.dilation == 1 ? ByteRuns{1, s.size * step / 4, 0} : ByteRuns{s.size, step / 4, s.dilation * step};
    // Windows of one sequence are the rows of a product; where each has one only, those of all sequences are.
    const size_t products = s.windows == 1 ? 1 : x.rows, height = s.windows == 1 ? x.rows : s.windows;
    const size_t row_pitch = s.windows == 1 ? pitch : s.stride * step;
    constexpr size_t kTile = 1 << 22, kMostTiles = 8, kWidth = 4;  // multiplications; panels
    const size_t groups = (s.panels() + kWidth - 1) / kWidth;
    const size_t work = x.rows * s.windows * columns * s.quads() * 4;
    const size_t tiles = HWY_MIN(HWY_MAX(work / kTile, 1), kMostTiles);
    const size_t across = products > 1 ? 1 : HWY_MIN(tiles, groups);
    const size_t down = products > 1 ? HWY_MIN(tiles, products) : HWY_MIN((tiles + across - 1) / across, height);
    context.pool.ParallelFor(across * down, [&](size_t tile) {
      const size_t column = tile % across, part = tile / across;
      const size_t panel = column * groups / across * kWidth;
      const size_t last = HWY_MIN(s.panels(), (column + 1) * groups / across * kWidth);
      const auto product = [&](size_t i, size_t first, size_t end) {
        const ByteFactors factors{rows + i * pitch, row_pitch, runs, packed.data + columns, packed.data};
        ByteProductByBest(factors, first, end, panel, last, {y.row(i), s.outputs, scale.data, bias.data});
      };
      if (products == 1) return product(0, part * height / down, (part + 1) * height / down);
      for (size_t i = part * products / down; i < (part + 1) * products / down; ++i) product(i, 0, height);
    });
  }
}

// x[n] as bytes, for numbers that are looked at rather than computed with
template <class T>
void QuantizeRows(Context& context, Vector<const T> x, Vector<const T> input, Vector<uint8_t> y) {
  RequireFloat32<T>();
  CheckEqual("y's size", x.size, y.size);
  const ByteScale bytes = ByteScaleOf(input);
  if constexpr (sizeof(T) == sizeof(float)) QuantizeRow(x.data, x.size, bytes, y.data);
}

BLASNET_KERNELS(QuantizedProduct) {
  registry.Add<&PackQuantizedProduct<float>, &PackQuantizedProduct<double>>("pack_quantized_product",
                                                                            {"w", "input", "geometry", "packed"});
  registry
      .Add<&QuantizedProduct<float>, &QuantizedProduct<double>>(
          "quantized_product", {"x", "packed", "scale", "bias", "input", "geometry", "y"})
      .ByRows({"x", "y"});
  registry.Add<&QuantizeRows<float>, &QuantizeRows<double>>("quantize", {"x", "input", "y"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(QuantizedProduct)
#endif
