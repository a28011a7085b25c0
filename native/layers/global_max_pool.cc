// Largest number of each plane. As in max_pool.cc, NaN counts as larger than all else, and the delta goes to the first
// of several that are largest.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/global_max_pool.cc"
#include "math/foreach_target.h"
//
#include "math/pooling-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Largest of n > 0 numbers; NaN if there is one among them.
template <class T>
HWY_INLINE T LargestOf(const T* p, size_t n) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  if (n < lanes) return MaxOf(p, n);
  auto largest = hn::LoadU(d, p);
  auto lost = hn::IsNaN(largest);
  const auto take = [&](size_t i) {
    const auto v = hn::LoadU(d, p + i);
    lost = hn::Or(lost, hn::IsNaN(v));
    largest = hn::IfThenElse(hn::Gt(v, largest), v, largest);
  };
  size_t i = lanes;
  for (; i + lanes <= n; i += lanes) take(i);
  if (i < n) take(n - lanes);  // some of them once more
  if (!hn::AllFalse(d, lost)) return std::numeric_limits<T>::quiet_NaN();
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

// The first of n numbers that is `largest`, or the first NaN where that is NaN.
template <class T>
HWY_INLINE size_t PlaceOf(const T* p, size_t n, T largest) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  const auto wanted = hn::Set(d, largest);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto v = hn::LoadU(d, p + i);
    const intptr_t found = hn::FindFirstTrue(d, std::isnan(largest) ? hn::IsNaN(v) : hn::Eq(v, wanted));
    if (found >= 0) return i + static_cast<size_t>(found);
  }
  while (i + 1 < n && !(p[i] == largest || (std::isnan(p[i]) && std::isnan(largest)))) ++i;
  return i;
}

// y[m × c] from x[m × c × h × w]
template <class T>
void GlobalMaxPoolForward(Context& context, Matrix<const T> x, Matrix<T> y) {
  CheckEqual("y's rows", x.rows, y.rows);
  Check(y.cols > 0 && x.cols > 0 && x.cols % y.cols == 0, "Expected whole planes for x");
  const size_t size = x.cols / y.cols;
  ForPlanes(context, y.size(), size, [&](size_t plane) { y.data[plane] = LargestOf(x.data + plane * size, size); });
}

// dx[m × c × h × w] from dy[m × c]
template <class T>
void GlobalMaxPoolBackward(Context& context, Matrix<const T> x, Matrix<const T> y, Matrix<const T> dy, Matrix<T> dx) {
  for (const size_t rows : {y.rows, dy.rows, dx.rows}) CheckEqual("rows", x.rows, rows);
  CheckEqual("dy's row size", y.cols, dy.cols);
  CheckEqual("dx's row size", x.cols, dx.cols);
  Check(y.cols > 0 && x.cols > 0 && x.cols % y.cols == 0, "Expected whole planes for x");
  const size_t size = x.cols / y.cols;
  ForPlanes(context, y.size(), size, [&](size_t plane) {
    T* to = dx.data + plane * size;
    std::fill_n(to, size, T(0));
    to[PlaceOf(x.data + plane * size, size, y.data[plane])] = dy.data[plane];
  });
}

BLASNET_KERNELS(GlobalMaxPool) {
  registry.Add<&GlobalMaxPoolForward<float>, &GlobalMaxPoolForward<double>>("global_max_pool_forward", {"x", "y"})
      .ByRows({"x", "y"});
  registry
      .Add<&GlobalMaxPoolBackward<float>, &GlobalMaxPoolBackward<double>>("global_max_pool_backward",
                                                                          {"x", "y", "dy", "dx"})
      .ByRows({"x", "y", "dy", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(GlobalMaxPool)
#endif
