#include "test/optimizers.h"

namespace blasnet::testing {

using Values = std::vector<long double>;

TEST_CASE_TEMPLATE("lazy_adam_update moves the rows that have a gradient", T, float, double) {
  for (const size_t size : {1, 3, 17, 65, 3000}) {
    CAPTURE(size);
    const size_t rows = 11;
    Tensor<T> theta({rows, size}), gradient({rows, size}), mean({rows, size}), squares({rows, size});
    Numbers numbers(size);
    numbers.Fill(theta), numbers.Fill(gradient), numbers.Fill(mean), numbers.Fill(squares, 0, 1);
    for (size_t row = 0; row < rows; row += 3) {
      for (size_t j = 0; j < size; ++j) gradient[row * size + j] = j % 2 == 0 ? T(0) : -T(0);
    }
    gradient[4 * size + size - 1] = std::numeric_limits<T>::quiet_NaN();  // which is not 0
    for (size_t j = 0; j + 1 < size; ++j) gradient[4 * size + j] = 0;
    for (size_t j = 0; j + 1 < size; ++j) gradient[5 * size + j] = 0;  // all but the last
    const std::vector<T> old[] = {theta.values(), mean.values(), squares.values()};
    for (const size_t threads : {1, 2}) {
      Pool pool(threads);
      Context context{pool};
      Tensor<T> t({rows, size}, old[0]), m({rows, size}, old[1]), v({rows, size}, old[2]);
      Call<T>("lazy_adam_update")
          .With("theta", t)
          .With("gradient", gradient)
          .With("mean", m)
          .With("squares", v)
          .With("learningRate", 0.1)
          .With("beta1", 0.75)
          .With("beta2", 0.5)
          .With("epsilon", 0.01)
          .With("weightDecay", 0.25)
          .With("step", 2)
          .Run(context);
      Worst worst;
      bool stays = true;
      for (size_t i = 0; i < rows * size; ++i) {
        const long double g = gradient[i];
        if (i / size % 3 == 0) {
          stays = stays && t[i] == old[0][i] && m[i] == old[1][i] && v[i] == old[2][i];
        } else if (std::isnan(gradient[i])) {
          CHECK(std::isnan(t[i]));
        } else {
          const long double first = 0.75L * old[1][i] + 0.25L * g, second = 0.5L * old[2][i] + 0.5L * g * g;
          const long double rate = 0.1L * std::sqrt(1 - 0.125L) / (1 - 0.421875L);
          const long double expected = 0.975L * old[0][i] - rate * first / (0.01L + std::sqrt(second));
          const auto add = [&](T value, long double right) {
            worst.Add(value, right, 16 * kEpsilon<T> * (1 + std::abs(right)));
          };
          add(t[i], expected), add(m[i], first), add(v[i], second);
        }
      }
      CHECK(stays);
      CHECK(worst.ratio() <= 1);
    }
  }
}

TEST_CASE_TEMPLATE("momentum_update", T, float, double) {
  CheckUpdate<T>("momentum_update", {"theta", "velocity"}, {{"learningRate", 0.1}, {"momentum", 0.9}},
                 [](long double g, Values& v) {
                   v[1] = 0.9L * v[1] + 0.1L * g;
                   v[0] -= v[1];
                 });
}

TEST_CASE_TEMPLATE("nag_update moves the weights, and θ ahead of them", T, float, double) {
  CheckUpdate<T>("nag_update", {"theta", "velocity", "origin"}, {{"learningRate", 0.1}, {"momentum", 0.75}},
                 [](long double g, Values& v) {
                   v[1] = 0.75L * v[1] + 0.1L * g;
                   v[2] -= v[1];
                   v[0] = v[2] - 0.75L * v[1];
                 });
}

TEST_CASE_TEMPLATE("nag_begin moves θ by αv and keeps where it was", T, float, double) {
  for (const size_t size : kOddSizes) {
    Tensor<T> theta({size}), velocity({size}), origin({size});
    Numbers numbers(size);
    numbers.Fill(theta), numbers.Fill(velocity);
    const std::vector<T> before = theta.values();
    Call<T>("nag_begin")
        .With("theta", theta)
        .With("velocity", velocity)
        .With("origin", origin)
        .With("momentum", 0.5)
        .Run();
    CHECK(origin.values() == before);
    Worst worst;
    for (size_t i = 0; i < size; ++i) {
      worst.Add(theta[i], before[i] - 0.5L * velocity[i], kEpsilon<T> * (1 + std::abs(before[i])));
    }
    CHECK(worst.ratio() <= 1);
  }
}

TEST_CASE_TEMPLATE("ada_grad_update", T, float, double) {
  CheckUpdate<T>("ada_grad_update", {"theta", "squares"}, {{"learningRate", 0.1}, {"epsilon", 1e-3}},
                 [](long double g, Values& v) {
                   v[1] += g * g;
                   v[0] -= 0.1L * g / (1e-3L + std::sqrt(v[1]));
                 });
}

TEST_CASE_TEMPLATE("ada_grad_update leaves what has no gradient, even without ε", T, float, double) {
  Tensor<T> theta({3}, {1, 2, 3}), gradient({3}, {0, 0, 0}), squares({3}, {0, 4, 0});
  Call<T>("ada_grad_update")
      .With("theta", theta)
      .With("gradient", gradient)
      .With("squares", squares)
      .With("learningRate", 1)
      .With("epsilon", 0)
      .Run();
  CHECK(theta.values() == std::vector<T>{1, 2, 3});
}

TEST_CASE_TEMPLATE("ada_delta_update", T, float, double) {
  CheckUpdate<T>("ada_delta_update", {"theta", "squares", "deltas"}, {{"decay", 0.75}, {"epsilon", 1e-2}},
                 [](long double g, Values& v) {
                   v[1] = 0.75L * v[1] + 0.25L * g * g;
                   const long double d = std::sqrt((0.01L + v[2]) / (0.01L + v[1])) * g;
                   v[0] -= d;
                   v[2] = 0.75L * v[2] + 0.25L * d * d;
                 });
}

TEST_CASE_TEMPLATE("rms_prop_update", T, float, double) {
  CheckUpdate<T>("rms_prop_update", {"theta", "squares"}, {{"learningRate", 0.1}, {"decay", 0.75}, {"epsilon", 1e-2}},
                 [](long double g, Values& v) {
                   v[1] = 0.75L * v[1] + 0.25L * g * g;
                   v[0] -= 0.1L * g / std::sqrt(0.01L + v[1]);
                 });
}

TEST_CASE_TEMPLATE("adam_update, with and without weight decay, at the first step and at a later one", T, float,
                   double) {
  for (const double decay : {0.0, 0.25}) {
    for (const double step : {0.0, 6.0}) {
      CAPTURE(decay);
      CAPTURE(step);
      CheckUpdate<T>("adam_update", {"theta", "mean", "squares"},
                     {{"learningRate", 0.125},
                      {"beta1", 0.75},
                      {"beta2", 0.875},
                      {"epsilon", 0.015625},
                      {"weightDecay", decay},
                      {"step", step}},
                     [&](long double g, Values& v) {
                       const long double t = step + 1;
                       v[1] = 0.75L * v[1] + 0.25L * g;
                       v[2] = 0.875L * v[2] + 0.125L * g * g;
                       const long double mean = v[1] / (1 - std::pow(0.75L, t));
                       const long double squares = v[2] / (1 - std::pow(0.875L, t));
                       v[0] -= 0.125L * decay * v[0];
                       v[0] -= 0.125L * mean / (0.015625L + std::sqrt(squares));
                     });
    }
  }
}

TEST_CASE_TEMPLATE("adam_update keeps weights finite where squares of the gradient overflow", T, float, double) {
  constexpr size_t kSize = 37;  // whole vectors and a rest
  const T large = std::sqrt(std::numeric_limits<T>::max()) * 8;
  Tensor<T> theta({kSize}), gradient({kSize}), mean({kSize}), squares({kSize});
  theta = 1, mean = 0, squares = 0, gradient = large;
  Call<T>("adam_update")
      .With("gradient", gradient)
      .With("theta", theta)
      .With("mean", mean)
      .With("squares", squares)
      .With("learningRate", 0.125)
      .With("beta1", 0.5)
      .With("beta2", 0.75)
      .With("epsilon", 0.015625)
      .With("weightDecay", 0)
      .With("step", 0)
      .Run();
  // m̂ = g; v̂ = largest / (1 − β₂)
  const T expected = 1 - T(0.125) * large / (std::sqrt(std::numeric_limits<T>::max()) * 2);
  for (size_t i = 0; i < kSize; ++i) CHECK(theta[i] == doctest::Approx(expected).epsilon(1e-5));
}

TEST_CASE_TEMPLATE("an optimizer refuses arrays of other sizes", T, float, double) {
  Tensor<T> theta({5}), gradient({4}), velocity({4});
  const auto update = [&] {
    Call<T>("momentum_update")
        .With("theta", theta)
        .With("gradient", gradient)
        .With("velocity", velocity)
        .With("learningRate", 1)
        .With("momentum", 0)
        .Run();
  };
  CHECK_THROWS_WITH_AS(update(), "Expected 4 for an array's size but received 5", InvalidArgument);
}

TEST_CASE_TEMPLATE("clip_value cuts each number", T, float, double) {
  for (const size_t size : kOddSizes) {
    Tensor<T> gradient({size});
    Numbers(size).Fill(gradient);
    const std::vector<T> before = gradient.values();
    Call<T>("clip_value").With("gradient", gradient).With("limit", 0.5).Run();
    for (size_t i = 0; i < size; ++i) CHECK(gradient[i] == std::clamp<T>(before[i], T(-0.5), T(0.5)));
  }
  Tensor<T> lost({4}, {kNaN<T>, kInfinity<T>, -kInfinity<T>, 0});
  Call<T>("clip_value").With("gradient", lost).With("limit", 2).Run();
  CHECK(std::isnan(lost[0]));
  CHECK(lost.values()[1] == 2);
  CHECK(lost.values()[2] == -2);
}

TEST_CASE_TEMPLATE("clip_norm scales what is too long, and only that", T, float, double) {
  for (const size_t size : {1, 3, 17, 65, 513, 40001}) {
    CAPTURE(size);
    for (const double limit : {0.01, 1e6}) {
      Tensor<T> gradient({size});
      Numbers(size).Fill(gradient);
      const std::vector<T> before = gradient.values();
      long double squares = 0;
      for (const T g : before) squares += static_cast<long double>(g) * g;
      const long double norm = std::sqrt(squares), factor = norm > limit ? limit / norm : 1;
      Call<T>("clip_norm").With("gradient", gradient).With("limit", limit).Run();
      Worst worst;
      for (size_t i = 0; i < size; ++i) {
        worst.Add(gradient[i], before[i] * factor, 128 * kEpsilon<T> * std::abs(before[i] * factor));
      }
      CHECK(worst.ratio() <= 1);
    }
  }
}

}  // namespace blasnet::testing
