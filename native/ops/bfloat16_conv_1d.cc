// Convolutions over the steps of sequences in bfloat16.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/bfloat16_conv_1d.cc"
#include "math/foreach_target.h"
//
#include "math/rounded_factors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

BLASNET_KERNELS(Bfloat16Conv1d) {
  AddRoundedTwin<"conv1d", InArray, InArray, InVector, Array, Geometry>(registry, {"x", "w", "b", "y", "geometry"});
  AddRoundedTwin<"conv1d_relu", InArray, InArray, InVector, Array, Geometry>(registry,
                                                                             {"x", "w", "b", "y", "geometry"});
  AddRoundedTwin<"conv1d_backward_input", InArray, InArray, Array, Geometry, Number>(
      registry, {"turned", "dy", "dx", "geometry", "accumulate"});
  AddRoundedTwin<"conv1d_backward_input_relu", InArray, InArray, InArray, Array, Geometry>(
      registry, {"turned", "dy", "x", "dx", "geometry"});
  AddRoundedTwin<"conv1d_backward_weights", InArray, InArray, Matrix, Array, Vector, Geometry>(
      registry, {"x", "dy", "parts", "dw", "db", "geometry"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Bfloat16Conv1d)
#endif
