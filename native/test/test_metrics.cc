#include "test/testing.h"

namespace blasnet::testing {

namespace {

// A mask without numbers: all rows count.
template <class T>
Tensor<T>& NoMask() {
  static Tensor<T> none({0});
  return none;
}

template <class T>
std::vector<double> Sums(const char* kernel, Tensor<T>& a, Tensor<T>& y, size_t count, double begun = 0) {
  Tensor<double> sums({count});
  sums = begun;
  Call<T>(kernel).With("mask", NoMask<T>()).With("a", a).With("y", y).With("sums", sums).Run();
  return sums.values();
}

template <class T>
double Hits(Tensor<T>& a, Tensor<T>& y, double k) {
  Tensor<double> sums({2});
  sums = 1;
  Call<T>("count_hits").With("mask", NoMask<T>()).With("a", a).With("y", y).With("k", k).With("sums", sums).Run();
  CHECK(sums[0] == 1 + static_cast<double>(a.shape()[0]));
  return sums[1] - 1;
}

template <class T>
double Rounded(Tensor<T>& a, Tensor<T>& y, double threshold) {
  Tensor<double> sums({2});
  sums = 1;
  Call<T>("count_rounded")
      .With("mask", NoMask<T>())
      .With("a", a)
      .With("y", y)
      .With("threshold", threshold)
      .With("sums", sums)
      .Run();
  CHECK(sums[0] == 1 + static_cast<double>(a.shape()[0]));
  return sums[1] - 1;
}

template <class T>
std::vector<double> Classes(Tensor<T>& a, Tensor<T>& y, double by_output, size_t classes, double threshold = 0.5) {
  Tensor<double> counts({classes, 3});
  counts = 0;
  Call<T>("count_classes")
      .With("mask", NoMask<T>())
      .With("a", a)
      .With("y", y)
      .With("threshold", threshold)
      .With("byOutput", by_output)
      .With("counts", counts)
      .Run();
  return counts.values();
}

template <class T>
std::vector<double> Confusions(Tensor<T>& a, Tensor<T>& y, size_t classes) {
  Tensor<double> counts({classes, classes});
  counts = 0;
  Call<T>("count_confusions")
      .With("mask", NoMask<T>())
      .With("a", a)
      .With("y", y)
      .With("threshold", 0.5)
      .With("counts", counts)
      .Run();
  return counts.values();
}

// Keeps all rows, `each` at a time, and ranks them.
template <class T>
std::vector<double> Areas(Tensor<T>& a, Tensor<T>& y, double by_output, size_t each = 1000) {
  const size_t rows = a.shape()[0], cols = a.shape()[1], label_cols = y.shape()[1];
  Tensor<T> scores({rows + 3, cols}), labels({rows + 3, label_cols});
  Tensor<double> place({1}), areas({cols, 2});
  place = 0;
  for (size_t first = 0; first < rows; first += each) {
    const size_t count = std::min(each, rows - first);
    Tensor<T> part({count, cols}), part_y({count, label_cols});
    std::copy_n(a.data() + first * cols, part.size(), part.data());
    std::copy_n(y.data() + first * label_cols, part_y.size(), part_y.data());
    Call<T>("keep_scores")
        .With("mask", NoMask<T>())
        .With("a", part)
        .With("y", part_y)
        .With("scores", scores)
        .With("labels", labels)
        .With("place", place)
        .Run();
  }
  CHECK(place[0] == rows);
  Call<T>("rank_scores")
      .With("scores", scores)
      .With("labels", labels)
      .With("place", place)
      .With("byOutput", by_output)
      .With("areas", areas)
      .Run();
  return areas.values();
}

}  // namespace

TEST_CASE_TEMPLATE("add_squared_errors sums what R² is made of, about the first label", T, float, double) {
  for (const size_t rows : kOddSizes) {
    Tensor<T> a({rows, 3}), y({rows, 3});
    Numbers numbers(rows);
    numbers.Fill(a), numbers.Fill(y);
    const std::vector<double> sums = Sums("add_squared_errors", a, y, 5, 1);  // 1 everywhere: the shift is 1
    long double errors = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      const long double label = static_cast<long double>(y[i]) - 1;
      errors += std::pow(static_cast<long double>(a[i]) - y[i], 2);
      sum += label;
      squares += label * label;
    }
    const long double tolerance = kEpsilon<double> * (a.size() + 4) * (a.size() + 4);
    CHECK(sums[0] == 1 + static_cast<double>(a.size()));
    CHECK(std::abs(sums[1] - (1 + errors)) <= tolerance);
    CHECK(sums[2] == 1);
    CHECK(std::abs(sums[3] - (1 + sum)) <= tolerance);
    CHECK(std::abs(sums[4] - (1 + squares)) <= tolerance);
  }
}

