// Adam and AdamW, for all parameters or for the rows that have a gradient.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/adam.cc"
#include "math/foreach_target.h"
//
#include "optimizers/adam-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
void AdamUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> mean, Vector<T> squares,
                double learning_rate, double beta1, double beta2, double epsilon, double weight_decay, double step) {
  const AdamStep<T> adam(learning_rate, beta1, beta2, epsilon, weight_decay, step);
  ParallelUpdate(context, gradient, adam, theta, mean, squares);
}

// The same for rows of parameters: those whose gradient is 0 in all numbers, and their moments, are left alone.
template <class T>
void LazyAdamUpdate(Context& context, Matrix<T> theta, Matrix<const T> gradient, Matrix<T> mean, Matrix<T> squares,
                    double learning_rate, double beta1, double beta2, double epsilon, double weight_decay,
                    double step) {
  const size_t rows = gradient.rows, size = gradient.cols;
  for (const Matrix<T>& one : {theta, mean, squares}) {
    CheckEqual("an array's rows", rows, one.rows);
    CheckEqual("an array's row size", size, one.cols);
  }
  const auto adam = LazyAdamStep<T>(learning_rate, beta1, beta2, epsilon, weight_decay, step);
  const size_t each = HWY_MAX(size_t{1}, kMapTile / HWY_MAX(size_t{1}, size));
  context.pool.ParallelFor((rows + each - 1) / each, [&](size_t tile) {
    for (size_t row = tile * each; row < HWY_MIN(rows, (tile + 1) * each); ++row) {
      LazyAdamRow(size, gradient.row(row), adam, theta.row(row), mean.row(row), squares.row(row));
    }
  });
}

BLASNET_KERNELS(Adam) {
  registry.Add<&AdamUpdate<float>, &AdamUpdate<double>>(
      "adam_update",
      {"theta", "gradient", "mean", "squares", "learningRate", "beta1", "beta2", "epsilon", "weightDecay", "step"});
  registry.Add<&LazyAdamUpdate<float>, &LazyAdamUpdate<double>>(
      "lazy_adam_update",
      {"theta", "gradient", "mean", "squares", "learningRate", "beta1", "beta2", "epsilon", "weightDecay", "step"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Adam)
#endif
