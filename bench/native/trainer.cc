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
    const size_t learned = net.optimizer == Optimizer::kAdam ? weights + shape.outputs : 0;
    layers_.push_back({.shape = shape,
                       .w = Buffer(weights),
                       .b = Buffer(shape.outputs),
                       .a = Buffer(cells),
                       .delta = Buffer(cells),
                       .sums = Buffer(shape.outputs),
                       .gradient = Buffer(learned),
                       .first = Buffer(learned),
                       .second = Buffer(learned)});
    std::copy_n(next, weights, layers_.back().w.data());
    std::copy_n(next + weights, shape.outputs, layers_.back().b.data());
    next += weights + shape.outputs;
  }
}

double Trainer::Step(const float* x, const float* y) {
  ++step_;
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
    const float* input = i > 0 ? layers_[i - 1].a.data() : x;
    net_.optimizer == Optimizer::kAdam ? AdamUpdate(layer, input) : Descend(layer, input);
  }
}

void Trainer::Descend(Layer& layer, const float* x) {
  const float* delta = layer.delta.data();
  AddWeightStep(layer.shape, scale_, x, delta, layer.w.data());
  AddColumnSums(scale_, delta, layer.sums.data(), layer.b.data(), layer.shape.rows, layer.shape.outputs);
}

void Trainer::AdamUpdate(Layer& layer, const float* x) {
  const float* delta = layer.delta.data();
  const float mean = 1.0F / static_cast<float>(net_.batch);
  float* weights = layer.gradient.data();
  float* biases = weights + layer.w.size();
  std::fill_n(weights, layer.gradient.size(), 0.0F);
  AddWeightStep(layer.shape, mean, x, delta, weights);
  AddColumnSums(mean, delta, layer.sums.data(), biases, layer.shape.rows, layer.shape.outputs);
  const AdamConstants constants = AdamAt(step_, net_.learning_rate);
  Adam(constants, weights, layer.first.data(), layer.second.data(), layer.w.data(), layer.w.size());
  Adam(constants, biases, layer.first.data() + layer.w.size(), layer.second.data() + layer.w.size(), layer.b.data(),
       layer.b.size());
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
