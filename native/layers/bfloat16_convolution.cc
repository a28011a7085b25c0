// Convolutions in bfloat16.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/bfloat16_convolution.cc"
#include "math/foreach_target.h"
//
#include "math/rounded_factors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

BLASNET_KERNELS(Bfloat16Convolution) {
  AddRoundedTwin<"convolution_forward", InMatrix, InVector, InVector, Matrix, Geometry>(
      registry, {"x", "w", "b", "y", "geometry"});
  AddRoundedTwin<"convolution_forward_relu", InMatrix, InVector, InVector, Matrix, Geometry>(
      registry, {"x", "w", "b", "y", "geometry"});
  AddRoundedTwin<"convolution_backward_input", InVector, InMatrix, Matrix, Geometry>(registry,
                                                                                     {"w", "dy", "dx", "geometry"});
  AddRoundedTwin<"convolution_backward_input_relu", InVector, InMatrix, InMatrix, Matrix, Geometry>(
      registry, {"w", "dy", "x", "dx", "geometry"});
  AddRoundedTwin<"convolution_backward_weights", InMatrix, InMatrix, Matrix, Vector, Vector, Geometry>(
      registry, {"x", "dy", "parts", "dw", "db", "geometry"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Bfloat16Convolution)
#endif
