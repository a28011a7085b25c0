#include "test/broadcasting.h"

namespace blasnet::testing {

namespace {

// Shapes of x and of its reduction.
const std::vector<std::pair<Shape, Shape>> kReductions = {
    {{1}, {1}},
    {{17}, {1}},
    {{5}, {5}},
    {{17, 3}, {1, 3}},
    {{3, 65}, {3, 1}},
    {{3, 65}, {1, 1}},
    {{4, 3, 5}, {4, 1, 5}},
    {{4, 3, 5}, {1, 3, 1}},
    {{2, 3, 2, 3, 2}, {2, 1, 2, 1, 2}},
    {{2, 3, 2, 3, 2}, {1, 3, 1, 3, 1}},
    {{700, 130}, {1, 130}},
    {{700, 130}, {700, 1}},
};

template <class T>
void CheckReduction(const char* kernel, const std::function<long double(const std::vector<T>&)>& twin, double scale) {
  for (const auto& [from, to] : kReductions) {
    INFO(kernel << " of " << from.size() << " dimensions, " << from[0] << " rows");
    Tensor<T> x(from), y(to);
    Numbers(from[0] + to[0]).Fill(x);
    y = T(3);
    Call<T>(kernel).With("x", x).With("y", y).With("scale", scale).With("accumulate", 1.0).Run();
    std::vector<std::vector<T>> groups(y.size());
    for (size_t i = 0; i < x.size(); ++i) groups[PlaceOf(to, IndexAt(from, i))].push_back(x[i]);
    Worst worst;
    for (size_t i = 0; i < y.size(); ++i) {
      worst.Add(y[i], 3 + scale * twin(groups[i]), kEpsilon<T> * (8 + groups[i].size()));
    }
    CHECK(worst.ratio() <= 1);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("reductions over any dimensions", T, float, double) {
  const auto sum = [](const std::vector<T>& values) {
    long double total = 0;
    for (const T value : values) total += value;
    return total;
  };
  CheckReduction<T>("reduce_sum", sum, 0.5);
  CheckReduction<T>(
      "reduce_max", [](const auto& v) { return *std::max_element(v.begin(), v.end()); }, 1);
  CheckReduction<T>(
      "reduce_min", [](const auto& v) { return *std::min_element(v.begin(), v.end()); }, 1);
}

TEST_CASE_TEMPLATE("the largest and the smallest of numbers with NaN is NaN", T, float, double) {
  Tensor<T> x({2, 3}, {1, kNaN<T>, 2, 4, 5, 3}), rows({2, 1}), columns({1, 3});
  for (const char* kernel : {"reduce_max", "reduce_min"}) {
    Call<T>(kernel).With("x", x).With("y", rows).With("scale", 1.0).With("accumulate", 0.0).Run();
    CHECK((std::isnan(rows[0]) && !std::isnan(rows[1])));
    Call<T>(kernel).With("x", x).With("y", columns).With("scale", 1.0).With("accumulate", 0.0).Run();
    CHECK((!std::isnan(columns[0]) && std::isnan(columns[1]) && !std::isnan(columns[2])));
  }
}

TEST_CASE_TEMPLATE("equal ones share the gradient of the largest", T, float, double) {
  Tensor<T> x({2, 3}, {1, 5, 5, 4, 2, 3}), y({2, 1}, {5, 4}), dy({2, 1}, {6, 7}), dx({2, 3});
  dx = T(1);
  Call<T>("reduce_choice_backward")
      .With("x", x)
      .With("y", y)
      .With("dy", dy)
      .With("dx", dx)
      .With("accumulate", 1.0)
      .Run();
  CHECK(dx.values() == std::vector<T>{1, 4, 4, 8, 1, 1});
}

}  // namespace blasnet::testing
