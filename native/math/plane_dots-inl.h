// Dot products of packed planes by register blocks: the gradient of a convolution's weights. Vectors run along the
// pixels, so that each sum is a vector whose lanes are added in the end.

#if defined(BLASNET_MATH_PLANE_DOTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_PLANE_DOTS_INL_H_
#undef BLASNET_MATH_PLANE_DOTS_INL_H_
#else
#define BLASNET_MATH_PLANE_DOTS_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Deltas' planes and terms of the largest block: as many sums as the registers hold.
inline constexpr size_t kDotFilters = 4;
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
inline constexpr size_t kDotTerms = 6;
#else
inline constexpr size_t kDotTerms = 3;
#endif

// The planes of several images: those of the deltas, `length` numbers each (a multiple of the vectors' length), and
// what was packed of the inputs.
template <class T>
struct DotPlanes {
  size_t images, length;
  const T* deltas;
  size_t delta_plane, delta_image;  // numbers from one plane, or image, to the next
  const T* inputs;
  size_t input_image;
};

// A vector's blocks of 16 bytes added up.
template <class D>
HWY_INLINE auto SumOfBlocks(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) * sizeof(hn::TFromD<D>) <= 16) {
    return v;
  } else {
    const hn::Half<D> half;
    return SumOfBlocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

// to[r · ld] += the sum of sum[r]'s lanes. Four vectors at a time are added up side by side: so they take a third of
// the instructions.
template <size_t R, class D>
HWY_INLINE void AddLanes(D d, const hn::Vec<D>* sum, float* to, size_t ld) {
  if constexpr (R == 4 && hn::MaxLanes(D()) >= 4) {
    const auto pairs = [d](auto a, auto b) {  // per block: a0+a2, b0+b2, a1+a3, b1+b3
      return hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
    };
    const auto first = pairs(sum[0], sum[1]), second = pairs(sum[2], sum[3]);
    const hn::Repartition<double, D> wide;
    const auto a = hn::BitCast(wide, first), b = hn::BitCast(wide, second);
    const auto blocks =
        hn::Add(hn::BitCast(d, hn::InterleaveLower(wide, a, b)), hn::BitCast(d, hn::InterleaveUpper(wide, a, b)));
    HWY_ALIGN float four[4];
    hn::Store(SumOfBlocks(d, blocks), hn::FixedTag<float, 4>(), four);
    for (size_t r = 0; r < 4; ++r) to[r * ld] += four[r];
  } else {
    for (size_t r = 0; r < R; ++r) to[r * ld] += hn::GetLane(hn::SumOfLanes(d, sum[r]));
  }
}
template <size_t R, class D>
HWY_INLINE void AddLanes(D d, const hn::Vec<D>* sum, double* to, size_t ld) {
  for (size_t r = 0; r < R; ++r) to[r * ld] += hn::GetLane(hn::SumOfLanes(d, sum[r]));
}

// sums[R × V, in rows of ld] += Σ over images and pixels of delta[r] · input[offsets[v]]
template <size_t R, size_t V, class T>
HWY_NOINLINE void DotBlock(const DotPlanes<T>& planes, size_t first, const size_t* HWY_RESTRICT offsets,
                           T* HWY_RESTRICT sums, size_t ld) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d), length = planes.length;
  hn::Vec<Tag<T>> sum[V][R];
  for (size_t v = 0; v < V; ++v) {
    for (size_t r = 0; r < R; ++r) sum[v][r] = hn::Zero(d);
  }
  for (size_t image = 0; image < planes.images; ++image) {
    const T* delta[R];
    for (size_t r = 0; r < R; ++r) {
      delta[r] = planes.deltas + image * planes.delta_image + (first + r) * planes.delta_plane;
    }
    const T* input[V];
    for (size_t v = 0; v < V; ++v) input[v] = planes.inputs + image * planes.input_image + offsets[v];
    for (size_t i = 0; i < length; i += lanes) {
      hn::Vec<Tag<T>> left[R];
      for (size_t r = 0; r < R; ++r) left[r] = hn::LoadU(d, delta[r] + i);
      for (size_t v = 0; v < V; ++v) {
        const auto right = hn::LoadU(d, input[v] + i);
        for (size_t r = 0; r < R; ++r) sum[v][r] = hn::MulAdd(left[r], right, sum[v][r]);
      }
    }
  }
  for (size_t v = 0; v < V; ++v) AddLanes<R>(d, sum[v], sums + v, ld);
}

template <size_t R, size_t V = kDotTerms, class T>
HWY_INLINE void DotTerms(const DotPlanes<T>& planes, size_t first, size_t terms, const size_t* offsets, T* sums,
                         size_t ld) {
  for (; terms >= V; terms -= V, offsets += V, sums += V) DotBlock<R, V>(planes, first, offsets, sums, ld);
  if constexpr (V > 1) DotTerms<R, V / 2>(planes, first, terms, offsets, sums, ld);
}

// sums[filters × terms, in rows of ld] += Σ over images and pixels of delta[f] · input[offsets[k]]
template <size_t R = kDotFilters, class T>
HWY_INLINE void DotAll(const DotPlanes<T>& planes, size_t filters, size_t terms, const size_t* offsets, T* sums,
                       size_t ld, size_t first = 0) {
  for (; first + R <= filters; first += R) DotTerms<R>(planes, first, terms, offsets, sums + first * ld, ld);
  if constexpr (R > 1) DotAll<R / 2>(planes, filters, terms, offsets, sums, ld, first);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
