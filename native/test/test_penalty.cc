#include "test/testing.h"

namespace blasnet::testing {

TEST_CASE_TEMPLATE("l1 and l2 penalties add to the losses' sums", T, float, double) {
  for (const size_t size : {1, 3, 17, 65, 513, 40001}) {
    CAPTURE(size);
    Tensor<T> w({size});
    Numbers(size).Fill(w);
    long double sum = 0, squares = 0;
    for (const T value : w.values()) {
      sum += std::abs(static_cast<long double>(value));
      squares += static_cast<long double>(value) * value;
    }
    for (const auto& [kernel, penalty] : {std::pair{"l1_penalty", 0.25L * sum}, {"l2_penalty", 0.25L * squares / 2}}) {
      CAPTURE(kernel);
      Tensor<double> scalars({scalars::kCount});
      scalars = 0;
      scalars[scalars::kLossSum] = 3;
      scalars[scalars::kBatchLoss] = 1.5;
      scalars[scalars::kRows] = 8;
      Call<T>(kernel).With("w", w).With("lambda", 0.25).With("rows", 4).With("scalars", scalars).Run();
      Worst worst;
      worst.Add(scalars[scalars::kLossSum], 3 + penalty, 128 * kEpsilon<T> * (3 + penalty));
      worst.Add(scalars[scalars::kBatchLoss], 1.5L + penalty / 4, 128 * kEpsilon<T> * (3 + penalty));
      CHECK(worst.ratio() <= 1);
      CHECK(scalars[scalars::kRows] == 8);
    }
  }
}

TEST_CASE_TEMPLATE("l1 and l2 gradients add λ sign(w) / m and λw / m", T, float, double) {
  for (const size_t size : {1, 3, 17, 64, 65, 40001}) {
    CAPTURE(size);
    Tensor<T> w({size}), l1({size}), l2({size});
    Numbers numbers(size);
    numbers.Fill(w), numbers.Fill(l1);
    w[size / 2] = 0;  // where |w| has no derivative, and 0 is taken for it
    const std::vector<T> before = l1.values();
    for (size_t i = 0; i < size; ++i) l2[i] = before[i];
    Call<T>("l1_gradient").With("w", w).With("dw", l1).With("lambda", 0.5).With("rows", 4).Run();
    Call<T>("l2_gradient").With("w", w).With("dw", l2).With("lambda", 0.5).With("rows", 4).Run();
    Worst worst;
    for (size_t i = 0; i < size; ++i) {
      const int sign = (w[i] > 0) - (w[i] < 0);
      worst.Add(l1[i], before[i] + 0.125L * sign, kEpsilon<T>);
      worst.Add(l2[i], before[i] + 0.125L * w[i], kEpsilon<T>);
    }
    CHECK(worst.ratio() <= 1);
  }
}

}  // namespace blasnet::testing
