#pragma once

#include <cstddef>
#include <vector>

namespace handwritten {

enum class Hidden { kSigmoid, kRelu };
enum class Loss { kSquaredError, kCrossEntropy };
enum class Optimizer { kSgd, kAdam };

/** A fully connected net, its loss and the settings it is trained with. */
struct NetSpec {
  std::vector<size_t> widths;  // inputs, hidden layers…, outputs
  Hidden hidden;               // after every layer but the last
  Loss loss;                   // squared error on the identity, or cross-entropy on softmax
  size_t batch;                // rows a step
  Optimizer optimizer;
  float learning_rate;

  size_t Layers() const { return widths.size() - 1; }
  size_t Inputs() const { return widths.front(); }
  size_t Outputs() const { return widths.back(); }

  /** Weights and biases of all layers together, in floats. */
  size_t Parameters() const {
    size_t count = 0;
    for (size_t i = 0; i < Layers(); ++i) count += (widths[i] + 1) * widths[i + 1];
    return count;
  }
};

}  // namespace handwritten
