// The kernels of recurrent layers: shapes are checked here, the loops are those of math/recurrence-inl.h.

#if defined(BLASNET_LAYERS_RECURRENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_LAYERS_RECURRENT_INL_H_
#undef BLASNET_LAYERS_RECURRENT_INL_H_
#else
#define BLASNET_LAYERS_RECURRENT_INL_H_
#endif

#include <string>

#include "math/recurrence_backward-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Null for a tensor of no numbers: it is not there.
template <class V>
auto* DataOf(const V& tensor) {
  return tensor.size() == 0 ? nullptr : tensor.data;
}

template <class T>
void CheckSize(const char* name, size_t expected, const Matrix<T>& tensor, bool is_optional) {
  if (!is_optional || tensor.size() != 0) CheckEqual(name, expected, tensor.size());
}

template <class Cell, class T>
Sequences<T> SequencesOf(size_t rows, size_t steps, size_t features, size_t units, Matrix<const T> u,
                         Matrix<const T> mask, Matrix<const T> h_mask, double reverse) {
  Check(rows > 0 && steps > 0 && features > 0 && units > 0, "Expected sequences with numbers");
  CheckEqual("u's rows", units, u.rows);
  CheckEqual("u's width", Cell::kGates * units, u.cols);
  CheckSize("mask's size", rows * steps, mask, true);
  CheckSize("h_mask's size", rows * units, h_mask, true);
  // A mask may come as one long row.
  return {rows,
          steps,
          features,
          units,
          reverse != 0,
          {mask.data, mask.size() == 0 ? 0 : rows, steps},
          {h_mask.data, h_mask.size() == 0 ? 0 : rows, units}};
}

template <class Cell, class T>
void CheckGradients(const Sequences<T>& s, Matrix<const T> kept, Matrix<const T> dy, Matrix<const T> dlast_h,
                    Matrix<const T> dlast_c, Matrix<T> dh0, Matrix<T> dc0) {
  const size_t states = s.rows * s.units;
  CheckSize("kept's size", s.steps * states * Cell::kKept, kept, false);
  CheckSize("dy's size", s.steps * states, dy, true);
  CheckSize("dlast_h's size", states, dlast_h, true);
  CheckSize("dlast_c's size", states, dlast_c, true);
  CheckSize("dh0's size", states, dh0, true);
  CheckSize("dc0's size", states, dc0, true);
}

// y[m×steps×units] and the last states of x[m×steps×features]. For the backward pass, also `kept` and `previous`, the h
// that each step multiplied. Optional tensors have no numbers.
template <class Cell, class T>
void RecurrentForwardKernel(Context& context, Array<const T> x, Matrix<const T> w, Matrix<const T> u, Matrix<const T> b,
                            Matrix<const T> inner_b, Matrix<const T> h0, Matrix<const T> c0, Matrix<const T> mask,
                            Matrix<const T> h_mask, Matrix<T> y, Matrix<T> last_h, Matrix<T> last_c, Matrix<T> kept,
                            Matrix<T> previous, double reverse) {
  CheckEqual("x's rank", size_t{3}, x.rank);
  const size_t rows = x.shape[0], steps = x.shape[1], units = u.rows;
  const auto s = SequencesOf<Cell, T>(rows, steps, x.shape[2], units, u, mask, h_mask, reverse);
  const size_t columns = Cell::kGates * units;
  CheckEqual("w's rows", s.features, w.rows);
  CheckEqual("w's width", columns, w.cols);
  CheckSize("b's size", columns, b, false);
  CheckSize("inner_b's size", Cell::kInner * columns, inner_b, false);
  CheckSize("h0's size", rows * units, h0, true);
  CheckSize("c0's size", rows * units, c0, true);
  CheckSize("y's size", rows * steps * units, y, true);
  CheckSize("last_h's size", rows * units, last_h, false);
  CheckSize("last_c's size", Cell::kCell * rows * units, last_c, false);
  CheckSize("kept's size", rows * steps * units * Cell::kKept, kept, true);
  CheckSize("previous' size", rows * steps * units, previous, true);
  RecurrentForward<Cell, T>(context, s,
                            {x.data, w.data, u.data, b.data, inner_b.data, h0, c0, DataOf(y), last_h.data, last_c.data,
                             DataOf(kept), DataOf(previous)});
}