TEST_CASE_TEMPLATE("add_squared_errors takes the first label as the shift, and keeps it until the sums are cleared", T,
                   float, double) {
  Tensor<T> a({2, 1}, {1, 2}), y({2, 1}, {T(1000000.5), T(1000001)});
  Tensor<double> sums({5});
  sums = 0;
  for (int batch = 0; batch < 2; ++batch) {
    Call<T>("add_squared_errors").With("mask", NoMask<T>()).With("a", a).With("y", y).With("sums", sums).Run();
    std::swap(y[0], y[1]);
  }
  CHECK(sums[2] == 1000000.5);
  CHECK(sums[3] == 1);
  CHECK(sums[4] == 0.5);
}

TEST_CASE_TEMPLATE("add_absolute_errors and add_row_numbers", T, float, double) {
  Tensor<T> a({2, 2}, {1, 2, -3, 0}), y({2, 2}, {2, 2, 1, T(0.5)});
  const std::vector<double> sums = Sums("add_absolute_errors", a, y, 3, 1);
  CHECK(sums[0] == 5);
  CHECK(sums[1] == 1 + 1 + 0 + 4 + 0.5);
  CHECK(sums[2] == 1 + 0.5 + 0 + 4 + 1);
  Tensor<T> zero({1, 1}, {0}), one({1, 1}, {1});
  CHECK(Sums("add_absolute_errors", one, zero, 3)[2] == std::ldexp(1.0, 52));

  Tensor<T> values({3, 1}, {1, 2, T(0.5)});
  Tensor<double> both({2});
  both = 1;
  Call<T>("add_row_numbers").With("mask", NoMask<T>()).With("values", values).With("sums", both).Run();
  CHECK(both.values() == std::vector<double>{4, 4.5});
}

TEST_CASE_TEMPLATE("count_rounded counts outputs that are right, as shares of rows", T, float, double) {
  Tensor<T> a({6, 1}, {T(0.2), T(0.7), T(0.5), T(0.49), kNaN<T>, 1}), y({6, 1}, {0, 1, 0, 1, 1, 0});
  CHECK(Rounded(a, y, 0.5) == 3);
  CHECK(Rounded(a, y, 0.6) == 3);
  CHECK(Rounded(a, y, 0.45) == 3);
  Tensor<T> pair({2, 2}, {T(0.9), T(0.1), T(0.9), T(0.9)}), labels({2, 2}, {1, 0, 1, 0});
  CHECK(Rounded(pair, labels, 0.5) == 1.5);
  CHECK(Rounded(pair, labels, 0.95) == 1);
}

TEST_CASE_TEMPLATE("count_hits finds the class among the k largest outputs", T, float, double) {
  Tensor<T> a({3, 4}, {1, 2, 3, 4, 5, 5, 5, 5, 0, 1, kNaN<T>, 3});
  Tensor<T> one_hot({3, 4}, {0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0}), numbers({3, 1}, {2, 0, 2});
  for (Tensor<T>* y : {&one_hot, &numbers}) {
    CHECK(Hits(a, *y, 1) == 1);  // of equal outputs the first one counts
    CHECK(Hits(a, *y, 2) == 2);
    CHECK(Hits(a, *y, 4) == 2);  // NaN is never found
  }
  for (const size_t rows : kOddSizes) {
    Tensor<T> z({rows, 10}), y({rows, 1});
    Numbers random(rows);
    random.Fill(z);
    std::vector<double> expected(11);
    for (size_t i = 0; i < rows; ++i) {
      y[i] = static_cast<T>(random.Below(10));
      size_t larger = 0;
      for (size_t j = 0; j < 10; ++j) larger += z[i * 10 + j] > z[i * 10 + static_cast<size_t>(y[i])];
      for (size_t k = larger + 1; k <= 10; ++k) ++expected[k];
    }
    for (size_t k = 1; k <= 10; ++k) CHECK(Hits(z, y, k) == expected[k]);
  }
}

TEST_CASE_TEMPLATE("count_classes counts right, found and present rows of each class", T, float, double) {
  Tensor<T> a({3, 3}, {9, 1, 1, 1, 9, 1, 9, 1, 1}), one_hot({3, 3}, {1, 0, 0, 1, 0, 0, 0, 0, 1}),
      numbers({3, 1}, {0, 0, 2});
  for (Tensor<T>* y : {&one_hot, &numbers}) {
    CHECK(Classes(a, *y, 0, 3) == std::vector<double>{1, 2, 2, 0, 1, 0, 0, 0, 1});
  }
  Tensor<T> yes({4, 1}, {T(0.9), T(0.4), T(0.6), T(0.1)}), labels({4, 1}, {1, 1, 0, 0});
  CHECK(Classes(yes, labels, 0, 1) == std::vector<double>{1, 2, 2});
  CHECK(Classes(yes, labels, 0, 1, 0.3) == std::vector<double>{2, 3, 2});
  Tensor<T> each({2, 2}, {T(0.9), T(0.9), T(0.1), T(0.9)}), every({2, 2}, {1, 0, 1, 1});
  CHECK(Classes(each, every, 1, 2) == std::vector<double>{1, 1, 2, 1, 2, 1});
}

