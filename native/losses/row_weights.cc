// The weights of rows, and the sums of losses that are there for each row.

#include "core/registry.h"
#include "losses/sums.h"

namespace blasnet {

namespace {

// weights[i] = the row's own weight, if there are such, times that of its class. areNumbers is 1 where labels are the
// numbers of classes.
template <class T>
void RowWeights(Context&, Matrix<const T> y, Vector<const double> class_weights, Vector<const T> sample_weights,
                Vector<T> weights, double are_numbers) {
  CheckEqual("the number of weights", y.rows, weights.size);
  if (sample_weights.size != 0) CheckEqual("sample_weights' length", y.rows, sample_weights.size);
  for (size_t i = 0; i < y.rows; ++i) {
    const double own = sample_weights.size == 0 ? 1 : static_cast<double>(sample_weights[i]);
    double by_class = 1;
    if (class_weights.size != 0 && are_numbers != 0) {
      CheckEqual("y's width", y.cols, size_t{1});
      by_class = class_weights[ClassNumber(y.row(i)[0], class_weights.size)];
    } else {
      by_class = RowWeight(y.row(i), y.cols, class_weights);
    }
    weights[i] = static_cast<T>(own * by_class);
  }
}

// Adds Σ w · loss to the sums; no weights are weights of 1.
template <class T>
void AddRowLosses(Context&, Vector<const T> losses, Vector<const T> weights, Vector<double> scalars) {
  if (weights.size != 0) CheckEqual("weights' length", losses.size, weights.size);
  double sum = 0;
  for (size_t i = 0; i < losses.size; ++i) {
    sum += static_cast<double>(losses[i]) * (weights.size == 0 ? 1 : static_cast<double>(weights[i]));
  }
  AddLoss(sum, losses.size, scalars);
}

// Adds the loss of one of several outputs for the present batch, times its weight, to the loss of all. isFirst is 1 for
// the first output: it also counts the rows.
template <class T>
void AddLossPart(Context&, Vector<const double> part, double factor, double rows, double is_first,
                 Vector<double> scalars) {
  scalars::CheckCount(part.size);
  scalars::CheckCount(scalars.size);
  const double loss = factor * part[scalars::kBatchLoss];
  scalars[scalars::kLossSum] += loss * rows;
  if (is_first != 0) scalars[scalars::kRows] += rows;
  scalars[scalars::kBatchLoss] = is_first != 0 ? loss : scalars[scalars::kBatchLoss] + loss;
}

const KernelModule module([](Registry& registry) {
  registry.Add<&RowWeights<float>, &RowWeights<double>>(
      "row_weights", {"y", "classWeights", "sampleWeights", "weights", "areNumbers"});
  registry.Add<&AddRowLosses<float>, &AddRowLosses<double>>("add_row_losses", {"losses", "weights", "scalars"});
  registry.Add<&AddLossPart<float>, &AddLossPart<double>>("add_loss_part",
                                                          {"part", "factor", "rows", "isFirst", "scalars"});
});

}  // namespace

}  // namespace blasnet
