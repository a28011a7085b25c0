// A fully connected layer whose weights lie in panels of columns while a plan is replayed: panels[out/32][in][32]. What
// one core reads and changes is one piece of memory then; parts of rows would lie between those of another core, and
// each core's hardware, which reads ahead, would take the other's lines away. Each number has the bits that the kernels
// for weights in rows give.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/fully_connected_panels.cc"
#include "math/foreach_target.h"
//
#include <algorithm>

#include "layers/weight_panels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// panels[out/32][in][32] = w[in×out]
template <class T>
void WeightsToPanels(Context&, Matrix<const T> w, Matrix<T> panels) {
  CheckEqual("a panel's numbers", w.rows * kPanelWidth, PanelSize(panels, w.cols));
  for (size_t p = 0; p < panels.rows; ++p) {
    T* to = panels.row(p);
    for (size_t i = 0; i < w.rows; ++i) std::copy_n(w.row(i) + p * kPanelWidth, kPanelWidth, to + i * kPanelWidth);
  }
}

// w[in×out] = panels[out/32][in][32]
template <class T>
void PanelsToWeights(Context&, Matrix<const T> panels, Matrix<T> w) {
  CheckEqual("a panel's numbers", w.rows * kPanelWidth, PanelSize(panels, w.cols));
  for (size_t p = 0; p < panels.rows; ++p) {
    const T* from = panels.row(p);
    for (size_t i = 0; i < w.rows; ++i) std::copy_n(from + i * kPanelWidth, kPanelWidth, w.row(i) + p * kPanelWidth);
  }
}

// z[m×out] = x[m×in] · w[in×out] + b[out]
template <class T>
void FullyConnectedForwardPanels(Context& context, Matrix<const T> x, Matrix<const T> panels, Vector<const T> b,
                                 Matrix<T> z) {
  const size_t m = x.rows, k = x.cols, n = z.cols;
  CheckEqual("a panel's numbers", k * kPanelWidth, PanelSize(panels, n));
  CheckEqual("b's length", n, b.size);
  CheckEqual("z's rows", m, z.rows);
  if (!IsBlocked(m, n, k) || IsRow(m, n, k)) {
    const Scratch::Block block(context.pool.scratch(), panels.size() * sizeof(T));
    T* w = reinterpret_cast<T*>(block.data());
    PanelsToWeights(context, panels, Matrix<T>{w, k, n});
    return Product(context, m, n, k, T(1), RowsOf(x), Strided<T>{w, n, 1}, Start<T>{b.data, 0}, z.data);
  }
  ForPanels(context, n, m * n * k, [&](size_t first, size_t end) {
    for (size_t p = first; p < end; ++p) {
      const size_t j = p * kPanelWidth;
      const Strided<T> w{panels.row(p), kPanelWidth, 1};
      BlockedProduct<T>(m, kPanelWidth, k, T(1), RowsOf(x), nullptr, w, Start<T>{b.data + j, 0}, z.data + j, n);
    }
  });
}

// w[in×out] −= rate · dw, b[out] −= rate · db, as in fully_connected_descend
template <class T>
void FullyConnectedDescendPanels(Context& context, Matrix<const T> x, Matrix<const T> dz, Matrix<T> panels, Vector<T> b,
                                 double learning_rate) {
  const size_t m = x.rows, k = x.cols, n = dz.cols;
  CheckEqual("dz's rows", m, dz.rows);
  CheckEqual("a panel's numbers", k * kPanelWidth, PanelSize(panels, n));
  CheckEqual("b's length", n, b.size);
  Check(CanDescend(k, n, m), "Expected a product that can be a descent");
  const T rate = static_cast<T>(learning_rate);
  std::optional<Scratch::Block> packed;
  const T* blocks = BlocksOf(context, TransposedOf(x), k, n, m, packed);
  ForPanels(context, n, m * n * k, [&](size_t first, size_t end) {
    for (size_t p = first; p < end; ++p) {
      const size_t j = p * kPanelWidth;
      const Start<T> start{panels.row(p), kPanelWidth, true, rate};
      BlockedProduct<T>(k, kPanelWidth, m, T(1), TransposedOf(x), blocks, RowsOf(dz).From(0, j), start, panels.row(p),
                        kPanelWidth);
      SumColumnsFrom<hn::MaxLanes(Tag<T>()), 2>(j, j + kPanelWidth, T(1), dz, Start<T>{b.data, 0, true, rate}, b.data);
    }
  });
}

BLASNET_KERNELS(FullyConnectedPanels) {
  registry.Add<&WeightsToPanels<float>, &WeightsToPanels<double>>("weights_to_panels", {"w", "panels"});
  registry.Add<&PanelsToWeights<float>, &PanelsToWeights<double>>("panels_to_weights", {"panels", "w"});
  registry
      .Add<&FullyConnectedForwardPanels<float>, &FullyConnectedForwardPanels<double>>("fully_connected_forward_panels",
                                                                                      {"x", "panels", "b", "z"})
      .ByRows({"x", "z"});
  registry.Add<&FullyConnectedDescendPanels<float>, &FullyConnectedDescendPanels<double>>(
      "fully_connected_descend_panels", {"x", "dz", "panels", "b", "learningRate"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(FullyConnectedPanels)
#endif
