// Losses of sequences of which some steps do not count. Each step is a row of the loss: losses, weights and mask have a
// number for each step of each sequence. The mean is over the steps that count: Σ w · mask · loss / Σ mask.

#include "core/registry.h"
#include "losses/sums.h"

namespace blasnet {

namespace {

// Steps that count, in sequences: what stands for the batch's rows in its mean.
template <class T>
double CountedSequences(Vector<const T> mask, double steps) {
  double count = 0;
  for (size_t i = 0; i < mask.size; ++i) count += mask[i] != T(0);
  return count / steps;
}

// weights[i] = mask, times the weight of the step, times that of its sequence; where there are such.
template <class T>
void StepWeights(Context&, Vector<const T> mask, Vector<const T> step_weights, Vector<const T> row_weights,
                 Vector<T> weights) {
  CheckEqual("the number of weights", mask.size, weights.size);
  if (step_weights.size != 0) CheckEqual("step_weights' length", mask.size, step_weights.size);
  if (row_weights.size != 0) CheckEqual("the steps of all rows", size_t{0}, mask.size % row_weights.size);
  const size_t steps = row_weights.size == 0 ? 1 : mask.size / row_weights.size;
  for (size_t i = 0; i < mask.size; ++i) {
    const T by_step = step_weights.size == 0 ? T(1) : step_weights[i];
    const T by_row = row_weights.size == 0 ? T(1) : row_weights[i / steps];
    weights[i] = mask[i] == T(0) ? T(0) : by_step * by_row;
  }
}

// Adds Σ w · loss to the sums, divided by `scale`: the steps of a sequence where the loss is a mean over steps, else 1.
template <class T>
void AddStepLosses(Context&, Vector<const T> losses, Vector<const T> weights, Vector<const T> mask, double steps,
                   double scale, Vector<double> scalars) {
  CheckEqual("weights' length", losses.size, weights.size);
  CheckEqual("mask's length", losses.size, mask.size);
  scalars::CheckCount(scalars.size);
  double sum = 0;
  for (size_t i = 0; i < losses.size; ++i) {
    // A step that does not count may hold anything, NaN as well.
    if (weights[i] != T(0)) sum += static_cast<double>(losses[i]) * static_cast<double>(weights[i]);
  }
  sum /= scale;
  const double rows = CountedSequences(mask, steps);
  scalars[scalars::kRows] += rows;
  scalars[scalars::kLossSum] += sum;
  scalars[scalars::kBatchLoss] = rows == 0 ? 0 : sum / rows;
}

// gradient[i] = factor · w / (scale · rows): the derivative of factor times the batch's mean loss by each step's loss
template <class T>
void StepGradient(Context&, Vector<const T> weights, Vector<const T> mask, double steps, double scale, double factor,
                  Vector<T> gradient) {
  CheckEqual("weights' length", gradient.size, weights.size);
  CheckEqual("mask's length", gradient.size, mask.size);
  const double rows = CountedSequences(mask, steps);
  const double by = rows == 0 ? 0 : factor / (scale * rows);
  for (size_t i = 0; i < gradient.size; ++i) gradient[i] = static_cast<T>(by * static_cast<double>(weights[i]));
}

const KernelModule module([](Registry& registry) {
  registry.Add<&StepWeights<float>, &StepWeights<double>>("step_weights",
                                                          {"mask", "stepWeights", "rowWeights", "weights"});
  registry.Add<&AddStepLosses<float>, &AddStepLosses<double>>(
      "add_step_losses", {"losses", "weights", "mask", "steps", "scale", "scalars"});
  registry.Add<&StepGradient<float>, &StepGradient<double>>(
      "step_gradient", {"weights", "mask", "steps", "scale", "factor", "gradient"});
});

}  // namespace

}  // namespace blasnet
