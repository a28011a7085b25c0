#include "test/testing.h"
#include "test/tier.h"

namespace blasnet::testing {

namespace {

struct Size {
  size_t m, k, n;
};

// Which way a product goes depends on its rows and on m·n·k (math/matmul-inl.h): register blocks, one BLAS call, tiles.
std::vector<Size> Sizes() {
  std::vector<Size> sizes;
  for (const size_t m : kOddSizes) {
    for (const size_t k : kOddSizes) {
      for (const size_t n : kOddSizes) sizes.push_back({m, k, n});
    }
  }
  const Size others[] = {
      // the last small products and the first that are not, by rows, by multiplications and by the scratch for a factor
      {4, 300, 500},
      {5, 300, 500},
      {64, 64, 128},
      {65, 64, 128},
      {5, 64, 64},
      {5, 63, 66},
      {32, 64, 64},
      {33, 64, 64},
      // ends of register blocks for every length of vector
      {4, 2, 8},
      {7, 5, 9},
      {8, 9, 16},
      {6, 7, 24},
      {2, 11, 33},
      {130, 65, 129},  // one call
      {70, 257, 300},
      {300, 257, 70},  // tiles of columns, of rows
      {33, 4000, 33},  // a second tile of one column
      {1, 4096, 1100},
      {1100, 4096, 1},
      {2049, 1, 2100},
      {5, 1025, 1100},
      {257, 256, 260},  // as many tiles as there may be
      {1300, 66, 50},   // gradients of weights in parts of the rows
      {2100, 33, 130},
      // few terms or few columns with rows that lie far apart, and the first shapes that are neither
      {33, 1100, 10},
      {35, 2050, 3},
      {70, 600, 16},
      {70, 600, 17},
      {20, 515, 64},
      {20, 515, 65},
      // one row: panels of every width, a matrix beyond the cache, more columns than sums in one go, tiles
      {1, 9, 191},
      {1, 523, 601},
      {1, 29, 10001},
      {1, 700, 3203},
  };
  sizes.insert(sizes.end(), std::begin(others), std::end(others));
  constexpr size_t kManyTerms = 4400000;
  if (IsQuick()) std::erase_if(sizes, [](const Size& size) { return size.m * size.k * size.n > kManyTerms; });
  return sizes;
}

// A sum of n rounded products is off by at most n · ε/2 · Σ|terms| (N. Higham, Accuracy and Stability of Numerical
// Algorithms, section 3.1), and a few roundings follow it; twice that is allowed.
template <class T>
long double Tolerance(size_t terms, long double magnitude) {
  return static_cast<long double>(terms + 3) * kEpsilon<T> * magnitude;
}

}  // namespace

TEST_CASE_TEMPLATE("fully_connected_forward is X·W + B", T, float, double) {
  for (const Size& size : Sizes()) {
    const size_t m = size.m, k = size.k, n = size.n;
    INFO("m, k, n = ", m, ", ", k, ", ", n);
    Tensor<T> x({m, k}), w({k, n}), b({n}), z({m, n});
    Numbers numbers(m + 100 * k + 10000 * n);
    numbers.Fill(x), numbers.Fill(w), numbers.Fill(b);
    Call<T>("fully_connected_forward").With("x", x).With("w", w).With("b", b).With("z", z).Run();
    Worst worst;
    for (size_t i = 0; i < m; ++i) {
      for (size_t j = 0; j < n; ++j) {
        long double sum = b[j], magnitude = std::abs(b[j]);
        for (size_t l = 0; l < k; ++l) {
          const long double term = static_cast<long double>(x[i * k + l]) * w[l * n + j];
          sum += term;
          magnitude += std::abs(term);
        }
        worst.Add(z[i * n + j], sum, Tolerance<T>(k + 1, magnitude));
      }
    }
    CHECK(worst.ratio() <= 1);
  }
}

TEST_CASE_TEMPLATE("fully_connected_backward_input is dZ·Wᵀ", T, float, double) {
  for (const Size& size : Sizes()) {
    const size_t m = size.m, k = size.k, n = size.n;
    INFO("m, k, n = ", m, ", ", k, ", ", n);
    Tensor<T> w({k, n}), dz({m, n}), dx({m, k});
    Numbers numbers(m + 100 * k + 10000 * n);
    numbers.Fill(w), numbers.Fill(dz);
    Call<T>("fully_connected_backward_input").With("w", w).With("dz", dz).With("dx", dx).Run();
    Worst worst;
    for (size_t i = 0; i < m; ++i) {
      for (size_t j = 0; j < k; ++j) {
        long double sum = 0, magnitude = 0;
        for (size_t l = 0; l < n; ++l) {
          const long double term = static_cast<long double>(dz[i * n + l]) * w[j * n + l];
          sum += term;
          magnitude += std::abs(term);
        }
        worst.Add(dx[i * k + j], sum, Tolerance<T>(n, magnitude));
      }
    }
    CHECK(worst.ratio() <= 1);
  }
}

TEST_CASE_TEMPLATE("fully_connected_backward_weights is Xᵀ·dZ and Σ dZ", T, float, double) {
  for (const Size& size : Sizes()) {
    const size_t m = size.m, k = size.k, n = size.n;
    INFO("m, k, n = ", m, ", ", k, ", ", n);
    Tensor<T> x({m, k}), dz({m, n}), dw({k, n}), db({n});
    Numbers numbers(m + 100 * k + 10000 * n);
    numbers.Fill(x), numbers.Fill(dz);
    Call<T>("fully_connected_backward_weights").With("x", x).With("dz", dz).With("dw", dw).With("db", db).Run();
    Worst worst;
    for (size_t i = 0; i < k; ++i) {
      for (size_t j = 0; j < n; ++j) {
        long double sum = 0, magnitude = 0;
        for (size_t l = 0; l < m; ++l) {
          const long double term = static_cast<long double>(x[l * k + i]) * dz[l * n + j];
          sum += term;
          magnitude += std::abs(term);
        }
        worst.Add(dw[i * n + j], sum, Tolerance<T>(m, magnitude));
      }
    }
    for (size_t j = 0; j < n; ++j) {
      long double sum = 0, magnitude = 0;
      for (size_t l = 0; l < m; ++l) {
        sum += dz[l * n + j];
        magnitude += std::abs(dz[l * n + j]);
      }
      worst.Add(db[j], sum, Tolerance<T>(m, magnitude));
    }
    CHECK(worst.ratio() <= 1);
  }
}

TEST_CASE_TEMPLATE("gradients of a fully connected layer add to what is there", T, float, double) {
  Tensor<T> x({2, 2}, {1, 2, 3, 4}), dz({2, 1}, {10, 100}), w({2, 1}, {5, 7});
  Tensor<T> dw({2, 1}, {1, 1}), db({1}, {1}), dx({2, 2}, {1, 1, 1, 1});
  Call<T> weights("fully_connected_backward_weights");
  weights.With("x", x).With("dz", dz).With("dw", dw).With("db", db).With("accumulate", 1.0).Run();
  CHECK(dw.values() == std::vector<T>{311, 421});
  CHECK(db[0] == 111);
  Call<T> input("fully_connected_backward_input");
  input.With("w", w).With("dz", dz).With("dx", dx).With("accumulate", 1.0).Run();
  CHECK(dx.values() == std::vector<T>{51, 71, 501, 701});
}

TEST_CASE_TEMPLATE("gradients over many rows have the same bits for any number of threads", T, float, double) {
  const size_t m = 1300, k = 66, n = 50;
  Tensor<T> x({m, k}), dz({m, n}), dw({k, n}), db({n});
  Numbers numbers(9);
  numbers.Fill(x), numbers.Fill(dz);
  const auto gradient = [&](size_t threads, double accumulate) {
    Pool pool(threads);
    Context context{pool};
    Call<T> call("fully_connected_backward_weights");
    call.With("x", x).With("dz", dz).With("dw", dw).With("db", db).With("accumulate", accumulate).Run(context);
    return dw.values();
  };
  const std::vector<T> alone = gradient(1, 0);
  CHECK(gradient(2, 0) == alone);
  CHECK(gradient(3, 0) == alone);
  std::vector<T> twice = gradient(2, 1);
  for (T& sum : twice) sum /= 2;
  CHECK(twice == alone);
}

TEST_CASE_TEMPLATE("fully_connected_descend has the bits of a gradient and a step of SGD", T, float, double) {
  for (const Size& size : Sizes()) {
    const size_t m = size.m, k = size.k, n = size.n;
    INFO("m, k, n = ", m, ", ", k, ", ", n);
    Tensor<T> x({m, k}), dz({m, n}), dw({k, n}), db({n}), w({k, n}), b({n});
    Numbers numbers(m + 100 * k + 10000 * n);
    numbers.Fill(x), numbers.Fill(dz), numbers.Fill(w), numbers.Fill(b);
    Tensor<T> w2({k, n}, w.values()), b2({n}, b.values());
    Call<T>("fully_connected_backward_weights").With("x", x).With("dz", dz).With("dw", dw).With("db", db).Run();
    Call<T>("sgd_update").With("theta", w).With("gradient", dw).With("learningRate", 0.3).Run();
    Call<T>("sgd_update").With("theta", b).With("gradient", db).With("learningRate", 0.3).Run();
    Call<T>("fully_connected_descend")
        .With("x", x)
        .With("dz", dz)
        .With("w", w2)
        .With("b", b2)
        .With("learningRate", 0.3)
        .Run();
    CHECK(w2.values() == w.values());
    CHECK(b2.values() == b.values());
  }
}

TEST_CASE_TEMPLATE("weights in panels of columns give the bits of weights in rows", T, float, double) {
  const Size sizes[] = {{1, 70, 64},   {1, 1, 32},     {3, 7, 32},    {16, 300, 96},   {64, 784, 128},
                        {65, 99, 160}, {256, 257, 64}, {31, 64, 256}, {20, 1100, 160}, {128, 128, 512}};
  for (const Size& size : sizes) {
    const size_t m = size.m, k = size.k, n = size.n;
    INFO("m, k, n = ", m, ", ", k, ", ", n);
    Tensor<T> x({m, k}), w({k, n}), b({n}), dz({m, n}), panels({n / 32, k, 32});
    Numbers numbers(m + 100 * k + 10000 * n);
    numbers.Fill(x), numbers.Fill(w), numbers.Fill(b), numbers.Fill(dz);
    Call<T>("weights_to_panels").With("w", w).With("panels", panels).Run();
    bool in_place = true;
    for (size_t i = 0; i < k; ++i) {
      for (size_t j = 0; j < n; ++j) in_place = in_place && panels[(j / 32 * k + i) * 32 + j % 32] == w[i * n + j];
    }
    CHECK(in_place);
    Tensor<T> z({m, n}), z2({m, n}), w2({k, n}), b2({n}, b.values());
    Call<T>("fully_connected_forward").With("x", x).With("w", w).With("b", b).With("z", z).Run();
    Call<T>("fully_connected_forward_panels").With("x", x).With("panels", panels).With("b", b).With("z", z2).Run();
    CHECK(z2.values() == z.values());
    const auto descend = [&](const char* kernel, const char* name, Tensor<T>& weights, Tensor<T>& bias) {
      Call<T> call(kernel);
      call.With("x", x).With("dz", dz).With(name, weights).With("b", bias).With("learningRate", 0.3).Run();
    };
    descend("fully_connected_descend", "w", w, b);
    descend("fully_connected_descend_panels", "panels", panels, b2);
    Call<T>("panels_to_weights").With("panels", panels).With("w", w2).Run();
    CHECK(w2.values() == w.values());
    CHECK(b2.values() == b.values());
  }
}

TEST_CASE_TEMPLATE("weights in panels of other columns or rows are refused", T, float, double) {
  Tensor<T> x({2, 3}), w({3, 64}), b({64}), z({2, 64}), panels({2, 3, 32}), few({1, 3, 32}), low({2, 2, 32}),
      odd({2, 3, 31});
  for (Tensor<T>* wrong : {&few, &low, &odd}) {
    CHECK_THROWS_AS(Call<T>("weights_to_panels").With("w", w).With("panels", *wrong).Run(), InvalidArgument);
    CHECK_THROWS_AS(Call<T>("panels_to_weights").With("panels", *wrong).With("w", w).Run(), InvalidArgument);
    Call<T> forward("fully_connected_forward_panels");
    CHECK_THROWS_AS(forward.With("x", x).With("panels", *wrong).With("b", b).With("z", z).Run(), InvalidArgument);
    Call<T> descend("fully_connected_descend_panels");
    descend.With("x", x).With("dz", z).With("panels", *wrong).With("b", b);
    CHECK_THROWS_AS(descend.With("learningRate", 0.1).Run(), InvalidArgument);
  }
  Tensor<T> many({257, 3}), many_z({257, 64});
  Call<T> deep("fully_connected_descend_panels");
  deep.With("x", many).With("dz", many_z).With("panels", panels).With("b", b);
  CHECK_THROWS_AS(deep.With("learningRate", 0.1).Run(), InvalidArgument);
}

TEST_CASE_TEMPLATE("a fully connected layer takes images as flattened rows", T, float, double) {
  Tensor<T> x({2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), w({4, 1}, {1, 10, 100, 1000}), b({1}, {T(0.5)}), z({2, 1});
  Call<T>("fully_connected_forward").With("x", x).With("w", w).With("b", b).With("z", z).Run();
  CHECK(z[0] == T(4321.5));
  CHECK(z[1] == T(8765.5));
}

TEST_CASE_TEMPLATE("a fully connected layer refuses shapes that do not fit", T, float, double) {
  Tensor<T> x({2, 3}), w({3, 4}), b({4}), z({2, 4});
  Tensor<T> narrow({2, 2}), low({1, 4}), short_b({3}), dx({2, 3}), dw({3, 4}), db({4});
  const auto forward = [](Tensor<T>& x, Tensor<T>& w, Tensor<T>& b, Tensor<T>& z) {
    Call<T>("fully_connected_forward").With("x", x).With("w", w).With("b", b).With("z", z).Run();
  };
  CHECK_THROWS_AS(forward(narrow, w, b, z), InvalidArgument);
  CHECK_THROWS_AS(forward(x, w, short_b, z), InvalidArgument);
  CHECK_THROWS_AS(forward(x, w, b, low), InvalidArgument);
  CHECK_THROWS_WITH_AS(forward(x, w, b, narrow), "Expected 4 for z's width but received 2", InvalidArgument);
  const auto backward_input = [](Tensor<T>& w, Tensor<T>& dz, Tensor<T>& dx) {
    Call<T>("fully_connected_backward_input").With("w", w).With("dz", dz).With("dx", dx).Run();
  };
  CHECK_THROWS_AS(backward_input(w, narrow, dx), InvalidArgument);
  CHECK_THROWS_AS(backward_input(w, z, narrow), InvalidArgument);
  CHECK_THROWS_AS(backward_input(w, low, dx), InvalidArgument);
  const auto backward_weights = [](Tensor<T>& x, Tensor<T>& dz, Tensor<T>& dw, Tensor<T>& db) {
    Call<T>("fully_connected_backward_weights").With("x", x).With("dz", dz).With("dw", dw).With("db", db).Run();
  };
  CHECK_THROWS_AS(backward_weights(x, low, dw, db), InvalidArgument);
  CHECK_THROWS_AS(backward_weights(x, z, narrow, db), InvalidArgument);
  CHECK_THROWS_AS(backward_weights(narrow, z, dw, db), InvalidArgument);
  CHECK_THROWS_AS(backward_weights(x, z, dw, short_b), InvalidArgument);
}

}  // namespace blasnet::testing
