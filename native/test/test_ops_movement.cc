#include "test/broadcasting.h"

namespace blasnet::testing {

TEST_CASE_TEMPLATE("views are read in any order and added to", T, float, double) {
  Tensor<T> x({2, 3}, {1, 2, 3, 4, 5, 6}), turned({3, 2});
  Tensor<int32_t> exchange({3}, {0, 1, 3});
  Call<T>("read_view").With("x", x).With("y", turned).With("geometry", exchange).With("accumulate", 0.0).Run();
  CHECK(turned.values() == std::vector<T>{1, 4, 2, 5, 3, 6});
  Call<T>("read_view").With("x", x).With("y", turned).With("geometry", exchange).With("accumulate", 1.0).Run();
  CHECK(turned.values() == std::vector<T>{2, 8, 4, 10, 6, 12});
  Tensor<int32_t> backwards({3}, {5, -3, -1});
  Tensor<T> y({2, 3});
  Call<T>("read_view").With("x", x).With("y", y).With("geometry", backwards).With("accumulate", 0.0).Run();
  CHECK(y.values() == std::vector<T>{6, 5, 4, 3, 2, 1});
}

TEST_CASE_TEMPLATE("views are written in any order and added to", T, float, double) {
  Tensor<T> x({2, 2}, {1, 2, 3, 4}), y({2, 3});
  y = T(7);
  Tensor<int32_t> right({3}, {1, 3, 1}), spread({3}, {0, 3, 2});
  Call<T>("write_view").With("x", x).With("y", y).With("geometry", right).With("accumulate", 0.0).Run();
  CHECK(y.values() == std::vector<T>{7, 1, 2, 7, 3, 4});
  Call<T>("write_view").With("x", x).With("y", y).With("geometry", spread).With("accumulate", 1.0).Run();
  CHECK(y.values() == std::vector<T>{8, 1, 4, 10, 3, 8});
  Call<T>("write_view").With("x", x).With("y", y).With("geometry", spread).With("accumulate", 0.0).Run();
  CHECK(y.values() == std::vector<T>{1, 1, 2, 3, 3, 4});
}

TEST_CASE("large views are cut into tiles") {
  Tensor<float> x({300, 200}), y({200, 300}), back({300, 200});
  Numbers(1).Fill(x);
  Tensor<int32_t> forth({3}, {0, 1, 200});
  Call<float>("read_view").With("x", x).With("y", y).With("geometry", forth).With("accumulate", 0.0).Run();
  Call<float>("write_view").With("x", y).With("y", back).With("geometry", forth).With("accumulate", 0.0).Run();
  CHECK(back.values() == x.values());
  CHECK(y[1] == x[200]);
}

TEST_CASE("views beyond their tensor are refused") {
  Tensor<float> x({6}), y({2, 3});
  x = 1.0f;
  for (const std::vector<int32_t>& numbers : {std::vector<int32_t>{1, 3, 1}, {0, -3, 1}, {-1, 3, 1}, {0, 3}}) {
    Tensor<int32_t> geometry({numbers.size()}, numbers);
    const auto call = [&] {
      Call<float>("read_view").With("x", x).With("y", y).With("geometry", geometry).With("accumulate", 0.0).Run();
    };
    CHECK_THROWS_AS(call(), InvalidArgument);
  }
}

TEST_CASE_TEMPLATE("fill writes one number everywhere", T, float, double) {
  Tensor<T> y({3, 5});
  Call<T>("fill").With("y", y).With("value", 2.5).Run();
  CHECK(y.values() == std::vector<T>(15, T(2.5)));
}

TEST_CASE_TEMPLATE("gather takes slices by index, and its gradient adds them up", T, float, double) {
  Tensor<T> x({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}), y({2, 3, 2}), dx({2, 3, 2});
  Tensor<int32_t> indices({3}, {2, 0, -1});
  Call<T>("gather").With("x", x).With("indices", indices).With("y", y).Run();
  CHECK(y.values() == std::vector<T>{5, 6, 1, 2, 5, 6, 11, 12, 7, 8, 11, 12});
  Call<T>("gather_backward").With("indices", indices).With("dy", y).With("dx", dx).With("accumulate", 0.0).Run();
  CHECK(dx.values() == std::vector<T>{1, 2, 0, 0, 10, 12, 7, 8, 0, 0, 22, 24});
  Call<T>("gather_backward").With("indices", indices).With("dy", y).With("dx", dx).With("accumulate", 1.0).Run();
  CHECK(dx.values() == std::vector<T>{2, 4, 0, 0, 20, 24, 14, 16, 0, 0, 44, 48});
  for (const int32_t bad : {3, -4}) {
    Tensor<int32_t> beyond({3}, {0, bad, 0});
    const auto call = [&] { Call<T>("gather").With("x", x).With("indices", beyond).With("y", y).Run(); };
    CHECK_THROWS_AS(call(), InvalidArgument);
  }
}

}  // namespace blasnet::testing