TEST_CASE_TEMPLATE("count_confusions: labels downwards, outputs across", T, float, double) {
  Tensor<T> a({3, 3}, {9, 1, 1, 1, 9, 1, 9, 1, 1}), numbers({3, 1}, {0, 0, 2});
  CHECK(Confusions(a, numbers, 3) == std::vector<double>{1, 1, 0, 0, 0, 0, 1, 0, 0});
  Tensor<T> yes({4, 1}, {T(0.9), T(0.4), T(0.6), T(0.1)}), labels({4, 1}, {1, 1, 0, 0});
  CHECK(Confusions(yes, labels, 2) == std::vector<double>{1, 1, 1, 1});
}

TEST_CASE_TEMPLATE("rank_scores: areas by counting all pairs, with ties, whatever the batches", T, float, double) {
  for (const size_t rows : {2, 17, 300}) {
    const size_t cols = 3;
    Tensor<T> a({rows, cols}), y({rows, cols});
    Numbers numbers(rows);
    for (size_t i = 0; i < a.size(); ++i) {
      a[i] = static_cast<T>(numbers.Below(20));  // many ties
      y[i] = static_cast<T>(numbers.Below(2));
    }
    const std::vector<double> areas = Areas(a, y, 1);
    CHECK(Areas(a, y, 1, 7).size() == 2 * cols);
    for (size_t j = 0; j < cols; ++j) {
      double pairs = 0, won = 0, positives = 0, precision = 0;
      for (size_t p = 0; p < rows; ++p) {
        if (y[p * cols + j] == 0) continue;
        positives += 1;
        double at_least = 0, right = 0;
        for (size_t n = 0; n < rows; ++n) {
          const T difference = a[p * cols + j] - a[n * cols + j];
          if (difference <= 0) at_least += 1, right += y[n * cols + j];
          if (y[n * cols + j] != 0) continue;
          pairs += 1;
          won += difference > 0 ? 1 : difference == 0 ? 0.5 : 0;
        }
        precision += right / at_least;
      }
      const double of_batches[] = {Areas(a, y, 1, 7)[2 * j], Areas(a, y, 1, 7)[2 * j + 1]};
      if (positives == 0 || positives == rows) {
        CHECK(std::isnan(areas[2 * j]));
        continue;
      }
      CHECK(areas[2 * j] == doctest::Approx(won / pairs).epsilon(1e-12));
      CHECK(areas[2 * j + 1] == doctest::Approx(precision / positives).epsilon(1e-12));
      CHECK(of_batches[0] == areas[2 * j]);
      CHECK(of_batches[1] == areas[2 * j + 1]);
    }
  }
}

TEST_CASE_TEMPLATE("rank_scores takes classes one against the rest, and knows what is not defined", T, float, double) {
  Tensor<T> a({4, 3}, {8, 1, 1, 7, 9, 2, 9, 2, 3, 1, 1, 1}), numbers({4, 1}, {0, 1, 0, 0});
  const std::vector<double> areas = Areas(a, numbers, 0);
  CHECK(areas[0] == doctest::Approx(2.0 / 3));
  CHECK(areas[2] == 1);
  CHECK(areas[3] == 1);
  CHECK(std::isnan(areas[4]));  // no row of class 2
  CHECK(std::isnan(areas[5]));
  Tensor<T> lost({3, 1}, {kNaN<T>, 1, 0}), yes({3, 1}, {1, 1, 0});
  CHECK(Areas(lost, yes, 0)[0] == 0.5);  // NaN ranks last
}

