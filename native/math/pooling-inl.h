// What pools have in common.

#if defined(BLASNET_MATH_POOLING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_POOLING_INL_H_
#undef BLASNET_MATH_POOLING_INL_H_
#else
#define BLASNET_MATH_POOLING_INL_H_
#endif

#include "math/windows.h"
#include "math/runs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

inline bool IsPairs(const Axis& axis) { return axis.kernel == 2 && axis.stride == 2 && axis.pad == 0; }
inline bool IsPairs(const Pooling& pooling) { return IsPairs(pooling.y) && IsPairs(pooling.x); }

// Checks tensors of m rows of c planes each and returns m · c.
inline size_t CheckPlanes(const Pooling& pooling, size_t x_rows, size_t x_cols, size_t y_rows, size_t y_cols) {
  CheckEqual("y's rows", x_rows, y_rows);
  const size_t planes = x_cols / pooling.input_plane();
  CheckEqual("x's row size", planes * pooling.input_plane(), x_cols);
  CheckEqual("y's row size", planes * pooling.output_plane(), y_cols);
  return x_rows * planes;
}

// Calls f(plane) for every plane, in tiles of so many that another core pays.
template <class F>
HWY_INLINE void ForPlanes(Context& context, size_t planes, size_t plane_size, const F& f) {
  const size_t each = HWY_MAX(size_t{1}, kMapTile / plane_size);
  context.pool.ParallelFor((planes + each - 1) / each, [&](size_t tile) {
    for (size_t plane = tile * each; plane < HWY_MIN(planes, (tile + 1) * each); ++plane) f(plane);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
