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

// Where a product begins that is added to what is there, or not.
template <class T>
HWY_INLINE Start<T> StartOf(Matrix<T> y, double accumulate) {
  return accumulate != 0 ? Start<T>{y.data, y.cols} : Start<T>{};
}

// z[m×out] = x[m×in] · w[in×out] + b[out]
template <class T>
void FullyConnectedForward(Context& context, Matrix<const T> x, Matrix<const T> w, Vector<const T> b, Matrix<T> z) {
  CheckEqual("x's width", w.rows, x.cols);
  CheckEqual("b's length", w.cols, b.size);
  CheckEqual("z's width", w.cols, z.cols);
  CheckEqual("z's rows", x.rows, z.rows);
  Product(context, x.rows, w.cols, x.cols, T(1), RowsOf(x), RowsOf(w), Start<T>{b.data, 0}, z.data);
}

// dx[m×in] = (dx +) dz[m×out] · wᵀ
template <class T>
void FullyConnectedBackwardInput(Context& context, Matrix<const T> w, Matrix<const T> dz, Matrix<T> dx,
                                 double accumulate) {
  CheckEqual("dz's width", w.cols, dz.cols);
  CheckEqual("dx's width", w.rows, dx.cols);
  CheckEqual("dx's rows", dz.rows, dx.rows);
  Product<T>(context, dz.rows, w.rows, dz.cols, T(1), RowsOf(dz), TransposedOf(w), StartOf(dx, accumulate), dx.data);
}

// dw[in×out] = (dw +) xᵀ·dz, db[out] = (db +) Σ rows dz
template <class T>
void FullyConnectedBackwardWeights(Context& context, Matrix<const T> x, Matrix<const T> dz, Matrix<T> dw, Vector<T> db,
                                   double accumulate) {
  CheckEqual("dz's rows", x.rows, dz.rows);
  CheckEqual("dw's rows", x.cols, dw.rows);
  CheckEqual("dw's width", dz.cols, dw.cols);
  CheckEqual("db's length", dz.cols, db.size);
  Product<T>(context, x.cols, dz.cols, x.rows, T(1), TransposedOf(x), RowsOf(dz), StartOf(dw, accumulate), dw.data);
  SumRows(T(1), dz, accumulate != 0 ? Start<T>{db.data, 0} : Start<T>{}, db.data);
}

// w[in×out] −= rate · dw, b[out] −= rate · db: the gradients and a step of plain SGD in one, with the same roundings
template <class T>
void FullyConnectedDescend(Context& context, Matrix<const T> x, Matrix<const T> dz, Matrix<T> w, Vector<T> b,
                           double learning_rate) {
  CheckEqual("dz's rows", x.rows, dz.rows);
  CheckEqual("w's rows", x.cols, w.rows);
  CheckEqual("w's width", dz.cols, w.cols);
  CheckEqual("b's length", dz.cols, b.size);
  const T rate = static_cast<T>(learning_rate);
  SumRows(T(1), dz, Start<T>{b.data, 0, true, rate}, b.data);
  if (CanDescend(x.cols, dz.cols, x.rows)) {
    const Start<T> start{w.data, w.cols, true, rate};
    Product<T>(context, x.cols, dz.cols, x.rows, T(1), TransposedOf(x), RowsOf(dz), start, w.data);
    return;
  }
  const Scratch::Block block(context.pool.scratch(), w.size() * sizeof(T));
  T* dw = reinterpret_cast<T*>(block.data());
  Product<T>(context, x.cols, dz.cols, x.rows, T(1), TransposedOf(x), RowsOf(dz), Start<T>{}, dw);
  const auto by = hn::Set(Tag<T>(), rate);
  ParallelMap(
      context, w.size(), w.data, [by](auto, auto t, auto g) { return hn::NegMulAdd(by, g, t); },
      static_cast<const T*>(w.data), static_cast<const T*>(dw));
}

BLASNET_KERNELS(FullyConnected) {
  registry
      .Add<&FullyConnectedForward<float>, &FullyConnectedForward<double>>("fully_connected_forward",
                                                                          {"x", "w", "b", "z"})
      .ByRows({"x", "z"});
  registry
      .Add<&FullyConnectedBackwardInput<float>, &FullyConnectedBackwardInput<double>>("fully_connected_backward_input",
                                                                                      {"w", "dz", "dx", "accumulate"})
      .ByRows({"dz", "dx"});
  registry.Add<&FullyConnectedBackwardWeights<float>, &FullyConnectedBackwardWeights<double>>(
      "fully_connected_backward_weights", {"x", "dz", "dw", "db", "accumulate"});
  registry.Add<&FullyConnectedDescend<float>, &FullyConnectedDescend<double>>("fully_connected_descend",
                                                                              {"x", "dz", "w", "b", "learningRate"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(FullyConnected)
#endif
