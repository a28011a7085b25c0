#include "test/optimizers.h"

namespace blasnet::testing {

TEST_CASE_TEMPLATE("ams_grad_update, at the first step and at a later one", T, float, double) {
  for (const double step : {0.0, 6.0}) {
    CAPTURE(step);
    // Some of the largest squares are larger than the next ones, others are not.
    CheckUpdate<T>("ams_grad_update", {"theta", "mean", "squares", "largest"},
                   {{"learningRate", 0.125}, {"beta1", 0.75}, {"beta2", 0.875}, {"epsilon", 0.015625}, {"step", step}},
                   [&](long double g, std::vector<long double>& v) {
                     const long double t = step + 1;
                     v[1] = 0.75L * v[1] + 0.25L * g;
                     v[2] = 0.875L * v[2] + 0.125L * g * g;
                     v[3] = std::max(v[3], v[2]);
                     const long double mean = v[1] / (1 - std::pow(0.75L, t));
                     const long double squares = v[3] / (1 - std::pow(0.875L, t));
                     v[0] -= 0.125L * mean / (0.015625L + std::sqrt(squares));
                   });
  }
}

}  // namespace blasnet::testing
