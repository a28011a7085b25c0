#include "test/optimizers.h"

namespace blasnet::testing {

TEST_CASE_TEMPLATE("average_weights", T, float, double) {
  for (const size_t size : kOddSizes) {
    CAPTURE(size);
    Tensor<T> weights({size}), average({size});
    Numbers numbers(size);
    numbers.Fill(weights), numbers.Fill(average);
    const std::vector<T> before = average.values();
    Call<T>("average_weights").With("weights", weights).With("average", average).With("decay", 0.875).Run();
    Worst worst;
    for (size_t i = 0; i < size; ++i) {
      const long double expected = 0.875L * before[i] + 0.125L * weights[i];
      worst.Add(average[i], expected, 2 * kEpsilon<T> * (1 + std::abs(expected)));
    }
    CHECK(worst.ratio() <= 1);
    // Averages of weights that stay are those weights, whatever the rounding of decay.
    std::copy_n(weights.data(), size, average.data());
    Call<T>("average_weights").With("weights", weights).With("average", average).With("decay", 0.9999).Run();
    CHECK(average.values() == weights.values());
  }
}

TEST_CASE_TEMPLATE("begin_averaging goes on from the trained weights, or begins with others", T, float, double) {
  const std::vector<T> none;
  for (const bool has_statistics : {false, true}) {
    for (const int changed : {0, 1, 2}) {  // nothing, weights, statistics
      if (changed == 2 && !has_statistics) continue;
      CAPTURE(changed);
      const size_t count = has_statistics ? 2 : 0;
      Tensor<T> theta({3}, {1, 2, 3}), trained({3}, {4, 5, 6}), average({3}, {1, 2, 3});
      Tensor<T> statistics({count}, has_statistics ? std::vector<T>{7, 8} : none);
      Tensor<T> trained_statistics({count}, has_statistics ? std::vector<T>{-7, -8} : none);
      Tensor<T> average_statistics({count}, statistics.values());
      if (changed == 1) theta[1] = T(2.5);
      if (changed == 2) statistics[1] = T(8.5);
      Call<T>("begin_averaging")
          .With("theta", theta)
          .With("trained", trained)
          .With("average", average)
          .With("statistics", statistics)
          .With("trainedStatistics", trained_statistics)
          .With("averageStatistics", average_statistics)
          .Run();
      CHECK(trained.values() == std::vector<T>{4, 5, 6});
      if (changed == 0) {
        CHECK(theta.values() == trained.values());
        CHECK(average.values() == std::vector<T>{1, 2, 3});
        CHECK(statistics.values() == trained_statistics.values());
      } else {
        CHECK(theta.values() == (changed == 1 ? std::vector<T>{1, 2.5, 3} : std::vector<T>{1, 2, 3}));
        CHECK(average.values() == theta.values());
        CHECK(average_statistics.values() == statistics.values());
      }
    }
  }
}

}  // namespace blasnet::testing