TEST_CASE_TEMPLATE("metrics refuse what does not fit", T, float, double) {
  Tensor<T> a({4, 3}), y({4, 3}), short_y({3, 3}), wide({4, 2}), numbers({4, 1});
  a = 0, y = 0, short_y = 0, wide = 0, numbers = 3;  // there is no class 3
  CHECK_THROWS_AS(Sums("add_squared_errors", a, wide, 5), InvalidArgument);
  CHECK_THROWS_AS(Sums("add_squared_errors", a, y, 4), InvalidArgument);
  CHECK_THROWS_AS(Sums("add_absolute_errors", a, wide, 3), InvalidArgument);
  CHECK_THROWS_AS(Sums("add_absolute_errors", a, y, 2), InvalidArgument);
  CHECK_THROWS_AS(Rounded(a, wide, 0.5), InvalidArgument);
  CHECK_THROWS_AS(Hits(a, short_y, 1), InvalidArgument);
  CHECK_THROWS_AS(Hits(a, wide, 1), InvalidArgument);
  CHECK_THROWS_AS(Hits(a, numbers, 1), InvalidArgument);
  CHECK_THROWS_AS(Classes(a, numbers, 0, 3), InvalidArgument);
  CHECK_THROWS_AS(Classes(a, y, 0, 2), InvalidArgument);
  CHECK_THROWS_AS(Classes(a, numbers, 1, 3), InvalidArgument);
  CHECK_THROWS_AS(Confusions(a, numbers, 3), InvalidArgument);
  CHECK_THROWS_AS(Confusions(a, y, 2), InvalidArgument);
  CHECK_THROWS_AS(Areas(a, numbers, 0), InvalidArgument);
  CHECK_THROWS_AS(Areas(a, wide, 0), InvalidArgument);
  Tensor<double> wrong({3});
  wrong = 0;
  CHECK_THROWS_AS(Call<T>("add_row_numbers").With("mask", NoMask<T>()).With("values", a).With("sums", wrong).Run(),
                  InvalidArgument);
  // A place beyond the room for scores, as a broken caller might leave it.
  for (const double at : {-1.0, 2.0, 1e300, kNaN<double>}) {
    Tensor<double> place({1}), areas({3, 2});
    place = at;
    Call<T> keep("keep_scores");
    keep.With("mask", NoMask<T>()).With("a", a).With("y", y).With("scores", a).With("labels", y).With("place", place);
    CHECK_THROWS_AS(keep.Run(), InvalidArgument);
    if (at == 2) continue;
    Call<T> rank("rank_scores");
    rank.With("scores", a).With("labels", y).With("place", place).With("byOutput", 1.0).With("areas", areas);
    CHECK_THROWS_AS(rank.Run(), InvalidArgument);
  }
}

TEST_CASE_TEMPLATE("a mask leaves rows out of every sum, whatever they hold", T, float, double) {
  Tensor<T> a({5, 2}, {1, 2, kNaN<T>, 7, T(0.25), T(0.75), kNaN<T>, 7, 3, 1}),
      y({5, 2}, {0, 1, 9, 9, 1, 0, 9, 9, 1, 0});
  Tensor<T> mask({5}, {1, 0, 1, 0, 1}), values({5}, {1, kNaN<T>, 2, kNaN<T>, 4});
  Tensor<T> some({3, 2}, {1, 2, T(0.25), T(0.75), 3, 1}), some_y({3, 2}, {0, 1, 1, 0, 1, 0}),
      some_values({3}, {1, 2, 4});
  const auto sums = [&](const char* kernel, size_t count, auto&& further, std::vector<size_t> shape = {}) {
    std::vector<double> found[2];
    for (const bool masked : {false, true}) {
      Tensor<double> to(shape.empty() ? std::vector<size_t>{count} : shape);
      to = 0;
      Call<T> call(kernel);
      call.With("mask", masked ? mask : NoMask<T>());
      if (std::string(kernel) == "add_row_numbers") {
        call.With("values", masked ? values : some_values);
      } else {
        call.With("a", masked ? a : some).With("y", masked ? y : some_y);
      }
      further(call);
      call.With(shape.empty() ? "sums" : "counts", to).Run();
      found[masked] = to.values();
    }
    CHECK(found[0] == found[1]);
  };
  const auto none = [](Call<T>&) {};
  sums("add_squared_errors", 5, none);
  sums("add_absolute_errors", 3, none);
  sums("add_row_numbers", 2, none);
  sums("count_hits", 2, [](Call<T>& call) { call.With("k", 1.0); });
  sums("count_rounded", 2, [](Call<T>& call) { call.With("threshold", 0.5); });
  sums("count_rounded", 2, [](Call<T>& call) { call.With("threshold", 0.3); });
  for (const double by_output : {0.0, 1.0}) {
    sums("count_classes", 6, [&](Call<T>& call) { call.With("threshold", 0.5).With("byOutput", by_output); }, {2, 3});
  }
  sums("count_confusions", 4, [](Call<T>& call) { call.With("threshold", 0.5); }, {2, 2});
  Tensor<T> scores({3, 2}), labels({3, 2});
  Tensor<double> place({1});
  place = 0;
  Call<T>("keep_scores")
      .With("mask", mask)
      .With("a", a)
      .With("y", y)
      .With("scores", scores)
      .With("labels", labels)
      .With("place", place)
      .Run();
  CHECK(place[0] == 3);
  CHECK(scores.values() == some.values());
  CHECK(labels.values() == some_y.values());
  Tensor<double> sums_of({2});
  CHECK_THROWS_AS(
      Call<T>("add_row_numbers").With("mask", some_values).With("values", values).With("sums", sums_of).Run(),
      InvalidArgument);
}

}  // namespace blasnet::testing
