#include <cstring>

#include "test/testing.h"

namespace blasnet::testing {

namespace {

template <class T, class S>
void Gather(Tensor<S>& source, Tensor<int32_t>& order, double first_row, double divisor, Tensor<T>& x) {
  Call<T>(std::is_same_v<S, uint8_t> ? "gather_byte_rows" : "gather_rows")
      .With("source", source)
      .With("order", order)
      .With("firstRow", first_row)
      .With("divisor", divisor)
      .With("x", x)
      .Run();
}

template <class T, class S>
void Copy(Tensor<S>& source, double first_row, double divisor, Tensor<T>& x) {
  Call<T>(std::is_same_v<S, uint8_t> ? "copy_byte_rows" : "copy_rows")
      .With("source", source)
      .With("firstRow", first_row)
      .With("divisor", divisor)
      .With("x", x)
      .Run();
}

template <class T>
void Store(Tensor<T>& a, double first_row, Tensor<T>& target) {
  Call<T>("store_rows").With("a", a).With("firstRow", first_row).With("target", target).Run();
}

// Whether row i of x is row j of source: for bytes divided by 255, and exactly so.
template <class T, class S>
bool SameRow(const Tensor<T>& x, size_t i, const Tensor<S>& source, size_t j) {
  const size_t cols = source.size() / source.shape()[0];
  for (size_t k = 0; k < cols; ++k) {
    T expected = static_cast<T>(source[j * cols + k]);
    if (std::is_same_v<S, uint8_t>) expected /= T(255);
    if (x[i * cols + k] != expected) return false;
  }
  return true;
}

template <class S>
void FillSource(Tensor<S>& source) {
  Numbers numbers(source.size());
  for (size_t i = 0; i < source.size(); ++i) source[i] = static_cast<S>(numbers.Uniform(0, 256));
}

template <class T, class S>
void CheckBatches() {
  for (const size_t rows : kOddSizes) {
    for (const size_t cols : kOddSizes) {
      INFO("rows, cols = ", rows, ", ", cols);
      constexpr size_t kSourceRows = 70;
      Tensor<S> source({kSourceRows, cols});
      FillSource(source);
      Tensor<int32_t> order({kSourceRows});
      for (size_t i = 0; i < kSourceRows; ++i) order[i] = static_cast<int32_t>(i * 37 % kSourceRows);
      for (const size_t first : {size_t{0}, size_t{2}, kSourceRows - rows}) {
        Tensor<T> gathered({rows, cols}), copied({rows, cols});
        Gather(source, order, static_cast<double>(first), 255, gathered);
        Copy(source, static_cast<double>(first), 255, copied);
        bool same = true;
        for (size_t i = 0; i < rows; ++i) {
          same = same && SameRow(gathered, i, source, (first + i) * 37 % kSourceRows);
          same = same && SameRow(copied, i, source, first + i);
        }
        CHECK(same);
      }
    }
  }
}

}  // namespace

TEST_CASE("batches of numbers are rows of the data set") {
  CheckBatches<float, float>();
  CheckBatches<double, double>();
}

TEST_CASE("batches of bytes are rows divided by 255") {
  CheckBatches<float, uint8_t>();
  CheckBatches<double, uint8_t>();
}

TEST_CASE_TEMPLATE("every byte divided by a number is exact to the last bit", T, float, double) {
  Tensor<uint8_t> source({1, 256});
  for (size_t i = 0; i < 256; ++i) source[i] = static_cast<uint8_t>(i);
  Tensor<int32_t> order({1}, {0});
  Tensor<T> gathered({1, 256}), copied({1, 256}), expected({1, 256});
  std::vector<double> divisors = {255, 256, 1, 3, 127.5, 0.1, -255, 16777215.0 / 16777216, 1e-40, 1e-30, 1e30, 1e38};
  Numbers numbers(1);
  for (size_t i = 0; i < 1000; ++i) divisors.push_back(numbers.Uniform(0.5, 300));
  for (const double divisor : divisors) {
    CAPTURE(divisor);
    Gather(source, order, 0, divisor, gathered);
    Copy(source, 0, divisor, copied);
    for (size_t i = 0; i < 256; ++i) expected[i] = static_cast<T>(i) / static_cast<T>(divisor);
    CHECK(std::memcmp(gathered.data(), expected.data(), expected.bytes()) == 0);
    CHECK(std::memcmp(copied.data(), expected.data(), expected.bytes()) == 0);
  }
}

TEST_CASE_TEMPLATE("images are gathered as rows of pixels", T, float, double) {
  Tensor<uint8_t> source({3, 1, 2, 2});
  FillSource(source);
  Tensor<int32_t> order({2}, {2, 0});
  Tensor<T> x({2, 1, 2, 2});
  Gather(source, order, 0, 255, x);
  CHECK(SameRow(x, 0, source, 2));
  CHECK(SameRow(x, 1, source, 0));
}

TEST_CASE_TEMPLATE("rows of no columns are gathered", T, float, double) {
  Tensor<T> source({5, 0}), x({3, 0});
  Tensor<uint8_t> bytes({5, 0});
  Tensor<int32_t> order({5}, {4, 3, 2, 1, 0});
  Gather(source, order, 1, 1, x);
  Gather(bytes, order, 1, 255, x);
  CHECK_THROWS_AS(Gather(source, order, 3, 1, x), InvalidArgument);
}

TEST_CASE_TEMPLATE("store_rows writes its rows and no others", T, float, double) {
  for (const size_t rows : kOddSizes) {
    for (const size_t cols : {1, 17}) {
      for (const size_t first : {size_t{0}, size_t{2}, 70 - rows}) {
        Tensor<T> a({rows, cols}), target({70, cols});
        Numbers(rows).Fill(a);
        target = 9;
        Store(a, static_cast<double>(first), target);
        bool same = true;
        for (size_t i = 0; i < 70; ++i) {
          for (size_t j = 0; j < cols; ++j) {
            const bool stored = i >= first && i < first + rows;
            same = same && target[i * cols + j] == (stored ? a[(i - first) * cols + j] : T(9));
          }
        }
        CHECK(same);
      }
    }
  }
}

TEST_CASE_TEMPLATE("rows outside of the data set are refused", T, float, double) {
  Tensor<T> source({5, 3}), x({2, 3}), six({6, 3}), wide({2, 4});
  Tensor<uint8_t> bytes({5, 3});
  source = 1, x = 2, six = 3, wide = 4;
  Tensor<int32_t> order({5}, {4, 3, 2, 1, 0});
  const double outside[] = {4, 5, 6, 1e18, 1e300, -1, -0.5, kInfinity<double>, -kInfinity<double>, kNaN<double>};
  for (const double first : outside) {
    CAPTURE(first);
    CHECK_THROWS_AS(Gather(source, order, first, 1, x), InvalidArgument);
    CHECK_THROWS_AS(Gather(bytes, order, first, 255, x), InvalidArgument);
    CHECK_THROWS_AS(Copy(source, first, 1, x), InvalidArgument);
    CHECK_THROWS_AS(Copy(bytes, first, 255, x), InvalidArgument);
    CHECK_THROWS_AS(Store(x, first, source), InvalidArgument);
  }
  CHECK_THROWS_AS(Gather(source, order, 0, 1, six), InvalidArgument);
  CHECK_THROWS_AS(Copy(source, 0, 1, six), InvalidArgument);
  CHECK_THROWS_AS(Store(six, 0, source), InvalidArgument);
  CHECK_THROWS_AS(Gather(source, order, 0, 1, wide), InvalidArgument);
  CHECK_THROWS_AS(Copy(source, 0, 1, wide), InvalidArgument);
  CHECK_THROWS_AS(Store(wide, 0, source), InvalidArgument);
  CHECK(x.values() == std::vector<T>(6, 2));
  CHECK(source.values() == std::vector<T>(15, 1));
}

TEST_CASE_TEMPLATE("an order that names no row of the data set is refused", T, float, double) {
  Tensor<T> source({5, 3}), x({3, 3});
  Tensor<uint8_t> bytes({5, 3});
  source = 1;
  for (const int32_t bad : {5, 6, -1, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()}) {
    CAPTURE(bad);
    Tensor<int32_t> order({3}, {0, bad, 1});
    CHECK_THROWS_AS(Gather(source, order, 0, 1, x), InvalidArgument);
    CHECK_THROWS_AS(Gather(bytes, order, 0, 255, x), InvalidArgument);
  }
}

}  // namespace blasnet::testing
