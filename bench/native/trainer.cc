#include "trainer.h"

#include <algorithm>

#include "loops.h"

namespace handwritten {

Trainer::Trainer(const NetSpec& net, const Buffer& parameters)
    : net_(net), scale_(-net.learning_rate / static_cast<float>(net.batch)) {
  const float* next = parameters.data();
  for (size_t i = 0; i < net.Layers(); ++i) {
    const LayerShape shape{net.batch, net.widths[i], net.widths[i + 1]};
    const size_t cells = shape.rows * shape.outputs;
    const size_t weights = shape.inputs * shape.outputs;
    layers_.push_back({.shape = shape,
                       .w = Buffer(weights),
                       .b = Buffer(shape.outputs),
                       .a = Buffer(cells),
                       .delta = Buffer(cells),
                       .sums = Buffer(shape.outputs)});
    std::copy_n(next, weights, layers_.back().w.data());
    std::copy_n(next + weights, shape.outputs, layers_.back().b.data());
    next += weights + shape.outputs;
  }
}

double Trainer::Step(const float* x, const float* y) {
  Forward(x);
  const double loss = OutputDelta(y);
  BackwardAndUpdate(x);
  return loss;
}

void Trainer::Forward(const float* x) {
  for (Layer& layer : layers_) {
    FillRows(layer.b.data(), layer.a.data(), layer.shape.rows, layer.shape.outputs);
    AddForward(layer.shape, x, layer.w.data(), layer.a.data());
    if (&layer != &layers_.back()) Activate(net_.hidden, layer.a.data(), layer.a.size());
    x = layer.a.data();
  }
}

double Trainer::OutputDelta(const float* y) {
  Layer& last = layers_.back();
  const auto loss = net_.loss == Loss::kSquaredError ? SquaredError : CrossEntropy;
  return loss(last.a.data(), y, last.delta.data(), last.shape.rows, last.shape.outputs);
}

void Trainer::BackwardAndUpdate(const float* x) {
  for (size_t i = layers_.size(); i-- > 0;) {
    Layer& layer = layers_[i];
    const float* delta = layer.delta.data();
    if (i > 0) {  // before the update, as dX is taken at the weights of the forward pass
      Layer& below = layers_[i - 1];
      std::fill_n(below.delta.data(), below.delta.size(), 0.0F);
      AddInputDelta(layer.shape, delta, layer.w.data(), below.delta.data());
      ActivateBackward(net_.hidden, below.a.data(), below.delta.data(), below.delta.size());
    }
    AddWeightStep(layer.shape, scale_, i > 0 ? layers_[i - 1].a.data() : x, delta, layer.w.data());
    AddColumnSums(scale_, delta, layer.sums.data(), layer.b.data(), layer.shape.rows, layer.shape.outputs);
  }
}

Buffer Trainer::Parameters() const {
  Buffer all(net_.Parameters());
  float* next = all.data();
  for (const Layer& layer : layers_) {
    next = std::copy_n(layer.w.data(), layer.w.size(), next);
    next = std::copy_n(layer.b.data(), layer.b.size(), next);
  }
  return all;
}

}  // namespace handwritten
