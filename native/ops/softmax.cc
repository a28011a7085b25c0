// The derivative of softmax over each row, and the logarithm of softmax.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/softmax.cc"
#include "math/foreach_target.h"
//
#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Σ f(d, a[i], b[i]) over n numbers, in an order that depends on n alone
template <class T, class F>
HWY_INLINE T SumBoth(size_t n, const T* a, const T* b, const F& f) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  auto sum = hn::Zero(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) sum = hn::Add(sum, f(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)));
  if (i < n) {
    const auto rest = f(d, LoadFirst(d, a + i, n - i), LoadFirst(d, b + i, n - i));
    sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, n - i), rest));
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <class T, class F>
HWY_INLINE void ForEachRow(Context& context, Matrix<T> x, const F& row) {
  ParallelPieces(context, x.rows, x.size(), [&](size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) row(i);
  });
}

template <class T, class F>
HWY_INLINE void MapRow(bool adds, size_t n, T* out, const F& f, const T* a, const T* b) {
  if (adds) {
    MapRun<true>(n, out, f, Run<T>{a, false}, Run<T>{b, false});
  } else {
    MapRun<false>(n, out, f, Run<T>{a, false}, Run<T>{b, false});
  }
}

template <class T>
void CheckRows(Matrix<const T> y, Matrix<const T> dy, Matrix<T> dx) {
  CheckEqual("dy's rows", y.rows, dy.rows);
  CheckEqual("dy's width", y.cols, dy.cols);
  CheckEqual("dx's rows", y.rows, dx.rows);
  CheckEqual("dx's width", y.cols, dx.cols);
}

// dx = (dx +) y · (dy − Σ dy·y) for each row
template <class T>
void SoftmaxBackward(Context& context, Matrix<const T> y, Matrix<const T> dy, Matrix<T> dx, double accumulate) {
  CheckRows(y, dy, dx);
  ForEachRow(context, dx, [&](size_t i) {
    const T dot = SumBoth(y.cols, y.row(i), dy.row(i), [](auto, auto a, auto b) { return hn::Mul(a, b); });
    const auto shift = hn::Set(Tag<T>(), dot);
    MapRow(
        accumulate != 0, y.cols, dx.row(i), [shift](auto, auto a, auto b) { return hn::Mul(a, hn::Sub(b, shift)); },
        y.row(i), dy.row(i));
  });
}

// y = x − ln Σ eˣ for each row; the row's maximum is taken off first, so that nothing overflows.
template <class T>
void LogSoftmaxForward(Context& context, Matrix<const T> x, Matrix<T> y) {
  CheckEqual("y's rows", x.rows, y.rows);
  CheckEqual("y's width", x.cols, y.cols);
  Check(x.cols > 0, "Expected at least one column");
  ForEachRow(context, y, [&](size_t i) {
    const T largest = MaxOf(x.row(i), x.cols);
    const auto shift = hn::Set(Tag<T>(), largest);
    const T sum =
        SumBoth(x.cols, x.row(i), x.row(i), [shift](auto d, auto a, auto) { return hn::Exp(d, hn::Sub(a, shift)); });
    const auto all = hn::Set(Tag<T>(), largest + std::log(sum));
    MapRow(
        false, x.cols, y.row(i), [all](auto, auto a, auto) { return hn::Sub(a, all); }, x.row(i), x.row(i));
  });
}

// dx = (dx +) dy − e^y · Σ dy for each row
template <class T>
void LogSoftmaxBackward(Context& context, Matrix<const T> y, Matrix<const T> dy, Matrix<T> dx, double accumulate) {
  CheckRows(y, dy, dx);
  ForEachRow(context, dx, [&](size_t i) {
    const auto total = hn::Set(Tag<T>(), SumOf(dy.row(i), dy.cols));
    MapRow(
        accumulate != 0, y.cols, dx.row(i),
        [total](auto d, auto a, auto b) { return hn::NegMulAdd(hn::Exp(d, a), total, b); }, y.row(i), dy.row(i));
  });
}

BLASNET_KERNELS(OpsSoftmax) {
  registry.Add<&SoftmaxBackward<float>, &SoftmaxBackward<double>>("softmax_backward", {"y", "dy", "dx", "accumulate"})
      .ByRows({"y", "dy", "dx"});
  registry.Add<&LogSoftmaxForward<float>, &LogSoftmaxForward<double>>("log_softmax", {"x", "y"}).ByRows({"x", "y"});
  registry
      .Add<&LogSoftmaxBackward<float>, &LogSoftmaxBackward<double>>("log_softmax_backward",
                                                                    {"y", "dy", "dx", "accumulate"})
      .ByRows({"y", "dy", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(OpsSoftmax)
#endif
