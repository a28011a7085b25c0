#include <map>

#include "test/testing.h"

namespace blasnet::testing {

// What a schedule's kernel writes for a count; base 0.5, no warm-up unless given.
double RateOf(const char* kernel, double count, const std::map<std::string, double>& constants) {
  Tensor<double> rate({1});
  Call<float> call(kernel);
  call.With("rate", rate).With("count", count).With("base", 0.5).With("warmUp", 0).With("from", 1);
  for (const auto& [name, value] : constants) call.With(name.c_str(), value);
  call.Run();
  return rate[0];
}

TEST_CASE("constant_rate, and the warm-up in front of it") {
  CHECK(RateOf("constant_rate", 0, {}) == 0.5);
  const std::map<std::string, double> warm_up = {{"warmUp", 4}, {"from", 0.2}};
  CHECK(RateOf("constant_rate", 0, warm_up) == doctest::Approx(0.1));
  CHECK(RateOf("constant_rate", 2, warm_up) == doctest::Approx(0.3));
  CHECK(RateOf("constant_rate", 4, warm_up) == 0.5);
  CHECK(RateOf("constant_rate", 400, warm_up) == 0.5);
}

TEST_CASE("step_rate") {
  const auto rate = [](double count) { return RateOf("step_rate", count, {{"every", 3}, {"factor", 0.5}}); };
  CHECK(rate(0) == 0.5);
  CHECK(rate(2) == 0.5);
  CHECK(rate(3) == 0.25);
  CHECK(rate(8) == 0.125);
}

TEST_CASE("exponential_rate counts from the end of the warm-up") {
  CHECK(RateOf("exponential_rate", 2, {{"factor", 0.5}}) == 0.125);
  CHECK(RateOf("exponential_rate", 5, {{"factor", 0.5}, {"warmUp", 3}, {"from", 0}}) == 0.125);
}

TEST_CASE("cosine_rate ends at its minimum and stays there") {
  const auto rate = [](double count) { return RateOf("cosine_rate", count, {{"length", 4}, {"minimum", 0.1}}); };
  CHECK(rate(0) == 0.5);
  CHECK(rate(2) == doctest::Approx(0.3));
  CHECK(rate(4) == doctest::Approx(0.1));
  CHECK(rate(9) == doctest::Approx(0.1));
}

TEST_CASE("count_step, window_row and own_row") {
  Tensor<double> step({1}, {41}), row({1});
  Call<float>("count_step").With("step", step).Run();
  CHECK(step[0] == 42);
  Call<float>("window_row").With("firstRow", 640).With("start", 512).With("row", row).Run();
  CHECK(row[0] == 128);
  Call<float>("own_row").With("firstRow", 128).With("batchRows", 64).With("ownRows", 21).With("row", row).Run();
  CHECK(row[0] == 42);
}

}  // namespace blasnet::testing
