#include "test/convolutions.h"

namespace blasnet::testing {

namespace {

// What a naive loop says: sums and the sums of their terms' magnitudes.
struct Sums {
  explicit Sums(size_t size) : sum(size), magnitude(size) {}
  void Add(size_t at, long double term) {
    sum[at] += term;
    magnitude[at] += std::abs(term);
  }
  std::vector<long double> sum, magnitude;
};

// N. Higham, Accuracy and Stability of Numerical Algorithms, section 3.1; see test_fully_connected.cc.
template <class T>
double WorstOf(const Tensor<T>& received, const Sums& expected, size_t terms) {
  Worst worst;
  for (size_t i = 0; i < received.size(); ++i) {
    worst.Add(received[i], expected.sum[i], static_cast<long double>(terms + 3) * kEpsilon<T> * expected.magnitude[i]);
  }
  return worst.ratio();
}

template <class T>
struct Case {
  explicit Case(const TestConvolution& c)
      : c(c),
        x(c.input_shape()),
        w(c.weights_shape()),
        b({1, c.filters}),
        y(c.output_shape()),
        dy(c.output_shape()),
        dx(c.input_shape()),
        dw(c.weights_shape()),
        db({1, c.filters}),
        geometry({15}, c.numbers()) {
    Numbers numbers(c.rows + 100 * c.channels + 10000 * c.filters);
    numbers.Fill(x), numbers.Fill(w), numbers.Fill(b), numbers.Fill(dy);
  }

  void Forward(Context& context = SharedContext()) {
    Call<T>("convolution_forward")
        .With("x", x)
        .With("w", w)
        .With("b", b)
        .With("y", y)
        .With("geometry", geometry)
        .Run(context);
  }
  void BackwardInput(Context& context = SharedContext()) {
    Call<T>("convolution_backward_input")
        .With("w", w)
        .With("dy", dy)
        .With("dx", dx)
        .With("geometry", geometry)
        .Run(context);
  }
  void BackwardWeights(size_t part_count, Context& context = SharedContext()) {
    Tensor<T> parts({part_count, w.size() + b.size()});
    Call<T>("convolution_backward_weights")
        .With("x", x)
        .With("dy", dy)
        .With("parts", parts)
        .With("dw", dw)
        .With("db", db)
        .With("geometry", geometry)
        .Run(context);
  }

