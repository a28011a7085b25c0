#include "test/testing.h"

namespace blasnet::testing {

TEST_CASE_TEMPLATE("losses of the steps that count, and their weights", T, float, double) {
  // Two sequences of three steps; losses of steps that do not count are anything.
  Tensor<T> mask({2, 3}, {1, 1, 0, 0, 1, 0}), losses({6}, {1, 2, kNaN<T>, kInfinity<T>, 4, kNaN<T>});
  Tensor<T> by_step({6}, {1, 2, 3, 4, 5, 6}), by_row({2}, {1, 10}), none({0}), weights({6}), gradient({6});
  const auto weigh = [&](Tensor<T>& steps, Tensor<T>& rows) {
    Call<T>("step_weights")
        .With("mask", mask)
        .With("stepWeights", steps)
        .With("rowWeights", rows)
        .With("weights", weights)
        .Run();
    return weights.values();
  };
  CHECK(weigh(none, none) == std::vector<T>{1, 1, 0, 0, 1, 0});
  CHECK(weigh(by_step, by_row) == std::vector<T>{1, 2, 0, 0, 50, 0});
  Tensor<double> scalars({scalars::kCount});
  scalars = 0;
  const auto add = [&](double scale) {
    Call<T>("add_step_losses")
        .With("losses", losses)
        .With("weights", weights)
        .With("mask", mask)
        .With("steps", 3.0)
        .With("scale", scale)
        .With("scalars", scalars)
        .Run();
  };
  add(3);
  CHECK(scalars[scalars::kRows] == 1);
  CHECK(scalars[scalars::kLossSum] == doctest::Approx((1 + 4 + 200) / 3.0));
  CHECK(scalars[scalars::kBatchLoss] == scalars[scalars::kLossSum]);
  add(1);
  CHECK(scalars[scalars::kRows] == 2);
  CHECK(scalars[scalars::kBatchLoss] == 205);
  Call<T>("step_gradient")
      .With("weights", weights)
      .With("mask", mask)
      .With("steps", 3.0)
      .With("scale", 3.0)
      .With("factor", 6.0)
      .With("gradient", gradient)
      .Run();
  CHECK(gradient.values() == std::vector<T>{2, 4, 0, 0, 100, 0});
}

TEST_CASE("a batch of which no step counts has the loss 0 and no gradient") {
  Tensor<double> mask({1, 2}, {0, 0}), losses({2}, {kNaN<double>, 1}), weights({2}, {0, 0}), gradient({2});
  Tensor<double> scalars({scalars::kCount});
  scalars = 0;
  Call<double>("add_step_losses")
      .With("losses", losses)
      .With("weights", weights)
      .With("mask", mask)
      .With("steps", 2.0)
      .With("scale", 2.0)
      .With("scalars", scalars)
      .Run();
  CHECK(scalars[scalars::kBatchLoss] == 0);
  CHECK(scalars[scalars::kRows] == 0);
  Call<double>("step_gradient")
      .With("weights", weights)
      .With("mask", mask)
      .With("steps", 2.0)
      .With("scale", 2.0)
      .With("factor", 1.0)
      .With("gradient", gradient)
      .Run();
  CHECK(gradient.values() == std::vector<double>{0, 0});
}

}  // namespace blasnet::testing
