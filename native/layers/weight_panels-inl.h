// Weights in panels of columns: panels[out/32][in][32].

#if defined(BLASNET_LAYERS_WEIGHT_PANELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_LAYERS_WEIGHT_PANELS_INL_H_
#undef BLASNET_LAYERS_WEIGHT_PANELS_INL_H_
#else
#define BLASNET_LAYERS_WEIGHT_PANELS_INL_H_
#endif

#include "math/matmul-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

using sizes::kPanelWidth;

// The numbers of one panel, row after row.
template <class T>
HWY_INLINE size_t PanelSize(Matrix<T> panels, size_t columns) {
  CheckEqual("columns of the panels", panels.rows * kPanelWidth, columns);
  CheckEqual("a panel's numbers", panels.cols / kPanelWidth * kPanelWidth, panels.cols);
  return panels.cols;
}

// Calls body(first panel, end) for the tiles that Product cuts a product of so many multiplications into.
template <class F>
HWY_INLINE void ForPanels(Context& context, size_t columns, size_t products, const F& body) {
  const Tiling tiling = TilesOf(columns, products);
  context.pool.ParallelFor(tiling.count, [&](size_t tile) {
    const size_t first = tile * tiling.length;
    body(first / kPanelWidth, HWY_MIN(first + tiling.length, columns) / kPanelWidth);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
