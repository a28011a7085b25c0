// Mean of each window, plane by plane. Padding counts as zeros (PyTorch's count_include_pad), so that every window is
// divided by its whole size.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/average_pool.cc"
#include "math/foreach_target.h"
//
#include "math/pooling-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
HWY_INLINE T ShareOf(const Pooling& pooling) {
  return T(1) / static_cast<T>(pooling.y.kernel * pooling.x.kernel);
}

// y[m × c × oh × ow] from x[m × c × h × w]
template <class T>
void AveragePoolForward(Context& context, Matrix<const T> x, Matrix<T> y, Vector<const int32_t> geometry) {
  const Pooling pooling = PoolingOf(geometry);
  const size_t planes = CheckPlanes(pooling, x.rows, x.cols, y.rows, y.cols);
  const T share = ShareOf<T>(pooling);
  const size_t width = pooling.x.input;
  ForPlanes(context, planes, pooling.input_plane(), [&](size_t plane) {
    const T* from = x.data + plane * pooling.input_plane();
    T* to = y.data + plane * pooling.output_plane();
    for (size_t oy = 0; oy < pooling.y.output; ++oy, to += pooling.x.output) {
      if (IsPairs(pooling)) {
        const T *above = from + 2 * oy * width, *below = above + width;
        Cover<T>(pooling.x.output, [&](auto d, size_t i) {
          hn::Vec<decltype(d)> a, b, c, e;
          LoadPairs(d, above + 2 * i, a, b);
          LoadPairs(d, below + 2 * i, c, e);
          hn::StoreU(hn::Mul(hn::Add(hn::Add(hn::Add(a, b), c), e), hn::Set(d, share)), d, to + i);
        });
        continue;
      }
      for (size_t ox = 0; ox < pooling.x.output; ++ox) {
        T sum = 0;
        for (size_t iy = pooling.y.first_of(oy); iy < pooling.y.end_of(oy); ++iy) {
          for (size_t ix = pooling.x.first_of(ox); ix < pooling.x.end_of(ox); ++ix) sum += from[iy * width + ix];
        }
        to[ox] = sum * share;
      }
    }
  });
}

// dx[m × c × h × w] from dy[m × c × oh × ow]
template <class T>
void AveragePoolBackward(Context& context, Matrix<const T> dy, Matrix<T> dx, Vector<const int32_t> geometry) {
  const Pooling pooling = PoolingOf(geometry);
  const size_t planes = CheckPlanes(pooling, dx.rows, dx.cols, dy.rows, dy.cols);
  const T share = ShareOf<T>(pooling);
  const size_t width = pooling.x.input;
  ForPlanes(context, planes, pooling.input_plane(), [&](size_t plane) {
    const T* deltas = dy.data + plane * pooling.output_plane();
    T* to = dx.data + plane * pooling.input_plane();
    std::fill_n(to, pooling.input_plane(), T(0));
    for (size_t oy = 0; oy < pooling.y.output; ++oy, deltas += pooling.x.output) {
      if (IsPairs(pooling)) {
        T *above = to + 2 * oy * width, *below = above + width;
        Cover<T>(pooling.x.output, [&](auto d, size_t i) {
          const auto delta = hn::Mul(hn::LoadU(d, deltas + i), hn::Set(d, share));
          StorePairs(delta, delta, d, above + 2 * i);
          StorePairs(delta, delta, d, below + 2 * i);
        });
        continue;
      }
      for (size_t ox = 0; ox < pooling.x.output; ++ox) {
        const T delta = deltas[ox] * share;
        for (size_t iy = pooling.y.first_of(oy); iy < pooling.y.end_of(oy); ++iy) {
          for (size_t ix = pooling.x.first_of(ox); ix < pooling.x.end_of(ox); ++ix) to[iy * width + ix] += delta;
        }
      }
    }
  });
}

// y[m × c], the mean of each plane of x[m × c × h × w]
template <class T>
void GlobalAveragePoolForward(Context& context, Matrix<const T> x, Matrix<T> y) {
  CheckEqual("y's rows", x.rows, y.rows);
  Check(y.cols > 0 && x.cols % y.cols == 0, "Expected whole planes for x");
  const size_t size = x.cols / y.cols;
  const T share = T(1) / static_cast<T>(size);
  ForPlanes(context, y.size(), HWY_MAX(size, size_t{1}),
            [&](size_t plane) { y.data[plane] = share * SumOf(x.data + plane * size, size); });
}

// dx[m × c × h × w] from dy[m × c]
template <class T>
void GlobalAveragePoolBackward(Context& context, Matrix<const T> dy, Matrix<T> dx) {
  CheckEqual("dx's rows", dy.rows, dx.rows);
  Check(dy.cols > 0 && dx.cols % dy.cols == 0, "Expected whole planes for dx");
  const size_t size = dx.cols / dy.cols;
  const T share = T(1) / static_cast<T>(size);
  ForPlanes(context, dy.size(), HWY_MAX(size, size_t{1}),
            [&](size_t plane) { std::fill_n(dx.data + plane * size, size, share * dy.data[plane]); });
}

BLASNET_KERNELS(AveragePool) {
  registry.Add<&AveragePoolForward<float>, &AveragePoolForward<double>>("average_pool_forward", {"x", "y", "geometry"})
      .ByRows({"x", "y"});
  registry
      .Add<&AveragePoolBackward<float>, &AveragePoolBackward<double>>("average_pool_backward", {"dy", "dx", "geometry"})
      .ByRows({"dy", "dx"});
  registry
      .Add<&GlobalAveragePoolForward<float>, &GlobalAveragePoolForward<double>>("global_average_pool_forward",
                                                                                {"x", "y"})
      .ByRows({"x", "y"});
  registry
      .Add<&GlobalAveragePoolBackward<float>, &GlobalAveragePoolBackward<double>>("global_average_pool_backward",
                                                                                  {"dy", "dx"})
      .ByRows({"dy", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(AveragePool)
#endif