// dz[m×steps×gates·units], the gradient by x·W + B, and those by the first states. inner, where the cell has such, is
// the gradient by the recurrent product; elsewhere they are the same.
template <class Cell, class T>
void RecurrentBackwardKernel(Context& context, Matrix<const T> u, Matrix<const T> kept, Matrix<const T> mask,
                             Matrix<const T> h_mask, Matrix<const T> dy, Matrix<const T> dlast_h,
                             Matrix<const T> dlast_c, Array<T> dz, Matrix<T> inner, Matrix<T> dh0, Matrix<T> dc0,
                             double reverse) {
  CheckEqual("dz's rank", size_t{3}, dz.rank);
  const size_t rows = dz.shape[0], steps = dz.shape[1], units = u.rows, columns = Cell::kGates * units;
  CheckEqual("dz's width", columns, dz.shape[2]);
  const auto s = SequencesOf<Cell, T>(rows, steps, 1, units, u, mask, h_mask, reverse);
  CheckGradients<Cell, T>(s, kept, dy, dlast_h, dlast_c, dh0, dc0);
  CheckSize("inner's size", Cell::kInner * rows * steps * columns, inner, false);
  RecurrentBackward<Cell, T>(context, s,
                             {u.data, kept.data, dy, dlast_h, dlast_c, DataOf(dh0), DataOf(dc0), dz.data, DataOf(inner),
                              nullptr, nullptr, nullptr, nullptr, nullptr});
}

// The gradients by the weights, added to what is there where `accumulate`, by x and by the first states at once,
// without those of each step in memory. Those by weights are wanted all together or not at all.
template <class Cell, class T>
void RecurrentGradientsKernel(Context& context, Array<const T> x, Matrix<const T> w, Matrix<const T> u,
                              Matrix<const T> kept, Matrix<const T> previous, Matrix<const T> mask,
                              Matrix<const T> h_mask, Matrix<const T> dy, Matrix<const T> dlast_h,
                              Matrix<const T> dlast_c, Matrix<T> dw, Matrix<T> du, Matrix<T> db, Matrix<T> inner_db,
                              Matrix<T> dx, Matrix<T> dh0, Matrix<T> dc0, double accumulate, double reverse) {
  CheckEqual("x's rank", size_t{3}, x.rank);
  const size_t rows = x.shape[0], steps = x.shape[1], features = x.shape[2], units = u.rows;
  const size_t columns = Cell::kGates * units;
  const auto s = SequencesOf<Cell, T>(rows, steps, features, units, u, mask, h_mask, reverse);
  CheckGradients<Cell, T>(s, kept, dy, dlast_h, dlast_c, dh0, dc0);
  CheckEqual("w's rows", features, w.rows);
  CheckEqual("w's width", columns, w.cols);
  CheckSize("previous' size", rows * steps * units, previous, false);
  CheckSize("dx's size", rows * steps * features, dx, true);
  const bool has_weights = dw.size() != 0;
  CheckSize("dw's size", features * columns, dw, !has_weights);
  CheckSize("du's size", has_weights * units * columns, du, false);
  CheckSize("db's size", has_weights * columns, db, false);
  CheckSize("inner_db's size", has_weights * Cell::kInner * columns, inner_db, false);
  const size_t part = has_weights ? GradientPart<Cell, T>(s).size() : 0;
  const Scratch::Block parts(context.pool.scratch(), HWY_MAX(s.tiles() * part * sizeof(T), size_t{1}));
  T* sums = has_weights ? reinterpret_cast<T*>(parts.data()) : nullptr;
  RecurrentBackward<Cell, T>(context, s,
                             {u.data, kept.data, dy, dlast_h, dlast_c, DataOf(dh0), DataOf(dc0), nullptr, nullptr,
                              x.data, previous.data, w.data, sums, DataOf(dx)});
  if (has_weights) SumParts<Cell, T>(s, sums, dw.data, du.data, db.data, inner_db.data, accumulate != 0);
}

template <class Cell>
void AddRecurrent(Registry& registry, const std::string& name) {
  registry.Add<&RecurrentForwardKernel<Cell, float>, &RecurrentForwardKernel<Cell, double>>(
      (name + "_forward").c_str(), {"x", "w", "u", "b", "innerB", "h0", "c0", "mask", "hMask", "y", "lastH", "lastC",
                                    "kept", "previous", "reverse"});
  registry.Add<&RecurrentBackwardKernel<Cell, float>, &RecurrentBackwardKernel<Cell, double>>(
      (name + "_backward").c_str(),
      {"u", "kept", "mask", "hMask", "dy", "dlastH", "dlastC", "dz", "inner", "dh0", "dc0", "reverse"});
  registry.Add<&RecurrentGradientsKernel<Cell, float>, &RecurrentGradientsKernel<Cell, double>>(
      (name + "_gradients").c_str(), {"x", "w", "u", "kept", "previous", "mask", "hMask", "dy", "dlastH", "dlastC",
                                      "dw", "du", "db", "innerDb", "dx", "dh0", "dc0", "accumulate", "reverse"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
