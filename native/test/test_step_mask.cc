#include "test/testing.h"

namespace blasnet::testing {

TEST_CASE_TEMPLATE("step_mask has ones up to each length", T, float, double) {
  Tensor<int32_t> lengths({5}, {0, 1, 3, 4, -1});
  Tensor<T> y({5, 3}), wrong({4, 3});
  Call<T>("step_mask").With("lengths", lengths).With("y", y).Run();
  CHECK(y.values() == std::vector<T>{0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0});
  CHECK_THROWS_AS(Call<T>("step_mask").With("lengths", lengths).With("y", wrong).Run(), InvalidArgument);
}

}  // namespace blasnet::testing