  const TestConvolution c;
  Tensor<T> x, w, b, y, dy, dx, dw, db;
  Tensor<int32_t> geometry;
};

std::string NameOf(const TestConvolution& c) {
  std::string name = std::to_string(c.rows) + " rows, geometry";
  for (const int32_t number : c.numbers()) name += " " + std::to_string(number);
  return name;
}

}  // namespace

TEST_CASE_TEMPLATE("convolution_forward is the sum over windows", T, float, double) {
  for (const TestConvolution& c : TestConvolutions()) {
    INFO(NameOf(c));
    Case<T> one(c);
    one.Forward();
    Sums sums(one.y.size());
    const size_t plane = c.y.output() * c.x.output();
    for (size_t i = 0; i < one.y.size(); ++i) sums.Add(i, one.b[i / plane % c.filters]);
    c.ForEachProduct([&](size_t y, size_t x, size_t w) { sums.Add(y, static_cast<long double>(one.x[x]) * one.w[w]); });
    CHECK(WorstOf(one.y, sums, c.terms()) <= 1);
  }
}

TEST_CASE_TEMPLATE("convolution_backward_input carries deltas back through the windows", T, float, double) {
  for (const TestConvolution& c : TestConvolutions()) {
    INFO(NameOf(c));
    Case<T> one(c);
    one.BackwardInput();
    Sums sums(one.dx.size());
    c.ForEachProduct(
        [&](size_t y, size_t x, size_t w) { sums.Add(x, static_cast<long double>(one.dy[y]) * one.w[w]); });
    CHECK(WorstOf(one.dx, sums, c.filters * c.y.kernel * c.x.kernel) <= 1);
  }
}

TEST_CASE("convolutions by 3x3 kernels of whole numbers are exact, however they are computed") {
  for (const TestConvolution& c : TestConvolutions()) {
    if (c.y.kernel != 3 || c.x.kernel != 3) continue;
    INFO(NameOf(c));
    Case<float> one(c);
    // Winograd's filtering takes a quarter of sums of weights.
    const auto round = [](Tensor<float>& tensor, float factor) {
      for (size_t i = 0; i < tensor.size(); ++i) tensor[i] = factor * std::round(8 * tensor[i]);
    };
    round(one.x, 1), round(one.dy, 1), round(one.b, 1), round(one.w, 4);
    one.Forward(), one.BackwardInput();
    std::vector<float> y(one.y.size()), dx(one.dx.size());
    const size_t plane = c.y.output() * c.x.output();
    for (size_t i = 0; i < y.size(); ++i) y[i] = one.b[i / plane % c.filters];
    c.ForEachProduct([&](size_t to, size_t from, size_t w) {
      y[to] += one.x[from] * one.w[w];
      dx[from] += one.dy[to] * one.w[w];
    });
    CHECK(std::equal(y.begin(), y.end(), one.y.data()));
    CHECK(std::equal(dx.begin(), dx.end(), one.dx.data()));
  }
}

TEST_CASE_TEMPLATE("convolution_backward_weights is the sum over the images, in any number of parts", T, float,
                   double) {
  for (const TestConvolution& c : TestConvolutions()) {
    Case<T> one(c);
    Sums weights(one.dw.size()), biases(one.db.size());
    c.ForEachProduct(
        [&](size_t y, size_t x, size_t w) { weights.Add(w, static_cast<long double>(one.dy[y]) * one.x[x]); });
    const size_t plane = c.y.output() * c.x.output();
    for (size_t i = 0; i < one.dy.size(); ++i) biases.Add(i / plane % c.filters, one.dy[i]);
    for (const size_t parts : {size_t{1}, size_t{2}, c.rows + 1}) {
      INFO(NameOf(c) << ", parts " << parts);
      one.BackwardWeights(parts);
      CHECK(WorstOf(one.dw, weights, c.rows * plane + parts) <= 1);
      CHECK(WorstOf(one.db, biases, c.rows * plane + parts) <= 1);
    }
  }
}

TEST_CASE_TEMPLATE("convolutions give the same bits on one thread and on several", T, float, double) {
  for (const TestConvolution& c : {TestConvolution{4, 16, 24, {20, 3, 1, 1}, {30, 3, 1, 1}},
                                   TestConvolution{1, 33, 24, {24, 3, 1, 1}, {40, 3, 1, 1}},
                                   TestConvolution{9, 16, 32, {9, 3, 1, 1}, {20, 3, 1, 1}},
                                   TestConvolution{2, 300, 166, {4, 3, 1, 1}, {4, 3, 1, 1}, 2},
                                   TestConvolution{64, 1, 6, {12, 3, 2, 1}, {11, 3, 2, 1}}}) {
    INFO(NameOf(c));
    Pool alone(1);
    Context one_thread{alone};
    Case<T> expected(c);
    expected.Forward(one_thread), expected.BackwardInput(one_thread), expected.BackwardWeights(4, one_thread);
    for (const size_t threads : {2, 3}) {
      Pool pool(threads);
      Context context{pool};
      Case<T> received(c);
      received.Forward(context), received.BackwardInput(context), received.BackwardWeights(4, context);
      CHECK(std::memcmp(expected.y.data(), received.y.data(), expected.y.bytes()) == 0);
      CHECK(std::memcmp(expected.dx.data(), received.dx.data(), expected.dx.bytes()) == 0);
      CHECK(std::memcmp(expected.dw.data(), received.dw.data(), expected.dw.bytes()) == 0);
      CHECK(std::memcmp(expected.db.data(), received.db.data(), expected.db.bytes()) == 0);
    }
  }
}

// The numbers of a rectifier, some of them on its edge.
template <class T>
void FillGate(Tensor<T>& gate) {
  Numbers numbers(gate.size());
  numbers.Fill(gate);
  for (size_t i = 0; i < gate.size(); i += 5) gate[i] = i % 2 == 0 ? T(0) : i % 3 == 0 ? kNaN<T> : T(-0.0);
}

TEST_CASE_TEMPLATE("convolutions with a rectifier give the bits of two kernels", T, float, double) {
  for (const TestConvolution& c : TestConvolutions()) {
    INFO(NameOf(c));
    Case<T> one(c), both(c);
    one.Forward(), one.BackwardInput();
    Tensor<T> y(c.output_shape()), gate(c.input_shape()), dx(c.input_shape());
    FillGate(gate);
    Call<T>("relu_forward").With("x", one.y).With("y", y).With("parameter", 0).Run();
    Call<T>("relu_backward")
        .With("x", gate)
        .With("y", gate)
        .With("dy", one.dx)
        .With("dx", dx)
        .With("parameter", 0)
        .Run();
    Call<T>("convolution_forward_relu")
        .With("x", both.x)
        .With("w", both.w)
        .With("b", both.b)
        .With("y", both.y)
        .With("geometry", both.geometry)
        .Run();
    Call<T>("convolution_backward_input_relu")
        .With("w", both.w)
        .With("dy", both.dy)
        .With("x", gate)
        .With("dx", both.dx)
        .With("geometry", both.geometry)
        .Run();
    CHECK(std::memcmp(y.data(), both.y.data(), y.bytes()) == 0);
    CHECK(std::memcmp(dx.data(), both.dx.data(), dx.bytes()) == 0);
  }
}

TEST_CASE("a convolution's scratch does not grow with the batch") {
  size_t bytes = 0;
  for (const size_t rows : {32, 128}) {
    Pool pool(2);
    Context context{pool};
    Case<float> one({rows, 3, 8, {32, 3, 1, 1}, {32, 3, 1, 1}});
    one.Forward(context), one.BackwardInput(context), one.BackwardWeights(8, context);
    CHECK(pool.scratch().bytes() > 0);
    if (bytes == 0) bytes = pool.scratch().bytes();
    CHECK(pool.scratch().bytes() == bytes);
  }
}

TEST_CASE("a convolution refuses geometry that does not fit its tensors, or itself") {
  const TestConvolution c{2, 4, 6, {9, 3, 1, 1}, {11, 3, 2, 1}, 2};
  const auto refused = [&](size_t place, int32_t value) {
    Case<float> one(c);
    one.geometry[place] = value;
    CHECK_THROWS_AS(one.Forward(), InvalidArgument);
    CHECK_THROWS_AS(one.BackwardInput(), InvalidArgument);
    CHECK_THROWS_AS(one.BackwardWeights(2), InvalidArgument);
  };
  for (size_t place = 0; place < 15; ++place) {
    INFO("geometry[", place, "]");
    refused(place, -1);
    if (place == 7 || place == 13) continue;  // a pad may be 0, and as large as one likes
    refused(place, std::numeric_limits<int32_t>::max());
    refused(place, 0);
  }
  refused(2, 4);  // groups that do not divide the filters
  Case<float> one(c);
  Tensor<float> narrow({2, 5});
  Tensor<int32_t> short_geometry({14});
  const auto forward = [&](Tensor<float>& x, Tensor<float>& w, Tensor<float>& b, Tensor<int32_t>& geometry) {
    Call<float>("convolution_forward")
        .With("x", x)
        .With("w", w)
        .With("b", b)
        .With("y", one.y)
        .With("geometry", geometry)
        .Run();
  };
  CHECK_THROWS_AS(forward(narrow, one.w, one.b, one.geometry), InvalidArgument);
  CHECK_THROWS_AS(forward(one.x, narrow, one.b, one.geometry), InvalidArgument);
  CHECK_THROWS_AS(forward(one.x, one.w, narrow, one.geometry), InvalidArgument);
  CHECK_THROWS_AS(forward(one.x, one.w, one.b, short_geometry), InvalidArgument);
  CHECK_THROWS_AS(Call<float>("convolution_backward_input_relu")
                      .With("w", one.w)
                      .With("dy", one.dy)
                      .With("x", narrow)
                      .With("dx", one.dx)
                      .With("geometry", one.geometry)
                      .Run(),
                  InvalidArgument);
  Tensor<float> parts({2, one.w.size()});
  CHECK_THROWS_AS(Call<float>("convolution_backward_weights")
                      .With("x", one.x)
                      .With("dy", one.dy)
                      .With("parts", parts)
                      .With("dw", one.dw)
                      .With("db", one.db)
                      .With("geometry", one.geometry)
                      .Run(),
                  InvalidArgument);
}

}  // namespace blasnet::testing
