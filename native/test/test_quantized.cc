// Layers with int8 weights against plain loops: sums are exact, so every bit must be the same.

#include "test/convolutions.h"
#include "test/threads.h"

namespace blasnet::testing {

namespace {

// The number that stands for x, as the kernels define it.
int ByteOf(float x, float inverse, float zero) {
  volatile float scaled = x * inverse;
  if (std::isnan(scaled)) return static_cast<int>(zero);
  return static_cast<int>(std::clamp(std::nearbyint(double{scaled}) + zero, 0.0, 255.0));
}

float ResultOf(int64_t sum, float scale, float bias) {
  volatile float product = static_cast<float>(sum) * scale;
  volatile float result = product + bias;
  return result;
}

enum class Content { kUsual, kExtreme };

// Rows, weights and constants of one layer. Extreme ones are those that saturate sums of two products in 16 bits.
struct Operands {
  Operands(std::vector<size_t> x_shape, std::vector<size_t> w_shape, size_t outputs, Content content, uint64_t seed)
      : x(std::move(x_shape)), w(std::move(w_shape)), scale({1, outputs}), bias({1, outputs}), input({2}) {
    Numbers numbers(seed);
    numbers.Fill(x, -2, 3);
    for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(numbers.Below(256)) - 128;
    numbers.Fill(scale, 1e-4, 1e-3);
    numbers.Fill(bias);
    input[0] = 255 / 4.5f;
    input[1] = 77;
    if (content == Content::kExtreme) {
      x = 100.0f;
      for (size_t i = 0; i < w.size(); ++i) w[i] = seed % 2 == 0 ? 127 : -128;
    } else if (x.size() > 3) {
      x[0] = kNaN<float>, x[1] = kInfinity<float>, x[2] = -kInfinity<float>, x[3] = 0.5f / input[0];
    }
  }

  int Byte(size_t i) const { return ByteOf(x[i], input[0], input[1]); }
  int64_t Product(size_t i, size_t k) const {
    return (Byte(i) - static_cast<int64_t>(input[1])) * static_cast<int>(w[k]);
  }

  Tensor<float> x, w, scale, bias, input;
};

struct Layer {
  size_t rows, steps, features, outputs;
  size_t size = 1, stride = 1, before = 0, behind = 0, dilation = 1;

