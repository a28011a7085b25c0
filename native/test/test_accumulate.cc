#include "test/testing.h"

namespace blasnet::testing {

TEST_CASE_TEMPLATE("accumulate_gradient weighs by rows and begins anew with each group; mean_gradient divides", T,
                   float, double) {
  struct Batch {
    double first_row, rows, count;
  };
  // Groups of two batches of 8 rows; the last batch has 3.
  const std::vector<Batch> batches = {{0, 8, 8}, {8, 8, 16}, {16, 8, 8}, {24, 3, 11}, {0, 8, 8}};
  for (const size_t size : kOddSizes) {
    CAPTURE(size);
    Tensor<T> gradient({size}), sum({size}), mean({size});
    sum = 1e9;  // of an epoch that was not finished
    Tensor<double> count({1});
    std::vector<long double> expected(size);
    for (size_t b = 0; b < batches.size(); ++b) {
      const auto [first_row, rows, counted] = batches[b];
      CAPTURE(b);
      Numbers(size + b).Fill(gradient);
      Call<T>("accumulate_gradient")
          .With("gradient", gradient)
          .With("sum", sum)
          .With("rows", rows)
          .With("firstRow", first_row)
          .With("groupRows", 16)
          .With("groupCount", count)
          .Run();
      CHECK(count[0] == counted);
      Call<T>("mean_gradient").With("sum", sum).With("rows", count[0]).With("gradient", mean).Run();
      Worst worst;
      for (size_t i = 0; i < size; ++i) {
        expected[i] = (b % 2 == 0 ? 0 : expected[i]) + rows * gradient[i];
        worst.Add(sum[i], expected[i], 4 * kEpsilon<T> * (rows + std::abs(expected[i])));
        worst.Add(mean[i], expected[i] / counted, 8 * kEpsilon<T> * (1 + std::abs(expected[i] / counted)));
      }
      CHECK(worst.ratio() <= 1);
    }
  }
}

}  // namespace blasnet::testing
