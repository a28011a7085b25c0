#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "test/testing.h"

namespace blasnet::testing {

namespace {

// A layer with its moments; squares are not negative.
template <class T>
class AdamLayer {
 public:
  AdamLayer(size_t m, size_t k, size_t n) : panels_({n / 32, k, 32}) {
    Numbers numbers(m + 100 * k + 10000 * n);
    const auto add = [&](const char* name, std::vector<size_t> shape, double low) {
      Give(name, std::move(shape));
      numbers.Fill(*tensors_[name], low);
    };
    add("x", {m, k}, -1), add("dz", {m, n}, -1);
    add("w", {k, n}, -1), add("wMean", {k, n}, -1), add("wSquares", {k, n}, 0);
    add("b", {n}, -1), add("bMean", {n}, -1), add("bSquares", {n}, 0);
  }

  void Give(const std::string& name, std::vector<size_t> shape) {
    tensors_[name] = std::make_unique<Tensor<T>>(std::move(shape));
  }

  // The gradients, and a step on each parameter.
  void RunApart() {
    Tensor<T> dw(At("w").shape()), db(At("b").shape());
    Call<T> backward("fully_connected_backward_weights");
    backward.With("x", At("x")).With("dz", At("dz")).With("dw", dw).With("db", db).Run();
    for (const auto& [name, gradient] : {std::pair<std::string, Tensor<T>*>{"w", &dw}, {"b", &db}}) {
      Call<T> call("adam_update");
      call.With("theta", At(name)).With("gradient", *gradient);
      call.With("mean", At(name + "Mean")).With("squares", At(name + "Squares"));
      RunWithConstants(call, SharedContext());
    }
  }

  void RunAtOnce(Context& context = SharedContext()) {
    Call<T> call("fully_connected_adam");
    for (const auto& [name, tensor] : tensors_) call.With(name.c_str(), *tensor);
    RunWithConstants(call, context);
  }

  void RunInPanels(Context& context = SharedContext()) {
    Call<T>("weights_to_panels").With("w", At("w")).With("panels", panels_).Run();
    Call<T> call("fully_connected_adam_panels");
    for (const auto& [name, tensor] : tensors_) {
      if (name != "w") call.With(name.c_str(), *tensor);
    }
    RunWithConstants(call.With("panels", panels_), context);
    Call<T>("panels_to_weights").With("panels", panels_).With("w", At("w")).Run();
  }

  void CheckIs(const AdamLayer& other) const {
    for (const auto& [name, tensor] : tensors_) {
      CAPTURE(name);
      CHECK(tensor->values() == other.tensors_.at(name)->values());
    }
  }

 private:
  Tensor<T>& At(const std::string& name) { return *tensors_.at(name); }

  static void RunWithConstants(Call<T>& call, Context& context) {
    call.With("learningRate", 0.01).With("beta1", 0.9).With("beta2", 0.99).With("epsilon", 1e-6);
    call.With("weightDecay", 0.1).With("step", 4).Run(context);
  }

  std::map<std::string, std::unique_ptr<Tensor<T>>> tensors_;
  Tensor<T> panels_;
};

struct Size {
  size_t m, k, n;
};

// Register blocks that are not whole, tiles along columns and rows, a transposed copy of x, images of a power of two
// numbers, few inputs of many outputs, more rows than are summed in one go.
constexpr Size kSizes[] = {{1, 1, 1},      {3, 7, 33},   {16, 300, 96},  {64, 784, 128}, {65, 99, 160}, {100, 2001, 30},
                           {128, 256, 64}, {20, 9, 700}, {64, 16, 4096}, {256, 130, 70}, {300, 50, 64}};

// Compares run(layer, context), on two threads and on three, with the kernels one after another.
template <class T, class Run>
void CheckBits(const Size& size, const Run& run) {
  const auto& [m, k, n] = size;
  INFO("m, k, n = ", m, ", ", k, ", ", n);
  AdamLayer<T> apart(m, k, n);
  apart.RunApart();
  Pool pool(3);
  Context three{pool};
  for (Context* context : {&SharedContext(), &three}) {
    AdamLayer<T> layer(m, k, n);
    run(layer, *context);
    layer.CheckIs(apart);
  }
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE_TEMPLATE("fully_connected_adam has the bits of a gradient and a step of Adam, on any threads", T, float,
                   double) {
  for (const Size& size : kSizes) {
    CheckBits<T>(size, [](AdamLayer<T>& layer, Context& context) { layer.RunAtOnce(context); });
  }
}

TEST_CASE_TEMPLATE("fully_connected_adam_panels has the same bits, on any threads", T, float, double) {
  for (const Size& size : kSizes) {
    if (size.n % 32 != 0 || size.m > 256 || size.k < 32) continue;
    CheckBits<T>(size, [](AdamLayer<T>& layer, Context& context) { layer.RunInPanels(context); });
  }
}

TEST_SUITE_END();

TEST_CASE_TEMPLATE("fully_connected_adam refuses shapes that do not fit", T, float, double) {
  const std::pair<const char*, std::vector<size_t>> wrong[] = {
      {"dz", {3, 32}}, {"w", {39, 32}},    {"w", {40, 31}},     {"b", {31}},
      {"bMean", {33}}, {"bSquares", {31}}, {"wMean", {40, 31}}, {"wSquares", {41, 32}}};
  for (const auto& [name, shape] : wrong) {
    CAPTURE(name);
    AdamLayer<T> layer(4, 40, 32);
    layer.Give(name, shape);
    CHECK_THROWS_AS(layer.RunAtOnce(), InvalidArgument);
  }
  AdamLayer<T> many(257, 40, 32);
  CHECK_THROWS_AS(many.RunInPanels(), InvalidArgument);
}

}  // namespace blasnet::testing
