// Convolution of images, as convolution.cc has it, with int8 weights and one group: numbers become bytes, the sums of
// products are exact.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/quantized_convolution.cc"
#include "math/foreach_target.h"
//
#include "math/quantized_correlate-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

inline Convolution ByteConvolutionOf(Vector<const int32_t> geometry) {
  const Convolution c = ConvolutionOf(geometry);
  CheckEqual("groups", size_t{1}, c.groups);
  // No sum of products of bytes may leave 32 bits: 255 · 128 each.
  Check(c.channels <= 65792 / c.taps(), "Expected at most 65792 terms in a sum for geometry");
  return c;
}

// The weights as `quantized_convolution` reads them: what sums begin with, for the zero of the input, then the quads.
// w[filters × channels × kh × kw] are whole numbers from −128 to 127.
template <class T>
void PackQuantizedConvolution(Context&, Vector<const T> w, Vector<const T> input, Vector<const int32_t> geometry,
                              Vector<int32_t> packed) {
  RequireFloat32<T>();
  const Convolution c = ByteConvolutionOf(geometry);
  const QuadTerms terms(c);
  const int32_t zero = static_cast<int32_t>(ByteScaleOf(input).zero);
  CheckEqual("w's size", c.filters * c.channels * c.taps(), w.size);
  CheckEqual("packed's size", terms.packed_size(), packed.size);
  const size_t filters = terms.blocks() * kByteFilters;
  for (size_t f = 0; f < filters; ++f) packed[f] = 0;
  int32_t* to = packed.data + filters;
  for (size_t block = 0; block < terms.blocks(); ++block) {
    for (size_t quad = 0; quad < terms.quads(); ++quad) {
      for (size_t f = block * kByteFilters; f < (block + 1) * kByteFilters; ++f) {
        int32_t weights[4] = {};
        for (size_t i = 0; i < 4 && f < c.filters; ++i) {
          const ptrdiff_t at = terms.WeightAt(f, quad, i);
          if (at >= 0) weights[i] = WeightOf(w[static_cast<size_t>(at)]);
          packed[f] -= zero * weights[i];
        }
        *to++ = QuadOf(weights);
      }
    }
  }
}

// y[m × filters × oh × ow] of x[m × channels × h × w]
template <class T>
void QuantizedConvolution(Context& context, Matrix<const T> x, Vector<const int32_t> packed, Vector<const T> scale,
                          Vector<const T> bias, Vector<const T> input, Vector<const int32_t> geometry, Matrix<T> y) {
  RequireFloat32<T>();
  if constexpr (sizeof(T) == sizeof(float)) {
    const Convolution c = ByteConvolutionOf(geometry);
    const ByteScale bytes = ByteScaleOf(input);
    const QuadTerms terms(c);
    CheckEqual("x's row size", c.channels * c.input_plane(), x.cols);
    CheckEqual("y's row size", c.filters * c.output_plane(), y.cols);
    CheckEqual("y's rows", x.rows, y.rows);
    CheckEqual("packed's size", terms.packed_size(), packed.size);
    CheckEqual("scale's length", c.filters, scale.size);
    CheckEqual("bias's length", c.filters, bias.size);
    if (x.rows == 0) return;
    std::vector<VectorPlace> places;
    for (size_t row = 0; row < c.y.output; ++row) {
      for (size_t column = 0; column < c.x.output; column += kInt32Lanes) {
        const size_t count = HWY_MIN(kInt32Lanes, c.x.output - column);
        places.push_back({row * terms.row_bytes() + column * 4, row * c.x.output + column, count});
      }
    }
    const auto results = [&](size_t i) {
      return ImageResults{y.row(i), c.x.output, c.output_plane(), c.filters, scale.data, bias.data};
    };
    const auto block = [&](size_t i, size_t b, const uint8_t* planes) {
      WithDot([&](auto dot) { ByteTiles<decltype(dot)>(terms, planes, places, packed.data, b, results(i)); });
    };
    const size_t plane_bytes = (terms.bytes() + 63) / 64 * 64 + 64;
    // A few images at a time, so that handing them to another thread pays.
    constexpr size_t kTile = 1 << 21;  // multiplications
    const size_t some = HWY_MAX(1, kTile / HWY_MAX(1, c.products()));
    const size_t tiles = (x.rows + some - 1) / some;
    ScratchPieces pieces(context.pool.scratch(), tiles, plane_bytes + terms.scratch_bytes());
    const size_t parts = HWY_MIN(terms.blocks(), 4 * c.products() / kTile);
    if (tiles == 1 && x.rows == 1 && parts > 1) {
      const ScratchPieces::Piece piece(pieces);
      uint8_t* planes = piece.data();
      terms.Fill(x.row(0), bytes, planes + plane_bytes, planes);
      context.pool.ParallelFor(parts, [&](size_t part) {
        for (size_t b = part * terms.blocks() / parts; b < (part + 1) * terms.blocks() / parts; ++b)
          block(0, b, planes);
      });
      return;
    }
    context.pool.ParallelFor(tiles, [&](size_t tile) {
      const ScratchPieces::Piece piece(pieces);
      uint8_t* planes = piece.data();
      for (size_t i = tile * some; i < HWY_MIN(x.rows, (tile + 1) * some); ++i) {
        terms.Fill(x.row(i), bytes, planes + plane_bytes, planes);
        for (size_t b = 0; b < terms.blocks(); ++b) block(i, b, planes);
      }
    });
  }
}

BLASNET_KERNELS(QuantizedConvolution) {
  registry.Add<&PackQuantizedConvolution<float>, &PackQuantizedConvolution<double>>(
      "pack_quantized_convolution", {"w", "input", "geometry", "packed"});
  registry
      .Add<&QuantizedConvolution<float>, &QuantizedConvolution<double>>(
          "quantized_convolution", {"x", "packed", "scale", "bias", "input", "geometry", "y"})
      .ByRows({"x", "y"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(QuantizedConvolution)
#endif
