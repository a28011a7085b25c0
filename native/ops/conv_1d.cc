// Convolution over the steps of sequences: y[m, o, :] = b + Σ over j of x[m, o · stride − pad + j · dilation, :] ·
// w[j], zeros outside of the sequence. x is [m × steps × features], w [size × features × filters], y [m × windows ×
// filters].

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv_1d.cc"
#include "math/foreach_target.h"
//
#include "math/matmul-inl.h"
#include "math/part_sums-inl.h"
#include "math/relu-inl.h"
#include "math/step_products-inl.h"
#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Bytes of padded sequences that are worked on in one go: they stay in the second-level cache.
inline constexpr size_t kStepBytes = 1 << 18;

// The sizes of a convolution; geometry is [stride, pad, dilation].
template <class X, class W, class Y>
StepTaps TapsOf(const Array<X>& x, const Array<W>& w, const Array<Y>& y, Vector<const int32_t> geometry) {
  CheckEqual("x's rank", size_t{3}, x.rank);
  CheckEqual("w's rank", size_t{3}, w.rank);
  CheckEqual("y's rank", size_t{3}, y.rank);
  CheckEqual("the geometry's length", size_t{3}, geometry.size);
  CheckEqual("y's rows", x.shape[0], y.shape[0]);
  CheckEqual("w's features", x.shape[2], w.shape[1]);
  CheckEqual("y's filters", w.shape[2], y.shape[2]);
  Check(geometry[0] > 0 && geometry[1] >= 0 && geometry[2] > 0 && w.shape[0] > 0,
        "Expected a stride, a dilation and a size above 0, and a padding of at least 0");
  return {x.shape[1],
          x.shape[2],
          y.shape[1],
          w.shape[0],
          static_cast<size_t>(geometry[0]),
          static_cast<size_t>(geometry[2]),
          geometry[1]};
}

// Calls run(first, rows, padded) for pieces of the rows, with memory for as many padded sequences.
template <class T, class F>
HWY_INLINE void ForRows(Context& context, const StepTaps& taps, size_t rows, size_t products, const F& run) {
  if (rows == 0) return;
  const size_t fitting = HWY_MAX(size_t{1}, kStepBytes / sizeof(T) / HWY_MAX(size_t{1}, taps.padded()));
  const size_t paying = HWY_MAX(size_t{1}, kRules.tile_product / HWY_MAX(size_t{1}, products));
  const size_t each = HWY_MIN(rows, HWY_MIN(fitting, paying)), tiles = (rows + each - 1) / each;
  ScratchPieces pieces(context.pool.scratch(), HWY_MIN(tiles, context.pool.threads()),
                       each * taps.padded() * sizeof(T));
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const ScratchPieces::Piece piece(pieces);
    run(tile * each, HWY_MIN(each, rows - tile * each), reinterpret_cast<T*>(piece.data()));
  });
}

// kRelu: max(y, 0), to the bit as by relu_forward
template <bool kRelu, class T>
void Conv1dForward(Context& context, Array<const T> x, Array<const T> w, Vector<const T> b, Array<T> y,
                   Vector<const int32_t> geometry) {
  const StepTaps taps = TapsOf(x, w, y, geometry);
  const size_t filters = w.shape[2], row = taps.steps * taps.features;
  CheckEqual("b's length", filters, b.size);
  ForRows<T>(context, taps, x.shape[0], taps.windows * w.size(), [&](size_t first, size_t rows, T* padded) {
    for (size_t r = 0; r < rows; ++r) PadSteps(taps, x.data + (first + r) * row, padded + r * taps.padded());
    T* to = y.data + first * taps.windows * filters;
    StepProducts(taps, rows, padded, w.data, filters, b.data, false, to);
    if constexpr (kRelu) {
      Map(
          rows * taps.windows * filters, to, [](auto d, auto sum) { return PositivePart(d, sum); },
          static_cast<const T*>(to));
    }
  });
}

// turned[size × filters × features] = the weights of each tap, transposed, from the last tap to the first
template <class T>
void Conv1dTurn(Context&, Array<const T> w, Array<T> turned) {
  CheckEqual("w's rank", size_t{3}, w.rank);
  CheckEqual("turned's rank", size_t{3}, turned.rank);
  const size_t size = w.shape[0], features = w.shape[1], filters = w.shape[2];
  CheckEqual("turned's size", size, turned.shape[0]);
  CheckEqual("turned's filters", filters, turned.shape[1]);
  CheckEqual("turned's features", features, turned.shape[2]);
  const bool in_squares = features * sizeof(T) % 16 == 0;
  for (size_t j = 0; j < size; ++j) {
    const T* from = w.data + j * features * filters;
    T* to = turned.data + (size - 1 - j) * features * filters;
    if (in_squares) {
      TransposeRows(from, filters, features, filters, to, features);
      continue;
    }
    for (size_t i = 0; i < features; ++i) {
      for (size_t f = 0; f < filters; ++f) to[f * features + i] = from[i * filters + f];
    }
  }
}

