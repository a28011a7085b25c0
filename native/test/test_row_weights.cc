#include "test/testing.h"

namespace blasnet::testing {

namespace {

template <class T>
std::vector<T> RowWeights(Tensor<T>& y, Tensor<double>& by_class, Tensor<T>& by_row, double are_numbers = 0) {
  Tensor<T> weights({y.shape()[0]});
  Call<T>("row_weights")
      .With("y", y)
      .With("classWeights", by_class)
      .With("sampleWeights", by_row)
      .With("weights", weights)
      .With("areNumbers", are_numbers)
      .Run();
  return weights.values();
}

template <class T>
void AddRowLosses(Tensor<T>& losses, Tensor<T>& weights, Tensor<double>& scalars) {
  Call<T>("add_row_losses").With("losses", losses).With("weights", weights).With("scalars", scalars).Run();
}

}  // namespace

TEST_CASE_TEMPLATE("row_weights: a row's own weight times that of its class", T, float, double) {
  Tensor<T> one_hot({3, 2}, {1, 0, 0, 1, T(0.5), T(0.5)}), yes_or_no({3, 1}, {0, 1, T(0.25)}),
      numbers({3, 1}, {2, 0, 1});
  Tensor<double> no_classes({0}), two({2}, {2, 8}), three({3}, {1, 2, 4});
  Tensor<T> no_rows({0}), rows({3}, {1, 10, 0});
  CHECK(RowWeights(one_hot, no_classes, rows) == std::vector<T>{1, 10, 0});
  CHECK(RowWeights(one_hot, two, no_rows) == std::vector<T>{2, 8, 5});
  CHECK(RowWeights(one_hot, two, rows) == std::vector<T>{2, 80, 0});
  CHECK(RowWeights(yes_or_no, two, no_rows) == std::vector<T>{2, 8, 3.5});
  CHECK(RowWeights(numbers, three, rows, 1) == std::vector<T>{4, 10, 0});
  CHECK(RowWeights(numbers, no_classes, no_rows) == std::vector<T>{1, 1, 1});
  CHECK_THROWS_AS(RowWeights(one_hot, three, no_rows), InvalidArgument);
  CHECK_THROWS_AS(RowWeights(one_hot, three, no_rows, 1), InvalidArgument);
  CHECK_THROWS_AS(RowWeights(numbers, two, no_rows, 1), InvalidArgument);
  Tensor<T> few({2}, {1, 1});
  CHECK_THROWS_AS(RowWeights(one_hot, two, few), InvalidArgument);
}

TEST_CASE_TEMPLATE("add_row_losses sums losses by weight, in double", T, float, double) {
  for (const size_t rows : kOddSizes) {
    Tensor<T> losses({rows, 1}), weights({rows}), none({0});
    Numbers numbers(rows);
    numbers.Fill(losses, 0, 2), numbers.Fill(weights, 0, 3);
    for (Tensor<T>* given : {&weights, &none}) {
      Tensor<double> scalars({scalars::kCount});
      scalars = 1;
      AddRowLosses(losses, *given, scalars);
      long double sum = 0;
      for (size_t i = 0; i < rows; ++i)
        sum += losses[i] * (given->size() == 0 ? 1 : static_cast<long double>(weights[i]));
      const long double tolerance = kEpsilon<double> * 8 * (rows + 1) * (rows + 1);
      CHECK(scalars[scalars::kRows] == 1 + static_cast<double>(rows));
      CHECK(std::abs(scalars[scalars::kLossSum] - (1 + sum)) <= tolerance);
      CHECK(std::abs(scalars[scalars::kBatchLoss] - sum / rows) <= tolerance);
    }
  }
  Tensor<T> losses({3}), short_weights({2});
  losses = 0, short_weights = 0;
  Tensor<double> scalars({scalars::kCount}), few({scalars::kCount - 1});
  scalars = 0, few = 0;
  CHECK_THROWS_AS(AddRowLosses(losses, short_weights, scalars), InvalidArgument);
  CHECK_THROWS_AS(AddRowLosses(losses, losses, few), InvalidArgument);
}

TEST_CASE_TEMPLATE("add_loss_part adds the losses of several outputs up by their weights", T, float, double) {
  Tensor<double> first({scalars::kCount}), second({scalars::kCount}), total({scalars::kCount});
  first = 0, second = 0, total = 0;
  total[scalars::kRows] = 10, total[scalars::kLossSum] = 5, total[scalars::kBatchLoss] = 77;
  first[scalars::kBatchLoss] = 2, second[scalars::kBatchLoss] = 3;
  const auto add = [&](Tensor<double>& part, double factor, double is_first) {
    Call<T>("add_loss_part")
        .With("part", part)
        .With("factor", factor)
        .With("rows", 4.0)
        .With("isFirst", is_first)
        .With("scalars", total)
        .Run();
  };
  add(first, 1, 1);
  add(second, 0.5, 0);
  CHECK(total[scalars::kRows] == 14);
  CHECK(total[scalars::kLossSum] == 5 + 4 * 2 + 4 * 1.5);
  CHECK(total[scalars::kBatchLoss] == 3.5);
  Tensor<double> few({scalars::kCount - 1});
  few = 0;
  CHECK_THROWS_AS(add(few, 1, 1), InvalidArgument);
}

}  // namespace blasnet::testing
