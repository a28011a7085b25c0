// A fully connected layer's gradient and a step of Adam on its weights in one: what was summed up goes into the step
// from the first-level cache, and the gradient is never stored. The roundings, and so the bits, are those of two
// kernels.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/fully_connected_adam.cc"
#include "math/foreach_target.h"
//
#include <hwy/cache_control.h>

#include <algorithm>

#include "layers/weight_panels-inl.h"
#include "optimizers/adam-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// What a layer's step needs, besides its weights.
template <class T>
struct AdamLayer {
  Matrix<const T> x, dz;
  Matrix<T> mean, squares;  // of w, in rows
  AdamStep<T> adam;
  const T* blocks;  // xᵀ as PackBlocks has it, or null
};

// Rows of a gradient that are computed at once: a register block or two, whose moments are fetched meanwhile.
inline constexpr size_t kGradientRows = 8;

// Has the cache fetch `width` numbers of some rows.
template <class T>
HWY_INLINE void FetchRows(const T* from, size_t rows, size_t row, size_t width) {
  for (size_t i = 0; i < rows; ++i) {
    for (size_t at = 0; at < width; at += 64 / sizeof(T)) hwy::Prefetch(from + i * row + at);
  }
}

// A step on columns [j, j + width) of rows [first, end) of w; `w` is where row 0 of these columns lies, rows are ldw
// numbers apart. right[m×32] = these columns of dz.
template <class T>
HWY_NOINLINE void StepOnPanel(const AdamLayer<T>& layer, size_t first, size_t end, size_t j, size_t width,
                              const T* right, T* w, size_t ldw) {
  HWY_ALIGN T gradient[kGradientRows * kPanelWidth];
  const AdamStep<T> adam = layer.adam;
  const size_t m = layer.x.rows;
  for (size_t r = first; r < end; r += kGradientRows) {
    const size_t rows = HWY_MIN(kGradientRows, end - r);
    FetchRows(layer.mean.row(r) + j, rows, layer.mean.cols, width);
    FetchRows(layer.squares.row(r) + j, rows, layer.squares.cols, width);
    const T* blocks = layer.blocks == nullptr ? nullptr : layer.blocks + r * m;
    BlockedProduct<T>(rows, width, m, T(1), TransposedOf(layer.x).From(r, 0), blocks, Strided<T>{right, kPanelWidth, 1},
                      Start<T>{}, gradient, kPanelWidth);
    for (size_t i = r; i < r + rows; ++i) {
      Update(width, gradient + (i - r) * kPanelWidth, adam, w + i * ldw, layer.mean.row(i) + j,
             layer.squares.row(i) + j);
    }
  }
}

// A step on w, whose columns from 32·p on lie at panel_at(p), rows of them ldw numbers apart. Cut as Product cuts the
// gradient.
template <class T, class F>
void StepOnWeights(Context& context, AdamLayer<T> layer, size_t ldw, const F& panel_at) {
  const size_t m = layer.x.rows, k = layer.x.cols, n = layer.dz.cols;
  const bool by_columns = n >= 2 * kTileAlign;
  std::optional<Scratch::Block> packed;
  layer.blocks = BlocksOf(context, TransposedOf(layer.x), k, n, m, packed);
  const Tiling tiling = TilesOf(by_columns ? n : k, m * n * k);
  context.pool.ParallelFor(tiling.count, [&](size_t tile) {
    const size_t begin = tile * tiling.length, end = HWY_MIN(begin + tiling.length, by_columns ? n : k);
    const size_t last = by_columns ? end : n;
    HWY_ALIGN T right[kPanelDepth * kPanelWidth];
    for (size_t j = by_columns ? begin : 0; j < last; j += kPanelWidth) {
      const size_t width = HWY_MIN(kPanelWidth, last - j);
      for (size_t i = 0; i < m; ++i) std::copy_n(layer.dz.row(i) + j, width, right + i * kPanelWidth);
      StepOnPanel(layer, by_columns ? 0 : begin, by_columns ? k : end, j, width, right, panel_at(j), ldw);
    }
  });
}

