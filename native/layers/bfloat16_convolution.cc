// Convolutions in bfloat16: by tiles where the CPU has them and they are filled well enough, else by the kernels in
// float32, which are given rounded factors. The gradient of a bias is the sum of the rounded deltas.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/bfloat16_convolution.cc"
#include "math/foreach_target.h"
//
#include "math/bfloat16.h"
#include "math/bfloat16_correlate-inl.h"
#include "math/bfloat16_weight_gradient-inl.h"
#include "math/rounded_factors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Whether a convolution by tiles pays: those of a group with few filters, or few channels and taps, are mostly empty.
inline bool FitsTiles([[maybe_unused]] const Convolution& c) {
#if BLASNET_CAN_BFLOAT16 && BLASNET_CAN_AMX
  constexpr size_t kLeastFilters = 8, kLeastTerms = 16;
  return WayOfBfloat16() == Bfloat16Way::kTiles && c.group_filters() >= kLeastFilters &&
         c.group_channels() * c.taps() >= kLeastTerms;
#else
  return false;
#endif
}

// y[m × filters × oh × ow] from x[m × channels × h × w], w[filters × channels/groups × kh × kw] and b[filters]; kRelu:
// max(y, 0)
template <bool kRelu, class T>
void ForwardInBfloat16(Context& context, Matrix<const T> x, Vector<const T> w, Vector<const T> b, Matrix<T> y,
                       Vector<const int32_t> geometry) {
#if BLASNET_CAN_BFLOAT16 && BLASNET_CAN_AMX
  if constexpr (sizeof(T) == sizeof(float)) {
    const Convolution c = ConvolutionOf(geometry);
    if (FitsTiles(c)) {
      CheckForward<T>(c, x, w, b, y);
      return ForwardByTiles<AmxTiles, CpuRounder>(context, c, x, w.data, {b.data, kRelu, nullptr}, y.data);
    }
  }
#endif
  if constexpr (kRelu) {
    WithRoundedFactors<"convolution_forward_relu", T>(context, x, w, b, y, geometry);
  } else {
    WithRoundedFactors<"convolution_forward", T>(context, x, w, b, y, geometry);
  }
}

// Whether dx could be computed by tiles, and was; gate: what the rectifier was given, if there is one.
template <class T>
bool InputDeltasByTiles([[maybe_unused]] Context& context, [[maybe_unused]] Vector<const T> w,
                        [[maybe_unused]] Matrix<const T> dy, [[maybe_unused]] const T* gate,
                        [[maybe_unused]] Matrix<T> dx, [[maybe_unused]] Vector<const int32_t> geometry) {
#if BLASNET_CAN_BFLOAT16 && BLASNET_CAN_AMX
  if constexpr (sizeof(T) == sizeof(float)) {
    const Convolution c = ConvolutionOf(geometry);
    if (FitsTiles(c)) {
      CheckBackwardInput<T>(c, w, dy, dx);
      BackwardByTiles<AmxTiles, CpuRounder>(context, c, w.data, dy, {nullptr, false, gate}, dx.data);
      return true;
    }
  }
#endif
  return false;
}

// dx[m × channels × h × w] from dy[m × filters × oh × ow]
template <class T>
void BackwardInputInBfloat16(Context& context, Vector<const T> w, Matrix<const T> dy, Matrix<T> dx,
                             Vector<const int32_t> geometry) {
  if (InputDeltasByTiles<T>(context, w, dy, nullptr, dx, geometry)) return;
  WithRoundedFactors<"convolution_backward_input", T>(context, w, dy, dx, geometry);
}

// The same, times the rectifier's derivative at x[m × channels × h × w]
template <class T>
void BackwardInputReluInBfloat16(Context& context, Vector<const T> w, Matrix<const T> dy, Matrix<const T> x,
                                 Matrix<T> dx, Vector<const int32_t> geometry) {
  CheckEqual("x's rows", dx.rows, x.rows);
  CheckEqual("x's row size", dx.cols, x.cols);
  if (InputDeltasByTiles<T>(context, w, dy, x.data, dx, geometry)) return;
  WithRoundedFactors<"convolution_backward_input_relu", T>(context, w, dy, x, dx, geometry);
}

// dw[filters × channels/groups × kh × kw] = Σ dy · x and db[filters] = Σ dy over the batch, by parts of it
template <class T>
void BackwardWeightsInBfloat16(Context& context, Matrix<const T> x, Matrix<const T> dy, Matrix<T> parts, Vector<T> dw,
                               Vector<T> db, Vector<const int32_t> geometry) {
#if BLASNET_CAN_BFLOAT16 && BLASNET_CAN_AMX
  if constexpr (sizeof(T) == sizeof(float)) {
    const Convolution c = ConvolutionOf(geometry);
    if (FitsTiles(c)) {
      CheckBackwardWeights<T>(c, x, dy, parts, dw, db);
      TileWeightGradient<AmxTiles, CpuRounder>(c).Run(context, x, dy, parts);
      return SumGradientParts(context, c, parts, dw, db);
    }
  }
#endif
  WithRoundedFactors<"convolution_backward_weights", T>(context, x, dy, parts, dw, db, geometry);
}

BLASNET_KERNELS(Bfloat16Convolution) {
  registry.Add<&ForwardInBfloat16<false, float>, &ForwardInBfloat16<false, double>>("convolution_forward_bfloat16",
                                                                                    {"x", "w", "b", "y", "geometry"});
  registry.Add<&ForwardInBfloat16<true, float>, &ForwardInBfloat16<true, double>>("convolution_forward_relu_bfloat16",
                                                                                  {"x", "w", "b", "y", "geometry"});
  registry.Add<&BackwardInputInBfloat16<float>, &BackwardInputInBfloat16<double>>("convolution_backward_input_bfloat16",
                                                                                  {"w", "dy", "dx", "geometry"});
  registry.Add<&BackwardInputReluInBfloat16<float>, &BackwardInputReluInBfloat16<double>>(
      "convolution_backward_input_relu_bfloat16", {"w", "dy", "x", "dx", "geometry"});
  registry.Add<&BackwardWeightsInBfloat16<float>, &BackwardWeightsInBfloat16<double>>(
      "convolution_backward_weights_bfloat16", {"x", "dy", "parts", "dw", "db", "geometry"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Bfloat16Convolution)
#endif