  size_t windows() const { return (steps + before + behind - (size - 1) * dilation - 1) / stride + 1; }
  size_t packed() const {
    const size_t columns = (outputs + 15) / 16 * 16;
    return columns * (1 + size * ((features + 3) / 4));
  }
  std::vector<int32_t> numbers() const {
    std::vector<int32_t> all;
    for (const size_t n : {steps, features, size, stride, before, dilation, windows(), outputs})
      all.push_back(int32_t(n));
    return all;
  }
};

void RunProduct(const Layer& layer, Operands& o, Context& context, Tensor<float>& y) {
  Tensor<int32_t> geometry({8}, layer.numbers()), packed({layer.packed()});
  Call<float>("pack_quantized_product")
      .With("w", o.w)
      .With("input", o.input)
      .With("geometry", geometry)
      .With("packed", packed)
      .Run();
  Call<float>("quantized_product")
      .With("x", o.x)
      .With("packed", packed)
      .With("scale", o.scale)
      .With("bias", o.bias)
      .With("input", o.input)
      .With("geometry", geometry)
      .With("y", y)
      .Run(context);
}

Operands OperandsOf(const Layer& layer, Content content, uint64_t seed) {
  return {{layer.rows, layer.steps, layer.features},
          {layer.size, layer.features, layer.outputs},
          layer.outputs,
          content,
          seed};
}

void CheckProduct(const Layer& layer, Content content = Content::kUsual) {
  CAPTURE(layer.rows);
  CAPTURE(layer.steps);
  CAPTURE(layer.features);
  CAPTURE(layer.outputs);
  Operands o = OperandsOf(layer, content, layer.rows + layer.outputs);
  const size_t windows = layer.windows();
  Tensor<float> y({layer.rows, windows, layer.outputs});
  RunProduct(layer, o, SharedContext(), y);
  size_t wrong = 0;
  for (size_t m = 0; m < layer.rows; ++m) {
    for (size_t t = 0; t < windows; ++t) {
      for (size_t j = 0; j < layer.outputs; ++j) {
        int64_t sum = 0;
        for (size_t tap = 0; tap < layer.size; ++tap) {
          const size_t step = t * layer.stride + tap * layer.dilation - layer.before;  // wraps around
          if (step >= layer.steps) continue;
          for (size_t i = 0; i < layer.features; ++i) {
            sum += o.Product((m * layer.steps + step) * layer.features + i,
                             (tap * layer.features + i) * layer.outputs + j);
          }
        }
        wrong += y[(m * windows + t) * layer.outputs + j] != ResultOf(sum, o.scale[j], o.bias[j]);
      }
    }
  }
  CHECK(wrong == 0);
}

size_t PackedSizeOf(const TestConvolution& c) {
  const size_t quads = c.channels < 4 ? c.y.kernel * ((c.channels * c.x.kernel + 3) / 4)
                                      : c.y.kernel * c.x.kernel * ((c.channels + 3) / 4);
  return (c.filters + 7) / 8 * 8 * (1 + quads);
}

void RunConvolution(const TestConvolution& c, Operands& o, Context& context, Tensor<float>& y) {
  Tensor<int32_t> geometry({15}, c.numbers()), packed({PackedSizeOf(c)});
  Call<float>("pack_quantized_convolution")
      .With("w", o.w)
      .With("input", o.input)
      .With("geometry", geometry)
      .With("packed", packed)
      .Run();
  Call<float>("quantized_convolution")
      .With("x", o.x)
      .With("packed", packed)
      .With("scale", o.scale)
      .With("bias", o.bias)
      .With("input", o.input)
      .With("geometry", geometry)
      .With("y", y)
      .Run(context);
}

void CheckConvolution(const TestConvolution& c, Content content = Content::kUsual) {
  CAPTURE(c.channels);
  CAPTURE(c.filters);
  CAPTURE(c.x.input);
  CAPTURE(c.x.kernel);
  CAPTURE(c.x.stride);
  CAPTURE(c.x.dilation);
  Operands o(c.input_shape(), c.weights_shape(), c.filters, content, c.rows + c.filters);
  Tensor<float> y(c.output_shape());
  RunConvolution(c, o, SharedContext(), y);
  std::vector<int64_t> sums(y.size());
  c.ForEachProduct([&](size_t to, size_t from, size_t weight) { sums[to] += o.Product(from, weight); });
  const size_t plane = c.y.output() * c.x.output();
  size_t wrong = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t filter = i / plane % c.filters;
    wrong += y[i] != ResultOf(sums[i], o.scale[filter], o.bias[filter]);
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("quantize rounds half to even, clamps, and takes NaN for 0") {
  for (const size_t size : {1, 7, 33}) {
    Tensor<float> x({size}), input({2}, {2.0f, 100.0f});
    Tensor<uint8_t> y({size});
    const float numbers[] = {0.25f,  0.75f, -0.25f, 1.25f, 1e30f, -1e30f, kNaN<float>, kInfinity<float>,
                             -50.0f, 77.5f, 78.0f};
    const int expected[] = {100, 102, 100, 102, 255, 0, 100, 255, 0, 255, 255};
    for (size_t i = 0; i < size; ++i) x[i] = numbers[i % 11];
    Call<float>("quantize").With("x", x).With("input", input).With("y", y).Run();
    for (size_t i = 0; i < size; ++i) CHECK(int{y[i]} == expected[i % 11]);
  }
}

TEST_CASE("quantized_product has the bits of a plain loop") {
  for (const size_t rows : kOddSizes) {
    for (const size_t features : kOddSizes) {
      for (const size_t outputs : kOddSizes) CheckProduct({rows, 1, features, outputs});
    }
  }
  for (const size_t outputs : {10, 16, 31, 47, 48, 100, 129}) CheckProduct({13, 1, 30, outputs});
  CheckProduct({1, 1, 1023, 300});
  CheckProduct({70, 1, 1024, 257});
}

TEST_CASE("quantized_product does not saturate") {
  for (const size_t rows : {1, 2, 7}) CheckProduct({rows, 1, 4097, 33}, Content::kExtreme);
}

TEST_CASE("quantized_product sees the windows of sequences") {
  CheckProduct({3, 9, 5, 17, 3});
  CheckProduct({3, 9, 8, 17, 3, 2, 1, 1});
  CheckProduct({2, 10, 7, 20, 3, 1, 4, 0, 2});
  CheckProduct({5, 3, 4, 16, 3});
  CheckProduct({2, 11, 3, 9, 2, 3, 1, 2, 3});
  CheckProduct({4, 12, 5, 9, 1, 5});
}

TEST_CASE("quantized_product has the same bits on any number of threads") {
  for (const Layer& layer : {Layer{300, 1, 300, 200}, Layer{2, 1, 1500, 2000}, Layer{40, 50, 40, 100, 3, 1, 1, 1}}) {
    Operands o = OperandsOf(layer, Content::kUsual, 5);
    CheckThreadsDoNotMatter<float>({layer.rows, layer.windows(), layer.outputs},
                                   [&](Context& context, Tensor<float>& y) { RunProduct(layer, o, context, y); });
  }
}

TEST_CASE("quantized_convolution has the bits of a plain loop") {
  for (const size_t channels : {1, 2, 3, 4, 5, 8}) {
    for (const size_t filters : {1, 8, 11}) {
      CheckConvolution({2, channels, filters, {9, 3, 1, 1}, {17, 3, 1, 1}});
      CheckConvolution({1, channels, filters, {8, 2, 2, 0, 1, 1}, {35, 5, 2, 2, 1, 1}});
    }
  }
  CheckConvolution({2, 6, 9, {12, 3, 3, 2, 2}, {40, 3, 3, 2, 2}});
  CheckConvolution({2, 3, 9, {12, 3, 1, 2, 2}, {21, 3, 2, 2, 3}});
  CheckConvolution({1, 1, 6, {28, 5, 1, 0}, {28, 5, 1, 0}});
  CheckConvolution({3, 7, 5, {1, 1}, {1, 1}});
  CheckConvolution({1, 16, 40, {14, 1}, {14, 1}});
  CheckConvolution({2, 12, 16, {7, 7, 1, 3}, {7, 7, 1, 3}});
}

TEST_CASE("quantized_convolution does not saturate") {
  for (const size_t filters : {7, 8})
    CheckConvolution({1, 130, filters, {6, 3, 1, 1}, {6, 3, 1, 1}}, Content::kExtreme);
}

TEST_CASE("quantized_convolution has the same bits on any number of threads") {
  for (const size_t rows : {1, 37}) {
    const TestConvolution c{rows, 16, 33, {32, 3, 1, 1}, {32, 3, 1, 1}};
    Operands o(c.input_shape(), c.weights_shape(), c.filters, Content::kUsual, 5);
    CheckThreadsDoNotMatter<float>(c.output_shape(),
                                   [&](Context& context, Tensor<float>& y) { RunConvolution(c, o, context, y); });
  }
}

TEST_CASE("layers with int8 weights refuse what they cannot compute") {
  Tensor<float> w({2, 2}), input({2}, {1.0f, 0.0f});
  Tensor<int32_t> geometry({8}, {1, 2, 1, 1, 0, 1, 1, 2}), packed({32});
  w = 1.0f;
  const auto pack = [&] {
    Call<float>("pack_quantized_product")
        .With("w", w)
        .With("input", input)
        .With("geometry", geometry)
        .With("packed", packed)
        .Run();
  };
  pack();
  input[1] = 256;
  CHECK_THROWS_AS(pack(), InvalidArgument);
  input[1] = 0.5f;
  CHECK_THROWS_AS(pack(), InvalidArgument);
  input[1] = 0, input[0] = kNaN<float>;
  CHECK_THROWS_AS(pack(), InvalidArgument);
  Tensor<double> wide({2, 2}), wide_input({2}, {1.0, 0.0});
  wide = 1.0;
  CHECK_THROWS_AS(Call<double>("pack_quantized_product")
                      .With("w", wide)
                      .With("input", wide_input)
                      .With("geometry", geometry)
                      .With("packed", packed)
                      .Run(),
                  InvalidArgument);
}

}  // namespace blasnet::testing
