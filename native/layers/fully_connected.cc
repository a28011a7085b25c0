// Fully connected layer: Z = X·W + B, rows are samples.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/fully_connected.cc"
#include "math/foreach_target.h"
//
#include "math/matmul-inl.h"
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// z[m×out] = x[m×in] · w[in×out] + b[out]
template <class T>
void FullyConnectedForward(Context& context, Matrix<const T> x, Matrix<const T> w, Vector<const T> b, Matrix<T> z) {
  CheckEqual("x's width", w.rows, x.cols);
  CheckEqual("b's length", w.cols, b.size);
  CheckEqual("z's width", w.cols, z.cols);
  CheckEqual("z's rows", x.rows, z.rows);
  Product(context, x.rows, w.cols, x.cols, T(1), RowsOf(x), RowsOf(w), b.data, z.data);
}

// dx[m×in] = dz[m×out] · wᵀ
template <class T>
void FullyConnectedBackwardInput(Context& context, Matrix<const T> w, Matrix<const T> dz, Matrix<T> dx) {
  CheckEqual("dz's width", w.cols, dz.cols);
  CheckEqual("dx's width", w.rows, dx.cols);
  CheckEqual("dx's rows", dz.rows, dx.rows);
  Product<T>(context, dz.rows, w.rows, dz.cols, T(1), RowsOf(dz), TransposedOf(w), nullptr, dx.data);
}

// dw[in×out] = xᵀ·dz / m, db[out] = Σ rows dz / m: the gradients of the mean loss over the batch
template <class T>
void FullyConnectedBackwardWeights(Context& context, Matrix<const T> x, Matrix<const T> dz, Matrix<T> dw,
                                   Vector<T> db) {
  CheckEqual("dz's rows", x.rows, dz.rows);
  CheckEqual("dw's rows", x.cols, dw.rows);
  CheckEqual("dw's width", dz.cols, dw.cols);
  CheckEqual("db's length", dz.cols, db.size);
  const T scale = T(1) / static_cast<T>(x.rows);
  Product<T>(context, x.cols, dz.cols, x.rows, scale, TransposedOf(x), RowsOf(dz), nullptr, dw.data);
  SumRows(scale, dz, db);
}

BLASNET_KERNELS(FullyConnected) {
  registry.Add<&FullyConnectedForward<float>, &FullyConnectedForward<double>>("fully_connected_forward",
                                                                              {"x", "w", "b", "z"});
  registry.Add<&FullyConnectedBackwardInput<float>, &FullyConnectedBackwardInput<double>>(
      "fully_connected_backward_input", {"w", "dz", "dx"});
  registry.Add<&FullyConnectedBackwardWeights<float>, &FullyConnectedBackwardWeights<double>>(
      "fully_connected_backward_weights", {"x", "dz", "dw", "db"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(FullyConnected)
#endif
