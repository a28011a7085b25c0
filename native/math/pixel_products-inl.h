// The gradient of a convolution's weights where vectors can run along the filters: outer products, pixel by pixel, of
// the deltas of all filters with the inputs that some taps read. No lanes have to be added, and no load is unaligned.

#if defined(BLASNET_MATH_PIXEL_PRODUCTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_PIXEL_PRODUCTS_INL_H_
#undef BLASNET_MATH_PIXEL_PRODUCTS_INL_H_
#else
#define BLASNET_MATH_PIXEL_PRODUCTS_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Vectors of filters in the largest block, and terms with so many: as many sums as the registers hold.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
inline constexpr size_t kPixelVectors = 4;
inline constexpr size_t PixelTerms(size_t vectors) { return vectors == 4 ? 6 : 8; }
#else
inline constexpr size_t kPixelVectors = 2;
inline constexpr size_t PixelTerms(size_t) { return 6; }
#endif

// Deltas of a few rows of pixels: [images × rows × columns][filters], and the packed inputs, whose images and rows lie
// `input_image` and `pitch` apart.
template <class T>
struct PixelRows {
  size_t images, input_image, rows, pitch, columns, filters;
  const T* deltas;
  const T* inputs;
};

// sums[R × V vectors, in rows of filters] += Σ over pixels of input[offsets[r]] · deltas[V vectors]
template <size_t R, size_t V, class T>
HWY_NOINLINE void PixelBlock(const PixelRows<T>& pixels, const T* HWY_RESTRICT deltas,
                             const size_t* HWY_RESTRICT offsets, T* HWY_RESTRICT sums) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d), filters = pixels.filters, columns = pixels.columns;
  hn::Vec<Tag<T>> sum[R][V];
  for (size_t r = 0; r < R; ++r) {
    for (size_t v = 0; v < V; ++v) sum[r][v] = hn::LoadU(d, sums + r * filters + v * lanes);
  }
  for (size_t image = 0; image < pixels.images; ++image) {
    const T* input[R];
    for (size_t r = 0; r < R; ++r) input[r] = pixels.inputs + image * pixels.input_image + offsets[r];
    for (size_t row = 0; row < pixels.rows; ++row) {
      for (size_t i = 0; i < columns; ++i, deltas += filters) {
        hn::Vec<Tag<T>> right[V];
        for (size_t v = 0; v < V; ++v) right[v] = hn::LoadU(d, deltas + v * lanes);
        for (size_t r = 0; r < R; ++r) {
          const auto left = hn::Set(d, input[r][i]);
          for (size_t v = 0; v < V; ++v) sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
        }
      }
      for (size_t r = 0; r < R; ++r) input[r] += pixels.pitch;
    }
  }
  for (size_t r = 0; r < R; ++r) {
    for (size_t v = 0; v < V; ++v) hn::StoreU(sum[r][v], d, sums + r * filters + v * lanes);
  }
}

template <size_t V, size_t R = PixelTerms(V), class T>
HWY_INLINE void PixelTermsOf(const PixelRows<T>& pixels, const T* deltas, size_t terms, const size_t* offsets,
                             T* sums) {
  for (; terms >= R; terms -= R, offsets += R, sums += R * pixels.filters) {
    PixelBlock<R, V>(pixels, deltas, offsets, sums);
  }
  if constexpr (R > 1) PixelTermsOf<V, R / 2>(pixels, deltas, terms, offsets, sums);
}

// sums[terms × filters] += Σ over pixels of input[offsets[k]] · delta[f]; filters are whole vectors
template <size_t V = kPixelVectors, class T>
HWY_INLINE void PixelProducts(const PixelRows<T>& pixels, size_t terms, const size_t* offsets, T* sums,
                              size_t first = 0) {
  const size_t lanes = hn::Lanes(Tag<T>());
  for (; first + V * lanes <= pixels.filters; first += V * lanes) {
    PixelTermsOf<V>(pixels, pixels.deltas + first, terms, offsets, sums + first);
  }
  if constexpr (V > 1) PixelProducts<V / 2>(pixels, terms, offsets, sums, first);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
