#include "test/testing.h"

namespace blasnet::testing {

TEST_CASE_TEMPLATE("sgd_update is θ − ηg", T, float, double) {
  for (const size_t size : {1, 3, 17, 64, 65, 40001}) {
    CAPTURE(size);
    for (const double rate : {0.0, 0.1, 2.5}) {
      Tensor<T> theta({size}), gradient({size});
      Numbers numbers(size);
      numbers.Fill(theta), numbers.Fill(gradient);
      const std::vector<T> before = theta.values();
      Call<T>("sgd_update").With("theta", theta).With("gradient", gradient).With("learningRate", rate).Run();
      Worst worst;
      for (size_t i = 0; i < size; ++i) {
        const long double change = static_cast<long double>(static_cast<T>(rate)) * gradient[i];
        // One rounding of the result, and one of the product where there is no fused multiply-add.
        worst.Add(theta[i], before[i] - change, kEpsilon<T> * (std::abs(before[i]) + std::abs(change)));
      }
      CHECK(worst.ratio() <= 1);
    }
  }
}

TEST_CASE_TEMPLATE("sgd_update refuses a gradient of another size", T, float, double) {
  Tensor<T> theta({5}, {1, 2, 3, 4, 5}), gradient({4});
  const auto update = [&] {
    Call<T>("sgd_update").With("theta", theta).With("gradient", gradient).With("learningRate", 1.0).Run();
  };
  CHECK_THROWS_WITH_AS(update(), "Expected 5 for gradient's size but received 4", InvalidArgument);
  CHECK(theta.values() == std::vector<T>{1, 2, 3, 4, 5});
}

}  // namespace blasnet::testing
