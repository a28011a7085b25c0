#pragma once

#include <vector>

#include "buffer.h"
#include "net_spec.h"
#include "products.h"

namespace handwritten {

/** Trains one net by plain SGD or Adam. Everything is allocated here, nothing in a step. */
class Trainer {
 public:
  /** parameters: for each layer W[inputs×outputs], then B[outputs]. */
  Trainer(const NetSpec& net, const Buffer& parameters);

  /** One step on x[batch×inputs], y[batch×outputs]; returns the batch's loss before the step. */
  double Step(const float* x, const float* y);

  /** In the layout that the constructor takes. */
  Buffer Parameters() const;

 private:
  struct Layer {
    LayerShape shape;
    Buffer w, b;
    Buffer a;                        // [batch×outputs]: z, then the activation in its place
    Buffer delta;                    // [batch×outputs]: loss by a, then by z in its place
    Buffer sums;                     // [outputs]
    Buffer gradient, first, second;  // [weights, then biases], with moments; Adam only
  };

  void Forward(const float* x);
  double OutputDelta(const float* y);
  void BackwardAndUpdate(const float* x);
  void Descend(Layer& layer, const float* x);
  void AdamUpdate(Layer& layer, const float* x);

  NetSpec net_;
  float scale_;      // −η / m
  size_t step_ = 0;  // the number of the running one, from 1
  std::vector<Layer> layers_;
};

}  // namespace handwritten
