#include "core/philox.h"
#include "test/testing.h"
#include "test/threads.h"

namespace blasnet::testing {

namespace {

// Which mask: all that it depends on.
struct Draw {
  double rate = 0.4, seed = 5, stream = 2147483650, step = 3;
};

template <class T>
void Forward(Tensor<T>& x, Tensor<T>& y, Tensor<T>& mask, const Draw& draw = {}, Context& context = SharedContext()) {
  Call<T>("dropout_forward")
      .With("x", x)
      .With("y", y)
      .With("mask", mask)
      .With("rate", draw.rate)
      .With("seed", draw.seed)
      .With("stream", draw.stream)
      .With("step", draw.step)
      .Run(context);
}

// Word i of the sequence decides about number i, in the order of core/philox.h.
template <class T>
T NaiveMask(const Draw& draw, size_t i) {
  const Philox random(static_cast<uint64_t>(draw.seed), static_cast<uint32_t>(draw.stream),
                      static_cast<uint64_t>(draw.step));
  const bool kept = random(static_cast<uint32_t>(i / 4))[i % 4] >= std::round(draw.rate * 0x1p32);
  return kept ? static_cast<T>(1 / (1 - draw.rate)) : T(0);
}

template <class T>
std::vector<T> MaskOf(const Draw& draw, size_t size = 4096) {
  Tensor<T> x({size}), y({size}), mask({size});
  x = 1;
  Forward(x, y, mask, draw);
  return mask.values();
}

// Around the ends of vectors, chunks (1024) and tiles (16384).
constexpr size_t kSizes[] = {1, 2, 3, 5, 17, 31, 33, 64, 65, 1023, 1024, 1057, 16383, 16384, 16385, 40001};

}  // namespace

TEST_CASE_TEMPLATE("dropout_forward keeps what the words of Philox say", T, float, double) {
  const Draw draws[] = {{}, {0, 1, 2, 3}, {0.75, 0x1p52 + 17, 4294967295, 0x1p40 + 9}, {0.999, 0, 0, 0}};
  for (const size_t size : kSizes) {
    CAPTURE(size);
    for (const Draw& draw : draws) {
      Tensor<T> x({size}), y({size}), mask({size});
      Numbers(size).Fill(x);
      Forward(x, y, mask, draw);
      size_t wrong = 0;
      for (size_t i = 0; i < size; ++i) {
        const T expected = NaiveMask<T>(draw, i);
        wrong += mask[i] != expected || y[i] != expected * x[i];
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE_TEMPLATE("dropout_backward multiplies by the mask", T, float, double) {
  for (const size_t size : kSizes) {
    CAPTURE(size);
    Tensor<T> dy({size}), mask({size}), dx({size});
    Numbers numbers(size);
    numbers.Fill(dy), numbers.Fill(mask);
    Call<T>("dropout_backward").With("dy", dy).With("mask", mask).With("dx", dx).Run();
    size_t wrong = 0;
    for (size_t i = 0; i < size; ++i) wrong += dx[i] != dy[i] * mask[i];
    CHECK(wrong == 0);
  }
}

TEST_CASE_TEMPLATE("dropout keeps the share of numbers that it should", T, float, double) {
  constexpr size_t kSize = 1 << 18;
  for (const double rate : {0.1, 0.5, 0.9}) {
    CAPTURE(rate);
    const std::vector<T> mask = MaskOf<T>({rate, 11, 2147483649, 0}, kSize);
    const auto kept = static_cast<double>(kSize - std::count(mask.begin(), mask.end(), T(0)));
    // Four deviations of the binomial distribution.
    CHECK(std::abs(kept - kSize * (1 - rate)) < 4 * std::sqrt(kSize * rate * (1 - rate)));
  }
  for (const T factor : MaskOf<T>({0, 11, 2147483649, 0})) CHECK(factor == 1);
}

TEST_CASE_TEMPLATE("masks of other seeds, streams and steps are others, and independent", T, float, double) {
  const Draw base{0.5, 7, 2147483649, 0};
  const std::vector<T> mask = MaskOf<T>(base);
  CHECK(MaskOf<T>(base) == mask);
  const Draw others[] = {{0.5, 8, 2147483649, 0}, {0.5, 7 + 0x1p40, 2147483649, 0}, {0.5, 7, 2147483650, 0},
                         {0.5, 7, 1, 0},          {0.5, 7, 2147483649, 1},          {0.5, 7, 2147483649, 0x1p33}};
  for (const Draw& draw : others) {
    const std::vector<T> other = MaskOf<T>(draw);
    size_t same = 0;
    for (size_t i = 0; i < mask.size(); ++i) same += mask[i] == other[i];
    CHECK(std::abs(static_cast<double>(same) - 2048) < 4 * 32);  // √(4096 / 4) = 32
  }
}

TEST_CASE("float32 and float64 drop the same numbers") {
  const std::vector<float> single = MaskOf<float>({});
  const std::vector<double> exact = MaskOf<double>({});
  for (size_t i = 0; i < single.size(); ++i) CHECK(single[i] == static_cast<float>(exact[i]));
}

TEST_CASE_TEMPLATE("dropout passes NaN on", T, float, double) {
  Tensor<T> x({65}), y({65}), mask({65});
  x = kNaN<T>;
  Forward(x, y, mask);
  for (size_t i = 0; i < x.size(); ++i) CHECK(std::isnan(y[i]));
}

TEST_CASE_TEMPLATE("dropout has the same bits on any number of threads" * doctest::test_suite("threads"), T, float,
                   double) {
  const std::vector<size_t> shape = {300, 401};
  Tensor<T> x(shape), mask(shape);
  Numbers(1).Fill(x);
  CheckThreadsDoNotMatter<T>(shape, [&](Context& context, Tensor<T>& y) { Forward(x, y, mask, {}, context); });
  CheckThreadsDoNotMatter<T>(shape, [&](Context& context, Tensor<T>& dx) {
    Call<T>("dropout_backward").With("dy", x).With("mask", mask).With("dx", dx).Run(context);
  });
}

TEST_CASE_TEMPLATE("dropout refuses sizes that differ, and rates and counters that cannot be", T, float, double) {
  Tensor<T> five({5}), four({4}), out({5}), mask({5});
  five = 1, four = 1;
  CHECK_THROWS_WITH_AS(Forward(four, out, mask), "Expected 4 for y's size but received 5", InvalidArgument);
  CHECK_THROWS_AS(Forward(five, out, four), InvalidArgument);
  for (const double rate : {1.0, -0.1, 1.5, kNaN<double>, kInfinity<double>}) {
    CHECK_THROWS_AS(Forward(five, out, mask, {rate, 0, 0, 0}), InvalidArgument);
  }
  for (const double counter : {-1.0, 0.5, kNaN<double>}) {
    CHECK_THROWS_AS(Forward(five, out, mask, {0.5, counter, 0, 0}), InvalidArgument);
    CHECK_THROWS_AS(Forward(five, out, mask, {0.5, 0, counter, 0}), InvalidArgument);
    CHECK_THROWS_AS(Forward(five, out, mask, {0.5, 0, 0, counter}), InvalidArgument);
  }
  const auto backward = [](Tensor<T>& dy, Tensor<T>& mask, Tensor<T>& dx) {
    Call<T>("dropout_backward").With("dy", dy).With("mask", mask).With("dx", dx).Run();
  };
  CHECK_THROWS_AS(backward(five, four, out), InvalidArgument);
  CHECK_THROWS_AS(backward(five, five, four), InvalidArgument);
}

}  // namespace blasnet::testing
