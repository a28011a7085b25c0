#include "test/broadcasting.h"

namespace blasnet::testing {

namespace {

// y[m×n] = (3 +) op(a)·op(b) at one place of the batch, in plain loops.
template <class T>
void CheckProduct(const T* a, const T* b, const T* y, size_t m, size_t n, size_t k, bool turn_a, bool turn_b,
                  Worst& worst) {
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      long double sum = 3, size = 3;
      for (size_t s = 0; s < k; ++s) {
        const long double term =
            static_cast<long double>(turn_a ? a[s * m + i] : a[i * k + s]) * (turn_b ? b[j * k + s] : b[s * n + j]);
        sum += term;
        size += std::abs(term);
      }
      worst.Add(y[i * n + j], sum, kEpsilon<T> * size * 4);
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("products by rows and over rows add to what is there", T, float, double) {
  for (const size_t m : kOddSizes) {
    for (const size_t n : kOddSizes) {
      for (const size_t k : {1, 17, 65}) {
        for (const bool turned : {false, true}) {
          Tensor<T> a({m, k}), b(turned ? Shape{n, k} : Shape{k, n}), y({m, n});
          Numbers numbers(m + n + k);
          numbers.Fill(a);
          numbers.Fill(b);
          y = T(3);
          Call<T>("product_by_rows")
              .With("a", a)
              .With("b", b)
              .With("y", y)
              .With("transposeB", turned ? 1.0 : 0.0)
              .With("accumulate", 1.0)
              .Run();
          Worst worst;
          CheckProduct(a.data(), b.data(), y.data(), m, n, k, false, turned, worst);
          CHECK(worst.ratio() <= 1);
        }
        Tensor<T> a({k, m}), b({k, n}), y({m, n});
        Numbers numbers(m + n + k);
        numbers.Fill(a);
        numbers.Fill(b);
        y = T(3);
        Call<T>("product_over_rows").With("a", a).With("b", b).With("y", y).With("accumulate", 1.0).Run();
        Worst worst;
        CheckProduct(a.data(), b.data(), y.data(), m, n, k, true, false, worst);
        CHECK(worst.ratio() <= 1);
      }
    }
  }
}

TEST_CASE_TEMPLATE("products in batches broadcast", T, float, double) {
  struct Batches {
    Shape a, b, y;
  };
  const Batches batches[] = {
      {{}, {}, {}},      {{3}, {3}, {3}}, {{1}, {4}, {4}}, {{2, 1}, {1, 3}, {2, 3}}, {{2, 3}, {2, 3}, {2, 3}},
      {{60}, {60}, {60}}};
  const size_t m = 17, n = 33, k = 9;
  const auto with = [](Shape shape, size_t rows, size_t columns) {
    shape.push_back(rows);
    shape.push_back(columns);
    return shape;
  };
  for (const Batches& batch : batches) {
    for (const bool turn_a : {false, true}) {
      for (const bool turn_b : {false, true}) {
        Tensor<T> a(turn_a ? with(batch.a, k, m) : with(batch.a, m, k));
        Tensor<T> b(turn_b ? with(batch.b, n, k) : with(batch.b, k, n));
        Tensor<T> y(with(batch.y, m, n));
        Numbers numbers(batch.y.size());
        numbers.Fill(a);
        numbers.Fill(b);
        y = T(3);
        Call<T>("batched_product")
            .With("a", a)
            .With("b", b)
            .With("y", y)
            .With("transposeA", turn_a ? 1.0 : 0.0)
            .With("transposeB", turn_b ? 1.0 : 0.0)
            .With("accumulate", 1.0)
            .Run();
        Worst worst;
        for (size_t i = 0; i < y.size() / (m * n); ++i) {
          const Shape index = IndexAt(batch.y, i);
          CheckProduct(a.data() + PlaceOf(batch.a, index) * m * k, b.data() + PlaceOf(batch.b, index) * k * n,
                       y.data() + i * m * n, m, n, k, turn_a, turn_b, worst);
        }
        CHECK(worst.ratio() <= 1);
      }
    }
  }
}

TEST_CASE("factors that do not fit are refused") {
  Tensor<float> a({2, 3}), b({2, 2}), y({2, 2});
  a = 1.0f;
  b = 1.0f;
  const auto by_rows = [&] {
    Call<float>("product_by_rows")
        .With("a", a)
        .With("b", b)
        .With("y", y)
        .With("transposeB", 0.0)
        .With("accumulate", 0.0)
        .Run();
  };
  CHECK_THROWS_AS(by_rows(), InvalidArgument);
  const auto batched = [&] {
    Call<float>("batched_product")
        .With("a", a)
        .With("b", b)
        .With("y", y)
        .With("transposeA", 0.0)
        .With("transposeB", 0.0)
        .With("accumulate", 0.0)
        .Run();
  };
  CHECK_THROWS_AS(batched(), InvalidArgument);
}

}  // namespace blasnet::testing
