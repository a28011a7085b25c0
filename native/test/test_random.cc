#include "core/philox.h"
#include "test/testing.h"

namespace blasnet::testing {

namespace {

template <class T>
void Fill(const char* kernel, Tensor<T>& out, double a, double b, double seed, double stream) {
  const bool uniform = std::string(kernel) == "fill_uniform";
  Call<T>(kernel)
      .With("out", out)
      .With(uniform ? "low" : "mean", a)
      .With(uniform ? "high" : "deviation", b)
      .With("seed", seed)
      .With("stream", stream)
      .Run();
}

// k-th moment about zero.
template <class T>
double Moment(const Tensor<T>& tensor, int k) {
  double sum = 0;
  for (size_t i = 0; i < tensor.size(); ++i) sum += std::pow(static_cast<double>(tensor[i]), k);
  return sum / static_cast<double>(tensor.size());
}

constexpr const char* kKernels[] = {"fill_uniform", "fill_normal"};

}  // namespace

TEST_CASE("Philox4x32-10 gives the words that its authors published") {
  // kat_vectors of Random123, philox4x32 with 10 rounds.
  constexpr uint32_t kOnes = 0xffffffff;
  CHECK(Philox::Generate({0, 0, 0, 0}, {0, 0}) == Philox::Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(Philox::Generate({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}) ==
        Philox::Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(Philox::Generate({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Philox::Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a Philox stream is keyed by the seed and counted by index, step and stream") {
  const Philox random(0x299f31d0a4093822, 0x03707344, 0x13198a2e85a308d3);
  CHECK(random(0x243f6a88) == Philox::Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("Philox::Uniform lies in the open interval (0, 1)") {
  CHECK(Philox::Uniform(0, 0) == std::ldexp(1.0, -53));
  CHECK(Philox::Uniform(0xffffffff, 0xffffffff) < 1);
  CHECK(Philox::Uniform(0x80000000, 0) == doctest::Approx(0.5).epsilon(1e-15));
}

TEST_CASE_TEMPLATE("fill_uniform spreads numbers evenly over its range", T, float, double) {
  Tensor<T> out({200, 500});
  Fill("fill_uniform", out, -1, 3, 42, 5);
  // The mean of n numbers strays by σ/√n = 0.0037; five times that would come once in a million seeds.
  CHECK(std::abs(Moment(out, 1) - 1) < 0.018);
  CHECK(std::abs(Moment(out, 2) - 7.0 / 3) < 0.05);
  size_t counts[16] = {};
  for (size_t i = 0; i < out.size(); ++i) {
    REQUIRE(out[i] >= -1);
    REQUIRE(out[i] <= 3);
    ++counts[std::min<size_t>(15, static_cast<size_t>((out[i] + 1) * 4))];
  }
  double chi_square = 0;
  for (const size_t count : counts) chi_square += std::pow(static_cast<double>(count) - 6250, 2) / 6250;
  CHECK(chi_square < 44.3);  // 15 degrees of freedom: the 99.99th percentile
}

TEST_CASE_TEMPLATE("fill_normal has the moments of its distribution", T, float, double) {
  Tensor<T> out({200, 500});
  Fill("fill_normal", out, 0, 1, 42, 5);
  // Five standard errors: those of the k-th moment of n = 100 000 numbers are √((μ₂ₖ − μₖ²)/n).
  CHECK(std::abs(Moment(out, 1)) < 0.016);
  CHECK(std::abs(Moment(out, 2) - 1) < 0.023);
  CHECK(std::abs(Moment(out, 3)) < 0.062);
  CHECK(std::abs(Moment(out, 4) - 3) < 0.16);
  double neighbours = 0;
  for (size_t i = 0; i + 1 < out.size(); ++i) neighbours += static_cast<double>(out[i]) * out[i + 1];
  CHECK(std::abs(neighbours / static_cast<double>(out.size())) < 0.016);
  Tensor<T> scaled({200, 500});
  Fill("fill_normal", scaled, 3, 0.5, 42, 5);
  for (size_t i = 0; i < out.size(); i += 997) CHECK(scaled[i] == doctest::Approx(3 + 0.5 * out[i]).epsilon(1e-6));
}

TEST_CASE_TEMPLATE("a random number depends on seed, stream and position, not on how many are drawn", T, float,
                   double) {
  for (const char* kernel : kKernels) {
    CAPTURE(kernel);
    Tensor<T> whole({66});
    Fill(kernel, whole, 0, 1, 9, 4);
    for (const size_t size : kOddSizes) {
      Tensor<T> part({size});
      Fill(kernel, part, 0, 1, 9, 4);
      CHECK(std::equal(part.data(), part.data() + size, whole.data()));
    }
    Tensor<T> other_seed({66}), large_seed({66}), other_stream({66});
    Fill(kernel, other_seed, 0, 1, 10, 4);
    Fill(kernel, large_seed, 0, 1, 9 + std::exp2(52), 4);
    Fill(kernel, other_stream, 0, 1, 9, 5);
    CHECK(other_seed.values() != whole.values());
    CHECK(large_seed.values() != whole.values());
    CHECK(other_stream.values() != whole.values());
  }
}

TEST_CASE("float32 draws the numbers that float64 draws, rounded") {
  for (const char* kernel : kKernels) {
    CAPTURE(kernel);
    Tensor<float> single({65});
    Tensor<double> exact({65});
    Fill(kernel, single, -2, 2, 3, 1);
    Fill(kernel, exact, -2, 2, 3, 1);
    for (size_t i = 0; i < single.size(); ++i) CHECK(single[i] == static_cast<float>(exact[i]));
  }
}

}  // namespace blasnet::testing
