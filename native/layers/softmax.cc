// Softmax over each row.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/softmax.cc"
#include "math/foreach_target.h"
//
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

inline constexpr size_t kSoftmaxTileRows = 256;

// a[m×n] = softmax of each row of z[m×n]; log_sum[m] = ln Σ e^z of each row, which the cross entropy needs. The row's
// maximum is taken off first, so that nothing overflows.
template <class T>
void SoftmaxForward(Context& context, Matrix<const T> z, Matrix<T> a, Vector<T> log_sum) {
  CheckEqual("a's rows", z.rows, a.rows);
  CheckEqual("a's width", z.cols, a.cols);
  Check(z.cols > 0, "Expected at least one column to take the softmax of");
  CheckEqual("log_sum's length", z.rows, log_sum.size);
  const size_t n = z.cols;
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  const auto row = [&](size_t i) {
    const T* from = z.row(i);
    T* to = a.row(i);
    const T largest = MaxOf(from, n);
    const auto shift = hn::Set(d, largest);
    auto total = hn::Zero(d);
    size_t j = 0;
    for (; j + lanes <= n; j += lanes) {
      const auto e = hn::Exp(d, hn::Sub(hn::LoadU(d, from + j), shift));
      hn::StoreU(e, d, to + j);
      total = hn::Add(total, e);
    }
    if (j < n) {
      const auto e = hn::Exp(d, hn::Sub(LoadFirst(d, from + j, n - j), shift));
      StoreFirst(e, d, to + j, n - j);
      total = hn::Add(total, hn::IfThenElseZero(hn::FirstN(d, n - j), e));
    }
    const T sum = hn::GetLane(hn::SumOfLanes(d, total));
    const auto inverse = hn::Set(d, T(1) / sum);
    Map(
        n, to, [inverse](auto, auto e) { return hn::Mul(e, inverse); }, static_cast<const T*>(to));
    log_sum[i] = largest + std::log(sum);
  };
  const size_t tiles = (z.rows + kSoftmaxTileRows - 1) / kSoftmaxTileRows;
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const size_t end = HWY_MIN(z.rows, (tile + 1) * kSoftmaxTileRows);
    for (size_t i = tile * kSoftmaxTileRows; i < end; ++i) row(i);
  });
}

BLASNET_KERNELS(Softmax) {
  registry.Add<&SoftmaxForward<float>, &SoftmaxForward<double>>("softmax_forward", {"z", "a", "logSum"})
      .ByRows({"z", "a", "logSum"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Softmax)
#endif
