// Which steps of padded sequences count, by their lengths.

#include "core/registry.h"

namespace blasnet {

namespace {

// y[i, t] = 1 for t < lengths[i], else 0
template <class T>
void StepMask(Context&, Vector<const int32_t> lengths, Matrix<T> y) {
  CheckEqual("y's rows", lengths.size, y.rows);
  for (size_t i = 0; i < y.rows; ++i) {
    for (size_t t = 0; t < y.cols; ++t) y.row(i)[t] = static_cast<int64_t>(t) < lengths[i] ? T(1) : T(0);
  }
}

const KernelModule module([](Registry& registry) {
  registry.Add<&StepMask<float>, &StepMask<double>>("step_mask", {"lengths", "y"});
});

}  // namespace

}  // namespace blasnet
