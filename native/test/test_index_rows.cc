#include "test/testing.h"

namespace blasnet::testing {

namespace {

template <class T>
void Gather(Tensor<int32_t>& source, Tensor<int32_t>& order, double first_row, Tensor<int32_t>& x) {
  Call<T>("gather_index_rows")
      .With("source", source)
      .With("order", order)
      .With("firstRow", first_row)
      .With("x", x)
      .Run();
}

template <class T>
void Copy(Tensor<int32_t>& source, double first_row, Tensor<int32_t>& x) {
  Call<T>("copy_index_rows").With("source", source).With("firstRow", first_row).With("x", x).Run();
}

}  // namespace

TEST_CASE_TEMPLATE("batches of indices are rows of the data set", T, float, double) {
  constexpr size_t kSourceRows = 70;
  for (const size_t rows : kOddSizes) {
    for (const size_t cols : kOddSizes) {
      INFO("rows, cols = ", rows, ", ", cols);
      Tensor<int32_t> source({kSourceRows, cols}), order({kSourceRows});
      for (size_t i = 0; i < source.size(); ++i) source[i] = static_cast<int32_t>(i * 2654435761u);
      for (size_t i = 0; i < kSourceRows; ++i) order[i] = static_cast<int32_t>(i * 37 % kSourceRows);
      for (const size_t first : {size_t{0}, size_t{2}, kSourceRows - rows}) {
        Tensor<int32_t> gathered({rows, cols}), copied({rows, cols});
        Gather<T>(source, order, static_cast<double>(first), gathered);
        Copy<T>(source, static_cast<double>(first), copied);
        bool same = true;
        for (size_t i = 0; i < rows; ++i) {
          for (size_t j = 0; j < cols; ++j) {
            same = same && gathered[i * cols + j] == source[(first + i) * 37 % kSourceRows * cols + j];
            same = same && copied[i * cols + j] == source[(first + i) * cols + j];
          }
        }
        CHECK(same);
      }
    }
  }
}

TEST_CASE_TEMPLATE("an index for each row needs no second dimension", T, float, double) {
  Tensor<int32_t> source({4}, {5, 6, 7, 8}), order({4}, {3, 1, 0, 2}), gathered({2}), copied({2});
  Gather<T>(source, order, 1, gathered);
  Copy<T>(source, 2, copied);
  CHECK(gathered.values() == std::vector<int32_t>{6, 5});
  CHECK(copied.values() == std::vector<int32_t>{7, 8});
}

TEST_CASE_TEMPLATE("rows of no indices are gathered", T, float, double) {
  Tensor<int32_t> source({5, 0}), x({3, 0}), order({5}, {4, 3, 2, 1, 0});
  Gather<T>(source, order, 1, x);
  Copy<T>(source, 1, x);
  CHECK_THROWS_AS(Gather<T>(source, order, 3, x), InvalidArgument);
  CHECK_THROWS_AS(Copy<T>(source, 3, x), InvalidArgument);
}

TEST_CASE_TEMPLATE("indices outside of the data set are refused", T, float, double) {
  Tensor<int32_t> source({5, 3}), x({2, 3}), six({6, 3}), wide({2, 4}), order({5}, {4, 3, 2, 1, 0}), none({0});
  source = 1, x = 2;
  for (const double first : {4.0, 5.0, 6.0, 1e18, 1e300, -1.0, -0.5, kInfinity<double>, kNaN<double>}) {
    CAPTURE(first);
    CHECK_THROWS_AS(Gather<T>(source, order, first, x), InvalidArgument);
    CHECK_THROWS_AS(Copy<T>(source, first, x), InvalidArgument);
  }
  for (const int32_t bad : {5, -1, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()}) {
    CAPTURE(bad);
    Tensor<int32_t> to_nowhere({2}, {0, bad});
    CHECK_THROWS_AS(Gather<T>(source, to_nowhere, 0, x), InvalidArgument);
  }
  CHECK_THROWS_AS(Gather<T>(source, none, 0, x), InvalidArgument);
  CHECK_THROWS_AS(Gather<T>(source, order, 0, six), InvalidArgument);
  CHECK_THROWS_AS(Copy<T>(source, 0, six), InvalidArgument);
  CHECK_THROWS_AS(Gather<T>(source, order, 0, wide), InvalidArgument);
  CHECK_THROWS_AS(Copy<T>(source, 0, wide), InvalidArgument);
  CHECK(x.values() == std::vector<int32_t>(6, 2));
}

}  // namespace blasnet::testing