// The layer's checks, and a step on its bias.
template <class T>
void StepOnBias(Context& context, const AdamLayer<T>& layer, Vector<T> b, Vector<T> b_mean, Vector<T> b_squares) {
  const size_t k = layer.x.cols, n = layer.dz.cols;
  CheckEqual("dz's rows", layer.x.rows, layer.dz.rows);
  CheckEqual("b's length", n, b.size);
  CheckEqual("bMean's length", n, b_mean.size);
  CheckEqual("bSquares' length", n, b_squares.size);
  for (const Matrix<T>& moment : {layer.mean, layer.squares}) {
    CheckEqual("a moment's rows", k, moment.rows);
    CheckEqual("a moment's width", n, moment.cols);
  }
  const Scratch::Block block(context.pool.scratch(), n * sizeof(T));
  T* db = reinterpret_cast<T*>(block.data());
  SumRows(T(1), layer.dz, Start<T>{}, db);
  const AdamStep<T> adam = layer.adam;
  Update(n, static_cast<const T*>(db), adam, b.data, b_mean.data, b_squares.data);
}

// w[in×out], b[out] and their moments after a step of adam_update with the layer's gradients
template <class T>
void FullyConnectedAdam(Context& context, Matrix<const T> x, Matrix<const T> dz, Matrix<T> w, Vector<T> b,
                        Matrix<T> w_mean, Vector<T> b_mean, Matrix<T> w_squares, Vector<T> b_squares,
                        double learning_rate, double beta1, double beta2, double epsilon, double weight_decay,
                        double step) {
  CheckEqual("w's rows", x.cols, w.rows);
  CheckEqual("w's width", dz.cols, w.cols);
  const AdamStep<T> adam(learning_rate, beta1, beta2, epsilon, weight_decay, step);
  const AdamLayer<T> layer{x, dz, w_mean, w_squares, adam, nullptr};
  StepOnBias(context, layer, b, b_mean, b_squares);
  if (CanDescend(x.cols, dz.cols, x.rows)) {
    return StepOnWeights(context, layer, w.cols, [&](size_t j) { return w.data + j; });
  }
  const Scratch::Block block(context.pool.scratch(), w.size() * sizeof(T));
  T* dw = reinterpret_cast<T*>(block.data());
  Product<T>(context, x.cols, dz.cols, x.rows, T(1), TransposedOf(x), RowsOf(dz), Start<T>{}, dw);
  const auto flat = [](Matrix<T> a) { return Vector<T>{a.data, a.size()}; };
  ParallelUpdate(context, Vector<const T>{dw, w.size()}, adam, flat(w), flat(w_mean), flat(w_squares));
}

// The same with w in panels.
template <class T>
void FullyConnectedAdamPanels(Context& context, Matrix<const T> x, Matrix<const T> dz, Matrix<T> panels, Vector<T> b,
                              Matrix<T> w_mean, Vector<T> b_mean, Matrix<T> w_squares, Vector<T> b_squares,
                              double learning_rate, double beta1, double beta2, double epsilon, double weight_decay,
                              double step) {
  CheckEqual("a panel's numbers", x.cols * kPanelWidth, PanelSize(panels, dz.cols));
  const AdamStep<T> adam(learning_rate, beta1, beta2, epsilon, weight_decay, step);
  const AdamLayer<T> layer{x, dz, w_mean, w_squares, adam, nullptr};
  Check(CanDescend(x.cols, dz.cols, x.rows), "Expected a product that can be a descent");
  StepOnBias(context, layer, b, b_mean, b_squares);
  StepOnWeights(context, layer, kPanelWidth, [&](size_t j) { return panels.row(j / kPanelWidth); });
}

BLASNET_KERNELS(FullyConnectedAdam) {
  registry.Add<&FullyConnectedAdam<float>, &FullyConnectedAdam<double>>(
      "fully_connected_adam", {"x", "dz", "w", "b", "wMean", "bMean", "wSquares", "bSquares", "learningRate", "beta1",
                               "beta2", "epsilon", "weightDecay", "step"});
  registry.Add<&FullyConnectedAdamPanels<float>, &FullyConnectedAdamPanels<double>>(
      "fully_connected_adam_panels", {"x", "dz", "panels", "b", "wMean", "bMean", "wSquares", "bSquares",
                                      "learningRate", "beta1", "beta2", "epsilon", "weightDecay", "step"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(FullyConnectedAdam)
#endif
