// Convolution of images [rows × channels × height × width] by filters, in the sense of neural nets: cross-correlation.
// y[n, f, oy, ox] = b[f] + Σ over c, ky, kx of w[f, c, ky, kx] · x[n, c, oy·stride + ky·dilation − pad, …], where c
// runs over the channels of f's group.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/convolution.cc"
#include "math/foreach_target.h"
//
#include "math/correlate-inl.h"
#include "math/weight_gradient-inl.h"
#include "math/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// y[m × filters × oh × ow] from x[m × channels × h × w], w[filters × channels/groups × kh × kw] and b[filters]; kRelu:
// max(y, 0), to the bit as by relu_forward
template <bool kRelu, class T>
void ConvolutionForward(Context& context, Matrix<const T> x, Vector<const T> w, Vector<const T> b, Matrix<T> y,
                        Vector<const int32_t> geometry) {
  const Convolution c = ConvolutionOf(geometry);
  CheckForward<T>(c, x, w, b, y);
  const size_t filter = c.group_channels() * c.taps();
  if constexpr (sizeof(T) == sizeof(float)) {
    if (FitsWinograd(c)) {
      const Winograd winograd({c.y.input, c.x.input, c.y.output, c.x.output, c.y.pad, c.x.pad, c.groups,
                               c.group_channels(), c.group_filters()});
      winograd.Run(context, x.rows, x.data, {w.data, c.group_filters() * filter, filter, c.taps()}, false,
                   {b.data, kRelu, nullptr}, y.data);
      return;
    }
  }
  const AxisPass down = ForwardPass(c.y), across = ForwardPass(c.x);
  Correlation<T>(down, across, {c.groups, c.group_channels(), c.group_filters()}, c.x.kernel)
      .Run(context, x.rows, x.data, {w.data, c.group_filters() * filter, filter, c.taps()}, b.data, kRelu, y.data,
           c.y.output, c.x.output);
}

// dx[m × channels × h × w] from dy[m × filters × oh × ow], times the rectifier's derivative at `gate` if there is one
template <class T>
void InputDeltas(Context& context, Vector<const T> w, Matrix<const T> dy, const T* gate, Matrix<T> dx,
                 Vector<const int32_t> geometry) {
  const Convolution c = ConvolutionOf(geometry);
  CheckBackwardInput<T>(c, w, dy, dx);
  const size_t filter = c.group_channels() * c.taps();
  if constexpr (sizeof(T) == sizeof(float)) {
    if (FitsWinograd(c)) {
      const Winograd winograd({c.y.output, c.x.output, c.y.input, c.x.input, 2 - c.y.pad, 2 - c.x.pad, c.groups,
                               c.group_filters(), c.group_channels()});
      winograd.Run(context, dy.rows, dy.data, {w.data, c.group_filters() * filter, c.taps(), filter}, true,
                   {nullptr, false, gate}, dx.data);
      return;
    }
  }
  const AxisPass down = BackwardPass(c.y), across = BackwardPass(c.x);
  Correlation<T>(down, across, {c.groups, c.group_filters(), c.group_channels()}, c.x.kernel)
      .Run(context, dy.rows, dy.data, {w.data, c.group_filters() * filter, c.taps(), filter}, nullptr, false, dx.data,
           c.y.input, c.x.input);
  if (gate == nullptr) return;
  ParallelMap(
      context, dx.size(), dx.data, [](auto d, auto delta, auto at) { return hn::Mul(delta, ReluSlope(d, at)); },
      static_cast<const T*>(dx.data), gate);
}

template <class T>
void ConvolutionBackwardInput(Context& context, Vector<const T> w, Matrix<const T> dy, Matrix<T> dx,
                              Vector<const int32_t> geometry) {
  InputDeltas<T>(context, w, dy, nullptr, dx, geometry);
}

// The same and then relu_backward, to the bit, in one; x[m × channels × h × w] is what the rectifier was given, or what
// came out of it.
template <class T>
void ConvolutionBackwardInputRelu(Context& context, Vector<const T> w, Matrix<const T> dy, Matrix<const T> x,
                                  Matrix<T> dx, Vector<const int32_t> geometry) {
  CheckEqual("x's rows", dx.rows, x.rows);
  CheckEqual("x's row size", dx.cols, x.cols);
  InputDeltas<T>(context, w, dy, x.data, dx, geometry);
}

// dw[filters × channels/groups × kh × kw] = Σ dy · x and db[filters] = Σ dy
// over the batch. Each row of parts[p × (w's size + filters)] takes the sums over one part of the batch, so that the
// order of the sums depends on p alone.
template <class T>
void ConvolutionBackwardWeights(Context& context, Matrix<const T> x, Matrix<const T> dy, Matrix<T> parts, Vector<T> dw,
                                Vector<T> db, Vector<const int32_t> geometry) {
  const Convolution c = ConvolutionOf(geometry);
  CheckBackwardWeights<T>(c, x, dy, parts, dw, db);
  WeightGradient<T>(c).Run(context, x, dy, parts, dw, db);
}

BLASNET_KERNELS(Convolution) {
  registry
      .Add<&ConvolutionForward<false, float>, &ConvolutionForward<false, double>>("convolution_forward",
                                                                                  {"x", "w", "b", "y", "geometry"})
      .ByRows({"x", "y"});
  registry
      .Add<&ConvolutionForward<true, float>, &ConvolutionForward<true, double>>("convolution_forward_relu",
                                                                                {"x", "w", "b", "y", "geometry"})
      .ByRows({"x", "y"});
  registry
      .Add<&ConvolutionBackwardInput<float>, &ConvolutionBackwardInput<double>>("convolution_backward_input",
                                                                                {"w", "dy", "dx", "geometry"})
      .ByRows({"dy", "dx"});
  registry
      .Add<&ConvolutionBackwardInputRelu<float>, &ConvolutionBackwardInputRelu<double>>(
          "convolution_backward_input_relu", {"w", "dy", "x", "dx", "geometry"})
      .ByRows({"dy", "x", "dx"});
  registry.Add<&ConvolutionBackwardWeights<float>, &ConvolutionBackwardWeights<double>>(
      "convolution_backward_weights", {"x", "dy", "parts", "dw", "db", "geometry"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Convolution)
#endif
