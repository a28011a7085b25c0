// Losses, and the delta that starts the backward pass. Sums are kept in double. Nothing here needs vector
// instructions: outputs are few.

#include <cmath>

#include "core/registry.h"
#include "losses/sums.h"

namespace blasnet {

namespace {

// MSE: Σ (a − y)² / (2m) over a[m×n]
template <class T>
void MeanSquaredError(Context&, Matrix<const T> a, Matrix<const T> y, Vector<double> scalars) {
  CheckEqual("y's size", a.size(), y.size());
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double error = static_cast<double>(a.data[i]) - static_cast<double>(y.data[i]);
    sum += error * error;
  }
  AddLoss(sum / 2, a.rows, scalars);
}

// CE2: −Σ [y ln σ(z) + (1 − y) ln(1 − σ(z))] / m over the logits z[m×n], as max(z, 0) − zy + ln(1 + e^−|z|), which is
// finite for every finite z
template <class T>
void BinaryCrossEntropy(Context&, Matrix<const T> z, Matrix<const T> y, Vector<const double> class_weights,
                        Vector<double> scalars) {
  CheckEqual("y's rows", z.rows, y.rows);
  CheckEqual("y's width", z.cols, y.cols);
  double sum = 0;
  for (size_t i = 0; i < z.rows; ++i) {
    double row = 0;
    for (size_t j = 0; j < z.cols; ++j) {
      const double logit = z.row(i)[j], label = y.row(i)[j];
      row += (logit > 0 ? logit * (1 - label) : -logit * label) + std::log1p(std::exp(-std::abs(logit)));
    }
    sum += row * RowWeight(y.row(i), y.cols, class_weights);
  }
  AddLoss(sum, z.rows, scalars);
}

// CE3: −Σ y ln softmax(z) / m = Σ y (log_sum − z) / m over the logits z[m×n]; log_sum[m] comes from softmax_forward
template <class T>
void CrossEntropy(Context&, Matrix<const T> z, Vector<const T> log_sum, Matrix<const T> y,
                  Vector<const double> class_weights, Vector<double> scalars) {
  CheckEqual("y's rows", z.rows, y.rows);
  CheckEqual("y's width", z.cols, y.cols);
  CheckEqual("log_sum's length", z.rows, log_sum.size);
  double sum = 0;
  for (size_t i = 0; i < z.rows; ++i) {
    const double log_sum_i = log_sum[i];
    double row = 0;
    for (size_t j = 0; j < z.cols; ++j) {
      const double label = y.row(i)[j];
      if (label != 0) row += label * (log_sum_i - static_cast<double>(z.row(i)[j]));
    }
    sum += row * RowWeight(y.row(i), y.cols, class_weights);
  }
  AddLoss(sum, z.rows, scalars);
}

// delta = scale · (a − y), times the row's weight: with scale 1/m the derivative of the mean loss by the output layer's
// logits, for all three losses. The one place where gradients are scaled. The rows of the batch are not asked here: a
// call may be for some of them.
template <class T>
void LossDelta(Context&, Matrix<const T> a, Matrix<const T> y, Vector<const double> class_weights, Vector<T> delta,
               double scale) {
  CheckEqual("y's size", a.size(), y.size());
  CheckEqual("delta's size", a.size(), delta.size);
  const auto factor = static_cast<T>(scale);
  for (size_t i = 0; i < a.size(); ++i) delta[i] = factor * (a.data[i] - y.data[i]);
  if (class_weights.size == 0) return;
  CheckEqual("y's width", a.cols, y.cols);
  for (size_t i = 0; i < a.rows; ++i) {
    const auto weight = static_cast<T>(RowWeight(y.row(i), y.cols, class_weights));
    for (size_t j = 0; j < a.cols; ++j) delta[i * a.cols + j] *= weight;
  }
}

const KernelModule module([](Registry& registry) {
  registry.Add<&MeanSquaredError<float>, &MeanSquaredError<double>>("mean_squared_error", {"a", "y", "scalars"});
  registry.Add<&BinaryCrossEntropy<float>, &BinaryCrossEntropy<double>>("binary_cross_entropy",
                                                                        {"z", "y", "classWeights", "scalars"});
  registry.Add<&CrossEntropy<float>, &CrossEntropy<double>>("cross_entropy",
                                                            {"z", "logSum", "y", "classWeights", "scalars"});
  registry.Add<&LossDelta<float>, &LossDelta<double>>("loss_delta", {"a", "y", "classWeights", "delta", "scale"})
      .ByRows({"a", "y", "delta"});
});

}  // namespace

}  // namespace blasnet
