// Largest number of each window, plane by plane. Padding takes no part. As in PyTorch, NaN counts as larger than all
// else, and the delta goes to the first of several that are largest.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/max_pool.cc"
#include "math/foreach_target.h"
//
#include "math/pooling-inl.h"
#include "math/relu-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Whether x takes the place of the largest number so far.
template <class V>
HWY_INLINE auto Exceeds(V x, V largest) {
  return hn::Or(hn::Gt(x, largest), hn::IsNaN(x));
}

// Index of the largest number in the window of (oy, ox) within its plane.
template <class T>
HWY_INLINE size_t PlaceOfMax(const Pooling& pooling, const T* x, size_t oy, size_t ox) {
  const size_t first = pooling.x.first_of(ox), end = pooling.x.end_of(ox);
  size_t place = pooling.y.first_of(oy) * pooling.x.input + first;
  for (size_t iy = pooling.y.first_of(oy); iy < pooling.y.end_of(oy); ++iy) {
    const size_t row = iy * pooling.x.input;
    for (size_t i = row + first; i < row + end; ++i) {
      if (x[i] > x[place] || std::isnan(x[i])) place = i;
    }
  }
  return place;
}

// Bytes from what is read or written to what is fetched ahead: a page, where the hardware begins anew.
inline constexpr size_t kAheadBytes = 4096;

// y[i] = max of x[2i], x[2i + 1] and the two below
template <class T>
HWY_INLINE void MaxOfPairs(const T* HWY_RESTRICT above, const T* HWY_RESTRICT below, size_t n, T* HWY_RESTRICT y) {
  Cover<T>(n, [&](auto d, size_t i) {
    for (const T* pairs : {above, below}) PrefetchPairs(d, pairs + 2 * i + kAheadBytes / sizeof(T));
    hn::Vec<decltype(d)> x[4];
    LoadPairs(d, above + 2 * i, x[0], x[1]);
    LoadPairs(d, below + 2 * i, x[2], x[3]);
    auto largest = x[0];
    for (size_t k = 1; k < 4; ++k) largest = hn::IfThenElse(Exceeds(x[k], largest), x[k], largest);
    hn::StoreU(largest, d, y + i);
  });
}

// kRelu: times the rectifier's derivative
template <bool kRelu, class T>
HWY_INLINE void DeltasOfPairs(const T* HWY_RESTRICT above, const T* HWY_RESTRICT below, const T* HWY_RESTRICT dy,
                              size_t n, T* HWY_RESTRICT dx_above, T* HWY_RESTRICT dx_below) {
  Cover<T>(n, [&](auto d, size_t i) {
    for (const T* pairs : {above, below, static_cast<const T*>(dx_above), static_cast<const T*>(dx_below)}) {
      PrefetchPairs(d, pairs + 2 * i + kAheadBytes / sizeof(T));
    }
    hn::Vec<decltype(d)> x[4], dx[4];
    LoadPairs(d, above + 2 * i, x[0], x[1]);
    LoadPairs(d, below + 2 * i, x[2], x[3]);
    auto delta = hn::LoadU(d, dy + i);
    auto largest = x[0];
    hn::Mask<decltype(d)> exceeds[4];
    for (size_t k = 1; k < 4; ++k) {
      exceeds[k] = Exceeds(x[k], largest);
      largest = hn::IfThenElse(exceeds[k], x[k], largest);
    }
    if constexpr (kRelu) delta = hn::Mul(delta, ReluSlope(d, largest));
    dx[0] = delta;
    for (size_t k = 1; k < 4; ++k) {
      for (size_t before = 0; before < k; ++before) dx[before] = hn::IfThenZeroElse(exceeds[k], dx[before]);
      dx[k] = hn::IfThenElseZero(exceeds[k], delta);
    }
    StorePairs(dx[0], dx[1], d, dx_above + 2 * i);
    StorePairs(dx[2], dx[3], d, dx_below + 2 * i);
  });
}

// y[m × c × oh × ow] from x[m × c × h × w]
template <class T>
void MaxPoolForward(Context& context, Matrix<const T> x, Matrix<T> y, Vector<const int32_t> geometry) {
  const Pooling pooling = PoolingOf(geometry);
  const size_t planes = CheckPlanes(pooling, x.rows, x.cols, y.rows, y.cols);
  const size_t width = pooling.x.input;
  ForPlanes(context, planes, pooling.input_plane(), [&](size_t plane) {
    const T* from = x.data + plane * pooling.input_plane();
    T* to = y.data + plane * pooling.output_plane();
    for (size_t oy = 0; oy < pooling.y.output; ++oy, to += pooling.x.output) {
      if (IsPairs(pooling)) {
        MaxOfPairs(from + 2 * oy * width, from + (2 * oy + 1) * width, pooling.x.output, to);
      } else {
        for (size_t ox = 0; ox < pooling.x.output; ++ox) to[ox] = from[PlaceOfMax(pooling, from, oy, ox)];
      }
    }
  });
}

// dx[m × c × h × w] from dy[m × c × oh × ow]; kRelu: and then relu_backward, to the bit, where x is what came out of
// the rectifier
template <bool kRelu, class T>
void MaxPoolBackward(Context& context, Matrix<const T> x, Matrix<const T> dy, Matrix<T> dx,
                     Vector<const int32_t> geometry) {
  const Pooling pooling = PoolingOf(geometry);
  const size_t planes = CheckPlanes(pooling, x.rows, x.cols, dy.rows, dy.cols);
  CheckEqual("dx's rows", x.rows, dx.rows);
  CheckEqual("dx's row size", x.cols, dx.cols);
  const size_t width = pooling.x.input;
  ForPlanes(context, planes, pooling.input_plane(), [&](size_t plane) {
    const T* from = x.data + plane * pooling.input_plane();
    const T* deltas = dy.data + plane * pooling.output_plane();
    T* to = dx.data + plane * pooling.input_plane();
    const bool pairs = IsPairs(pooling);
    // Windows of pairs write to all that is whole; a last odd row or column belongs to none.
    if (!pairs || width % 2 != 0 || pooling.y.input % 2 != 0) std::fill_n(to, pooling.input_plane(), T(0));
    for (size_t oy = 0; oy < pooling.y.output; ++oy, deltas += pooling.x.output) {
      if (pairs) {
        const size_t above = 2 * oy * width, below = above + width;
        DeltasOfPairs<kRelu>(from + above, from + below, deltas, pooling.x.output, to + above, to + below);
      } else {
        for (size_t ox = 0; ox < pooling.x.output; ++ox) to[PlaceOfMax(pooling, from, oy, ox)] += deltas[ox];
      }
    }
    if (kRelu && !pairs) {
      Map(
          pooling.input_plane(), to, [](auto d, auto delta, auto at) { return hn::Mul(delta, ReluSlope(d, at)); },
          static_cast<const T*>(to), from);
    }
  });
}

BLASNET_KERNELS(MaxPool) {
  registry.Add<&MaxPoolForward<float>, &MaxPoolForward<double>>("max_pool_forward", {"x", "y", "geometry"})
      .ByRows({"x", "y"});
  registry
      .Add<&MaxPoolBackward<false, float>, &MaxPoolBackward<false, double>>("max_pool_backward",
                                                                            {"x", "dy", "dx", "geometry"})
      .ByRows({"x", "dy", "dx"});
  registry
      .Add<&MaxPoolBackward<true, float>, &MaxPoolBackward<true, double>>("max_pool_backward_relu",
                                                                          {"x", "dy", "dx", "geometry"})
      .ByRows({"x", "dy", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(MaxPool)
#endif
