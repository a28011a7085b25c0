// Loops over the rows of outputs and labels: a sum in double for each row, and derivatives with a factor for each row.

#if defined(BLASNET_LOSSES_ROW_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_LOSSES_ROW_SUMS_INL_H_
#undef BLASNET_LOSSES_ROW_SUMS_INL_H_
#else
#define BLASNET_LOSSES_ROW_SUMS_INL_H_
#endif

#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
void CheckRowLoss(Matrix<const T> a, Matrix<const T> y, size_t losses) {
  CheckEqual("y's rows", a.rows, y.rows);
  CheckEqual("y's width", a.cols, y.cols);
  CheckEqual("the number of losses", a.rows, losses);
}

// Σ of n numbers in double, in an order that depends on n only; eight sums side by side, for the sake of speed.
template <class T>
HWY_INLINE double SumInDouble(const T* p, size_t n) {
  constexpr size_t kWays = 8;
  double ways[kWays] = {}, rest = 0;
  size_t i = 0;
  for (; i + kWays <= n; i += kWays) {
    for (size_t k = 0; k < kWays; ++k) ways[k] += static_cast<double>(p[i + k]);
  }
  for (; i < n; ++i) rest += static_cast<double>(p[i]);
  return ((ways[0] + ways[1]) + (ways[2] + ways[3])) + ((ways[4] + ways[5]) + (ways[6] + ways[7])) + rest;
}

// Σ f(d, in[j]…) over n numbers
template <class T, class F, class... In>
HWY_INLINE double RowSum(size_t n, const F& f, const T* first_in, const In*... in) {
  constexpr size_t kBlock = 1024;
  HWY_ALIGN T block[kBlock];
  double sum = 0;
  for (size_t j = 0; j < n; j += kBlock) {
    const size_t count = HWY_MIN(kBlock, n - j);
    Map(count, block, f, first_in + j, (in + j)...);
    sum += SumInDouble(block, count);
  }
  return sum;
}

// Calls store(i, Σ f(d, in[i]…)) for each row. f is computed for many rows at once where they are short: most nets have
// one output, or ten.
template <class T, class F, class Store, class... In>
HWY_INLINE void SumRows(Context& context, size_t rows, size_t n, const F& f, const Store& store, const T* first_in,
                        const In*... in) {
  constexpr size_t kBlock = 1024;
  ParallelPieces(context, rows, rows * n, [&](size_t begin, size_t end) {
    HWY_ALIGN T block[kBlock];
    if (n > kBlock) {
      for (size_t i = begin; i < end; ++i) store(i, RowSum(n, f, first_in + i * n, (in + i * n)...));
      return;
    }
    const size_t each = kBlock / HWY_MAX(1, n);
    for (size_t i = begin; i < end; i += each) {
      const size_t count = HWY_MIN(each, end - i), at = i * n;
      Map(count * n, block, f, first_in + at, (in + at)...);
      for (size_t k = 0; k < count; ++k) store(i + k, SumInDouble(block + k * n, n));
    }
  });
}

// out = (out +) f(d, in…, factor), where the factor is the row's
template <class T, class F, class... In>
HWY_INLINE void MapRows(Context& context, bool adds, Matrix<T> out, const F& f, const T* factors, const In*... in) {
  const auto run = [&](size_t at, size_t n, Run<T> factor) {
    if (adds) {
      MapRun<true>(n, out.data + at, f, Run<In>{in + at, false}..., factor);
    } else {
      MapRun<false>(n, out.data + at, f, Run<In>{in + at, false}..., factor);
    }
  };
  const size_t n = out.cols;
  ParallelPieces(context, out.rows, out.size(), [&](size_t begin, size_t end) {
    if (n == 1) return run(begin, end - begin, Run<T>{factors + begin, false});
    for (size_t i = begin; i < end; ++i) run(i * n, n, Run<T>{factors + i, true});
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