// dx = (dx +) the gradient by x; turned as conv1d_turn writes it
template <class T>
void InputGradient(Context& context, Array<const T> turned, Array<const T> dy, Array<T> dx,
                   Vector<const int32_t> geometry, double accumulate, const T* gate) {
  CheckEqual("turned's rank", size_t{3}, turned.rank);
  const size_t shape[] = {turned.shape[0], turned.shape[2], turned.shape[1]};
  const StepTaps taps = TapsOf(dx, Array<const T>{turned.data, shape, 3}, dy, geometry);
  const size_t filters = turned.shape[1], row = taps.steps * taps.features, dy_row = taps.windows * filters;
  const bool adds = accumulate != 0;
  const size_t rows = dx.shape[0], products = taps.windows * turned.size();
  const auto rectify = [&](size_t first, size_t count) {
    if (gate == nullptr) return;
    T* to = dx.data + first * row;
    Map(
        count * row, to, [](auto d, auto delta, auto at) { return hn::Mul(delta, ReluSlope(d, at)); },
        static_cast<const T*>(to), gate + first * row);
  };
  if (taps.stride == 1) {
    // Each step's gradient is the product of a window over dy, whose taps go the other way.
    const int64_t pad = static_cast<int64_t>((taps.size - 1) * taps.dilation) - taps.pad;
    const StepTaps back{taps.windows, filters, taps.steps, taps.size, 1, taps.dilation, pad};
    ForRows<T>(context, back, rows, products, [&](size_t first, size_t count, T* padded) {
      for (size_t r = 0; r < count; ++r) PadSteps(back, dy.data + (first + r) * dy_row, padded + r * back.padded());
      StepProducts<T>(back, count, padded, turned.data, taps.features, nullptr, adds, dx.data + first * row);
      rectify(first, count);
    });
    return;
  }
  ForRows<T>(context, taps, rows, products, [&](size_t first, size_t count, T* padded) {
    std::memset(padded, 0, count * taps.padded() * sizeof(T));
    AddToSteps(taps, count, dy.data + first * dy_row, filters, turned.data, padded);
    const size_t n = (taps.end() - taps.first()) * taps.features;
    for (size_t r = 0; r < count; ++r) {
      T* to = dx.data + (first + r) * row;
      if (!adds) std::memset(to, 0, row * sizeof(T));
      T* inside = to + taps.from() * taps.features;
      const T* from = padded + r * taps.padded() + taps.first() * taps.features;
      if (n > 0)
        Map(
            n, inside, [](auto, auto a, auto d) { return hn::Add(a, d); }, static_cast<const T*>(inside), from);
    }
    rectify(first, count);
  });
}

template <class T>
void Conv1dBackwardInput(Context& context, Array<const T> turned, Array<const T> dy, Array<T> dx,
                         Vector<const int32_t> geometry, double accumulate) {
  InputGradient<T>(context, turned, dy, dx, geometry, accumulate, nullptr);
}

// The same and then relu_backward, to the bit, in one; x is what the rectifier was given, or what came out of it.
template <class T>
void Conv1dBackwardInputRelu(Context& context, Array<const T> turned, Array<const T> dy, Array<const T> x, Array<T> dx,
                             Vector<const int32_t> geometry) {
  CheckEqual("x's size", dx.size(), x.size());
  InputGradient<T>(context, turned, dy, dx, geometry, 0, x.data);
}

// dw[size × features × filters] and db[filters] over the batch. Each row of parts[p × (w's size + filters)] takes the
// sums over one part of the batch, so that the order of the sums depends on p alone.
template <class T>
void Conv1dBackwardWeights(Context& context, Array<const T> x, Array<const T> dy, Matrix<T> parts, Array<T> dw,
                           Vector<T> db, Vector<const int32_t> geometry) {
  const StepTaps taps = TapsOf(x, dw, dy, geometry);
  const size_t filters = dw.shape[2], row = taps.steps * taps.features, weights = dw.size(), rows = x.shape[0];
  CheckEqual("db's length", filters, db.size);
  CheckEqual("parts' row size", weights + filters, parts.cols);
  Check(parts.rows > 0, "Expected at least one row for parts");
  ScratchPieces pieces(context.pool.scratch(), HWY_MIN(parts.rows, context.pool.threads()), taps.padded() * sizeof(T));
  context.pool.ParallelFor(parts.rows, [&](size_t part) {
    const ScratchPieces::Piece piece(pieces);
    T* padded = reinterpret_cast<T*>(piece.data());
    T* sums = parts.row(part);
    std::fill_n(sums, parts.cols, T(0));
    for (size_t i = part * rows / parts.rows; i < (part + 1) * rows / parts.rows; ++i) {
      const Matrix<const T> deltas{dy.data + i * taps.windows * filters, taps.windows, filters};
      PadSteps(taps, x.data + i * row, padded);
      AddStepWeights(taps, padded, deltas.data, filters, sums);
      SumRows(T(1), deltas, Start<T>{sums + weights, 0}, sums + weights);
    }
  });
  SumParts(context, parts, 0, weights, dw.data);
  SumParts(context, parts, weights, filters, db.data);
}

BLASNET_KERNELS(OpsConv1d) {
  registry.Add<&Conv1dForward<false, float>, &Conv1dForward<false, double>>("conv1d", {"x", "w", "b", "y", "geometry"})
      .ByRows({"x", "y"});
  registry
      .Add<&Conv1dForward<true, float>, &Conv1dForward<true, double>>("conv1d_relu", {"x", "w", "b", "y", "geometry"})
      .ByRows({"x", "y"});
  registry.Add<&Conv1dTurn<float>, &Conv1dTurn<double>>("conv1d_turn", {"w", "turned"});
  registry
      .Add<&Conv1dBackwardInput<float>, &Conv1dBackwardInput<double>>("conv1d_backward_input",
                                                                      {"turned", "dy", "dx", "geometry", "accumulate"})
      .ByRows({"dy", "dx"});
  registry
      .Add<&Conv1dBackwardInputRelu<float>, &Conv1dBackwardInputRelu<double>>("conv1d_backward_input_relu",
                                                                              {"turned", "dy", "x", "dx", "geometry"})
      .ByRows({"dy", "x", "dx"});
  registry.Add<&Conv1dBackwardWeights<float>, &Conv1dBackwardWeights<double>>(
      "conv1d_backward_weights", {"x", "dy", "parts", "dw", "db", "geometry"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(OpsConv1d)
#endif
