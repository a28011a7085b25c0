#include "test/optimizers.h"

namespace blasnet::testing {

TEST_CASE_TEMPLATE("lion_update, with and without weight decay", T, float, double) {
  for (const double decay : {0.0, 0.25}) {
    CAPTURE(decay);
    CheckUpdate<T>("lion_update", {"theta", "mean"},
                   {{"learningRate", 0.125}, {"beta1", 0.75}, {"beta2", 0.875}, {"weightDecay", decay}},
                   [&](long double g, std::vector<long double>& v) {
                     const long double c = 0.75L * v[1] + 0.25L * g;
                     v[0] -= 0.125L * (c > 0 ? 1 : c < 0 ? -1 : 0) + 0.125L * decay * v[0];
                     v[1] = 0.875L * v[1] + 0.125L * g;
                   });
  }
}

TEST_CASE_TEMPLATE("lion_update leaves what has no gradient and never had one, and passes NaN on", T, float, double) {
  constexpr size_t kSize = 5;
  Tensor<T> theta({kSize}, {1, 2, 3, 4, 5}), gradient({kSize}, {0, kNaN<T>, 1, -1, -T(0)}), mean({kSize});
  mean = 0;
  Call<T>("lion_update")
      .With("theta", theta)
      .With("gradient", gradient)
      .With("mean", mean)
      .With("learningRate", 0.5)
      .With("beta1", 0.5)
      .With("beta2", 0.5)
      .With("weightDecay", 0)
      .Run();
  CHECK(theta[0] == 1);
  CHECK(std::isnan(theta[1]));
  CHECK(theta[2] == 2.5);
  CHECK(theta[3] == 4.5);
  CHECK(theta[4] == 5);
}

}  // namespace blasnet::testing
