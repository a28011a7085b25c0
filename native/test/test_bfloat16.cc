// Products in bfloat16: against plain loops over rounded factors, and, where they are the kernels in float32 with such
// factors, to the bit.

#include "test/bfloat16.h"
#include "test/convolutions.h"
#include "test/threads.h"

namespace blasnet::testing {

TEST_CASE("factors are rounded half to even, and NaN stays NaN") {
  ForAllWays([] {
    const float one_and = std::bit_cast<float>(0x3F800001u);
    const std::vector<float> given{0,
                                   -0.0f,
                                   1,
                                   one_and,
                                   std::bit_cast<float>(0x3F808000u),  // half: down to the even
                                   std::bit_cast<float>(0x3F808001u),  // above half
                                   std::bit_cast<float>(0x3F818000u),  // half: up to the even
                                   std::bit_cast<float>(0xBF818000u),
                                   std::bit_cast<float>(0x3F817FFFu),
                                   std::bit_cast<float>(0x00800000u),  // the least normal number
                                   std::numeric_limits<float>::max(),  // becomes infinite
                                   kInfinity<float>,
                                   -kInfinity<float>,
                                   kNaN<float>,
                                   std::bit_cast<float>(0x7F800001u),   // NaN whose upper bits are those of infinity
                                   std::bit_cast<float>(0xFFFFFFFFu)};  // NaN that would wrap around
    for (const size_t copies : {1, 2100}) {  // few for float32, many for the CPU's instructions
      Tensor<float> a({given.size() * copies, 1}), b({1, 1}), y({given.size() * copies, 1});
      for (size_t i = 0; i < a.size(); ++i) a[i] = given[i % given.size()];
      b = 1.0f;
      Call<float>("product_by_rows_bfloat16")
          .With("a", a)
          .With("b", b)
          .With("y", y)
          .With("transposeB", 0.0)
          .With("accumulate", 0.0)
          .Run();
      size_t wrong = 0;
      for (size_t i = 0; i < a.size(); ++i) {
        const float expected = RoundedOf(a[i]);
        wrong += std::isnan(expected) ? !std::isnan(y[i]) : y[i] != expected;
      }
      CHECK(wrong == 0);
    }
  });
}

TEST_CASE("fully connected layers in bfloat16 multiply rounded factors") {
  ForAllWays([] {
    for (const Size& s : Sizes()) {
      Tensor<float> x({s.m, s.k}), w({s.k, s.n}), b({1, s.n}), z({s.m, s.n});
      Numbers numbers(s.m + s.n + s.k);
      for (auto* tensor : {&x, &w, &b}) numbers.Fill(*tensor);
      Call<float>("fully_connected_forward_bfloat16").With("x", x).With("w", w).With("b", b).With("z", z).Run();
      CheckProduct(
          s, x, false, w, false, [&](size_t, size_t j) { return b[j]; }, 1, z);
    }
  });
}

TEST_CASE("gradients of fully connected layers in bfloat16 multiply rounded factors") {
  ForAllWays([] {
    for (const Size& s : Sizes()) {
      // x is k×m here, dz k×n and dw m×n; dx comes of dz and of weights n×m.
      Tensor<float> x({s.k, s.m}), dz({s.k, s.n}), turned({s.n, s.k}), left({s.m, s.k}), b({1, s.n});
      Numbers numbers(s.m + s.n + s.k);
      for (auto* tensor : {&x, &dz, &turned, &left, &b}) numbers.Fill(*tensor);
      const std::vector<float> rounded = RoundedOf(dz), before = b.values();
      for (const bool adds : {false, true}) {
        const double accumulate = adds ? 1.0 : 0.0;
        const auto start = adds ? Three : None;
        Tensor<float> dx({s.m, s.n}), dw({s.m, s.n}), db({1, s.n});
        if (adds) dx = 3.0f, dw = 3.0f, db = 3.0f;
        Call<float>("fully_connected_backward_input_bfloat16")
            .With("w", turned)
            .With("dz", left)
            .With("dx", dx)
            .With("accumulate", accumulate)
            .Run();
        CheckProduct(s, left, false, turned, true, start, 1, dx);
        Call<float>("fully_connected_backward_weights_bfloat16")
            .With("x", x)
            .With("dz", dz)
            .With("dw", dw)
            .With("db", db)
            .With("accumulate", accumulate)
            .Run();
        CheckProduct(s, x, true, dz, false, start, 1, dw);
        Worst worst;
        for (size_t j = 0; j < s.n; ++j) {
          long double sum = adds ? 3 : 0;
          for (size_t i = 0; i < s.k; ++i) sum += rounded[i * s.n + j];
          worst.Add(db[j], sum, kEpsilon<float> * (s.k + 3));
        }
        CHECK(worst.ratio() <= 1);
      }
      Tensor<float> w({s.m, s.n});
      w = 3.0f;
      Call<float>("fully_connected_descend_bfloat16")
          .With("x", x)
          .With("dz", dz)
          .With("w", w)
          .With("b", b)
          .With("learningRate", 0.25)
          .Run();
      CheckProduct(s, x, true, dz, false, Three, -0.25, w);
      Worst worst;
      for (size_t j = 0; j < s.n; ++j) {
        long double sum = before[j];
        for (size_t i = 0; i < s.k; ++i) sum -= 0.25L * rounded[i * s.n + j];
        worst.Add(b[j], sum, kEpsilon<float> * (s.k + 3));
      }
      CHECK(worst.ratio() <= 1);
    }
  });
}

TEST_CASE("products of matrices in bfloat16 multiply rounded factors") {
  ForAllWays([] {
    for (const Size& s : Sizes()) {
      Tensor<float> a({s.m, s.k}), b({s.k, s.n}), turned({s.n, s.k}), over({s.k, s.m});
      Numbers numbers(s.m + s.n + s.k);
      for (auto* tensor : {&a, &b, &turned, &over}) numbers.Fill(*tensor);
      for (const bool turn : {false, true}) {
        Tensor<float> y({s.m, s.n});
        y = 3.0f;
        Call<float>("product_by_rows_bfloat16")
            .With("a", a)
            .With("b", turn ? turned : b)
            .With("y", y)
            .With("transposeB", turn ? 1.0 : 0.0)
            .With("accumulate", 1.0)
            .Run();
        CheckProduct(s, a, false, turn ? turned : b, turn, Three, 1, y);
      }
      Tensor<float> y({s.m, s.n});
      Call<float>("product_over_rows_bfloat16").With("a", over).With("b", b).With("y", y).With("accumulate", 0.0).Run();
      CheckProduct(s, over, true, b, false, None, 1, y);
      y = kNaN<float>;
      Call<float>("batched_product_bfloat16")
          .With("a", over)
          .With("b", turned)
          .With("y", y)
          .With("transposeA", 1.0)
          .With("transposeB", 1.0)
          .With("accumulate", 0.0)
          .Run();
      CheckProduct(s, over, true, turned, true, None, 1, y);
    }
  });
}

namespace {

// Runs a kernel of convolutions with factors that are rounded (true), or its twin in bfloat16 with those that are not.
using RunCall = std::function<void(Call<float>&, Tensor<float>&, bool)>;

// Checks that both give the same bits.
void CheckRounds(const std::string& kernel, Tensor<int32_t>& geometry, const std::vector<size_t>& shape,
                 const RunCall& run) {
  Tensor<float> expected(shape), received(shape);
  Call<float> plain(kernel), own(kernel + "_bfloat16");
  run(plain.With("geometry", geometry), expected, true);
  run(own.With("geometry", geometry), received, false);
  CAPTURE(kernel);
  CheckSameBits(expected, received);
}

}  // namespace

TEST_CASE("convolutions over steps in bfloat16 have the bits of those in float32 with rounded factors") {
  const size_t rows = 3, steps = 9, features = 6, size = 3, filters = 5, windows = 9;
  Tensor<float> x({rows, steps, features}), w({size, features, filters}), b({filters}), dy({rows, windows, filters});
  Tensor<float> turned({size, filters, features});
  Tensor<int32_t> geometry({3}, {1, 1, 1});
  Numbers numbers(7);
  for (auto* tensor : {&x, &w, &b, &dy, &turned}) numbers.Fill(*tensor);
  Tensor<float> x_rounded(x.shape(), RoundedOf(x)), w_rounded(w.shape(), RoundedOf(w));
  Tensor<float> dy_rounded(dy.shape(), RoundedOf(dy)), turned_rounded(turned.shape(), RoundedOf(turned));
  const auto both = [&](const std::string& kernel, const std::vector<size_t>& shape, const RunCall& run) {
    CheckRounds(kernel, geometry, shape, run);
  };
  for (const char* kernel : {"conv1d", "conv1d_relu"}) {
    both(kernel, dy.shape(), [&](Call<float>& call, Tensor<float>& y, bool rounded) {
      call.With("x", rounded ? x_rounded : x).With("w", rounded ? w_rounded : w).With("b", b).With("y", y).Run();
    });
  }
  for (const char* kernel : {"conv1d_backward_input", "conv1d_backward_input_relu"}) {
    both(kernel, x.shape(), [&](Call<float>& call, Tensor<float>& dx, bool rounded) {
      call.With("turned", rounded ? turned_rounded : turned).With("dy", rounded ? dy_rounded : dy).With("dx", dx);
      const bool is_rectified = std::string(kernel) == "conv1d_backward_input_relu";
      (is_rectified ? call.With("x", x) : call.With("accumulate", 0.0)).Run();
    });
  }
  both("conv1d_backward_weights", w.shape(), [&](Call<float>& call, Tensor<float>& dw, bool rounded) {
    Tensor<float> parts({2, w.size() + b.size()}), db(b.shape());
    call.With("x", rounded ? x_rounded : x).With("dy", rounded ? dy_rounded : dy).With("parts", parts);
    call.With("dw", dw).With("db", db).Run();
  });
}

TEST_CASE("convolutions in bfloat16 without tiles have the bits of those in float32 with rounded factors") {
  const Bfloat16Way before = WayOfBfloat16();
  SetWayOfBfloat16(Bfloat16Way::kFloats);
  for (const TestConvolution& c : TestConvolutions()) {
    CAPTURE(c.channels);
    CAPTURE(c.filters);
    Tensor<float> x(c.input_shape()), w(c.weights_shape()), b({1, c.filters}), dy(c.output_shape());
    Tensor<int32_t> geometry({15}, c.numbers());
    Numbers numbers(c.terms());
    for (auto* tensor : {&x, &w, &b, &dy}) numbers.Fill(*tensor);
    Tensor<float> x_rounded(x.shape(), RoundedOf(x)), w_rounded(w.shape(), RoundedOf(w));
    Tensor<float> dy_rounded(dy.shape(), RoundedOf(dy));
    const auto both = [&](const std::string& kernel, const std::vector<size_t>& shape, const RunCall& run) {
      CheckRounds(kernel, geometry, shape, run);
    };
    for (const char* kernel : {"convolution_forward", "convolution_forward_relu"}) {
      both(kernel, c.output_shape(), [&](Call<float>& call, Tensor<float>& y, bool rounded) {
        call.With("x", rounded ? x_rounded : x).With("w", rounded ? w_rounded : w).With("b", b).With("y", y).Run();
      });
    }
    both("convolution_backward_input", c.input_shape(), [&](Call<float>& call, Tensor<float>& dx, bool rounded) {
      call.With("dy", rounded ? dy_rounded : dy).With("w", rounded ? w_rounded : w).With("dx", dx).Run();
    });
    both("convolution_backward_input_relu", c.input_shape(), [&](Call<float>& call, Tensor<float>& dx, bool rounded) {
      call.With("dy", rounded ? dy_rounded : dy).With("w", rounded ? w_rounded : w).With("x", x).With("dx", dx).Run();
    });
    for (const bool biases : {false, true}) {
      both("convolution_backward_weights", biases ? b.shape() : w.shape(),
           [&](Call<float>& call, Tensor<float>& gradient, bool rounded) {
             Tensor<float> parts({2, w.size() + b.size()}), other(biases ? w.shape() : b.shape());
             call.With("x", rounded ? x_rounded : x).With("dy", rounded ? dy_rounded : dy).With("parts", parts);
             call.With("dw", biases ? other : gradient).With("db", biases ? gradient : other).Run();
           });
    }
  }
  SetWayOfBfloat16(before);
}

TEST_CASE("a step of Adam in bfloat16 has the bits of the layer's gradients and of adam_update") {
  ForAllWays([] {
    const size_t m = 33, in = 70, out = 41;
    Tensor<float> x({m, in}), dz({m, out}), dw({in, out}), db({1, out});
    Numbers numbers(7);
    numbers.Fill(x);
    numbers.Fill(dz);
    Call<float>("fully_connected_backward_weights_bfloat16")
        .With("x", x)
        .With("dz", dz)
        .With("dw", dw)
        .With("db", db)
        .With("accumulate", 0.0)
        .Run();
    const auto run = [](Call<float>& call) {
      call.With("learningRate", 0.1).With("beta1", 0.9).With("beta2", 0.999).With("epsilon", 1e-8);
      call.With("weightDecay", 0.0).With("step", 3.0).Run();
    };
    std::vector<std::vector<float>> results;
    for (const bool at_once : {true, false}) {
      Tensor<float> w({in, out}), b({1, out}), w_mean({in, out}), b_mean({1, out}), w_squares({in, out});
      Tensor<float> b_squares({1, out});
      for (auto* tensor : {&w, &b, &w_mean, &b_mean, &w_squares, &b_squares}) *tensor = 0.5f;
      if (at_once) {
        Call<float> call("fully_connected_adam_bfloat16");
        call.With("x", x).With("dz", dz).With("w", w).With("b", b).With("wMean", w_mean).With("bMean", b_mean);
        run(call.With("wSquares", w_squares).With("bSquares", b_squares));
      } else {
        Call<float> weights("adam_update"), biases("adam_update");
        run(weights.With("theta", w).With("gradient", dw).With("mean", w_mean).With("squares", w_squares));
        run(biases.With("theta", b).With("gradient", db).With("mean", b_mean).With("squares", b_squares));
      }
      std::vector<float> all;
      for (const auto* tensor : {&w, &b, &w_mean, &b_mean, &w_squares, &b_squares}) {
        all.insert(all.end(), tensor->data(), tensor->data() + tensor->size());
      }
      results.push_back(all);
    }
    CHECK(results[0] == results[1]);
  });
}

TEST_CASE("products in bfloat16 have the same bits on any number of threads") {
  ForAllWays([] {
    for (const Size& s : {Size{256, 700, 130}, Size{700, 40, 256}, Size{64, 128, 785}}) {
      Tensor<float> x({s.m, s.k}), w({s.k, s.n}), b({1, s.n}), dz({s.m, s.n});
      Numbers numbers(s.m);
      for (auto* tensor : {&x, &w, &b, &dz}) numbers.Fill(*tensor);
      CheckThreadsDoNotMatter<float>({s.m, s.n}, [&](Context& context, Tensor<float>& z) {
        Call<float>("fully_connected_forward_bfloat16")
            .With("x", x)
            .With("w", w)
            .With("b", b)
            .With("z", z)
            .Run(context);
      });
      CheckThreadsDoNotMatter<float>({s.m, s.k}, [&](Context& context, Tensor<float>& dx) {
        Call<float>("fully_connected_backward_input_bfloat16")
            .With("w", w)
            .With("dz", dz)
            .With("dx", dx)
            .With("accumulate", 0.0)
            .Run(context);
      });
      CheckThreadsDoNotMatter<float>({s.k, s.n}, [&](Context& context, Tensor<float>& dw) {
        Tensor<float> db({1, s.n});
        Call<float>("fully_connected_backward_weights_bfloat16")
            .With("x", x)
            .With("dz", dz)
            .With("dw", dw)
            .With("db", db)
            .With("accumulate", 0.0)
            .Run(context);
      });
    }
  });
}

TEST_CASE("products in bfloat16 are refused in float64, and where shapes do not fit") {
  ForAllWays([] {
    Tensor<double> a({2, 3}), b({3, 2}), y({2, 2});
    CHECK_THROWS_AS(
        Call<double>("product_over_rows_bfloat16").With("a", b).With("b", b).With("y", y).With("accumulate", 0.0).Run(),
        InvalidArgument);
    for (const size_t size : {3, 300}) {
      Tensor<float> x({size, size}), w({size + 1, size}), z({size, size}), bias({1, size});
      CHECK_THROWS_AS(
          Call<float>("fully_connected_forward_bfloat16").With("x", x).With("w", w).With("b", bias).With("z", z).Run(),
          InvalidArgument);
    }
  });
}

}  // namespace blasnet::testing
