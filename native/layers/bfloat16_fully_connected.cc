// Fully connected layers in bfloat16: Z = X·W + B, both factors of each product rounded. The gradient of B is the sum
// of the rounded deltas.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/bfloat16_fully_connected.cc"
#include "math/foreach_target.h"
//
#include "math/bfloat16_product-inl.h"
#include "math/rounded_factors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// z[m×out] = x[m×in] · w[in×out] + b[out]
template <class T>
void ForwardInBfloat16(Context& context, Matrix<const T> x, Matrix<const T> w, Vector<const T> b, Matrix<T> z) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (HasPairProduct(x.rows, w.cols, x.cols)) {
      CheckEqual("x's width", w.rows, x.cols);
      CheckEqual("b's length", w.cols, b.size);
      CheckEqual("z's width", w.cols, z.cols);
      CheckEqual("z's rows", x.rows, z.rows);
      return PairProduct(context, x.rows, w.cols, x.cols, {x.data, x.cols, 1}, {w.data, w.cols, 1}, {b.data}, z.data);
    }
  }
  WithRoundedFactors<"fully_connected_forward", T>(context, x, w, b, z);
}

// dx[m×in] = (dx +) dz[m×out] · wᵀ
template <class T>
void BackwardInputInBfloat16(Context& context, Matrix<const T> w, Matrix<const T> dz, Matrix<T> dx, double accumulate) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (HasPairProduct(dz.rows, w.rows, dz.cols)) {
      CheckEqual("dz's width", w.cols, dz.cols);
      CheckEqual("dx's width", w.rows, dx.cols);
      CheckEqual("dx's rows", dz.rows, dx.rows);
      const PairStart start = accumulate != 0 ? PairStart{dx.data, dx.cols} : PairStart{};
      return PairProduct(context, dz.rows, w.rows, dz.cols, {dz.data, dz.cols, 1}, {w.data, 1, w.cols}, start, dx.data);
    }
  }
  WithRoundedFactors<"fully_connected_backward_input", T>(context, w, dz, dx, accumulate);
}

// w[in×out] = start + xᵀ·dz, b[out] = start of b + Σ rows dz
inline void WeightProducts(Context& context, Matrix<const float> x, Matrix<const float> dz, PairStart start,
                           Matrix<float> w, PairStart bias_start, Vector<float> b) {
  CheckEqual("dz's rows", x.rows, dz.rows);
  CheckEqual("the gradient's rows", x.cols, w.rows);
  CheckEqual("the gradient's width", dz.cols, w.cols);
  CheckEqual("the bias's length", dz.cols, b.size);
  PairProduct(context, x.cols, dz.cols, x.rows, {x.data, 1, x.cols}, {dz.data, dz.cols, 1}, start, w.data);
  SumRoundedRows(dz, bias_start, b.data);
}

// dw[in×out] = (dw +) xᵀ·dz, db[out] = (db +) Σ rows dz
template <class T>
void BackwardWeightsInBfloat16(Context& context, Matrix<const T> x, Matrix<const T> dz, Matrix<T> dw, Vector<T> db,
                               double accumulate) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (HasPairProduct(x.cols, dz.cols, x.rows)) {
      if (accumulate == 0) return WeightProducts(context, x, dz, {}, dw, {}, db);
      return WeightProducts(context, x, dz, {dw.data, dw.cols}, dw, {db.data}, db);
    }
  }
  WithRoundedFactors<"fully_connected_backward_weights", T>(context, x, dz, dw, db, accumulate);
}

// w[in×out] −= rate · dw, b[out] −= rate · db
template <class T>
void DescendInBfloat16(Context& context, Matrix<const T> x, Matrix<const T> dz, Matrix<T> w, Vector<T> b,
                       double learning_rate) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (HasPairProduct(x.cols, dz.cols, x.rows)) {
      const float rate = static_cast<float>(learning_rate);
      return WeightProducts(context, x, dz, {w.data, w.cols, true, rate}, w, {b.data, 0, true, rate}, b);
    }
  }
  WithRoundedFactors<"fully_connected_descend", T>(context, x, dz, w, b, learning_rate);
}

// w[in×out], b[out] and their moments after a step of adam_update with the layer's gradients
template <class T>
void AdamInBfloat16(Context& context, Matrix<const T> x, Matrix<const T> dz, Matrix<T> w, Vector<T> b, Matrix<T> w_mean,
                    Vector<T> b_mean, Matrix<T> w_squares, Vector<T> b_squares, double learning_rate, double beta1,
                    double beta2, double epsilon, double weight_decay, double step) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (HasPairProduct(x.cols, dz.cols, x.rows)) {
      const Scratch::Block block(context.pool.scratch(), (w.size() + b.size) * sizeof(float));
      float* dw = reinterpret_cast<float*>(block.data());
      float* db = dw + w.size();
      WeightProducts(context, x, dz, {}, {dw, w.rows, w.cols}, {}, {db, b.size});
      static const Kernel& kernel = Kernels().Find("adam_update");
      const auto update = [&](Vector<float> theta, const float* gradient, Vector<float> mean, Vector<float> squares) {
        const Argument arguments[] = {ArgumentOf(theta),         ArgumentOf(gradient, {theta.size}),
                                      ArgumentOf(mean),          ArgumentOf(squares),
                                      ArgumentOf(learning_rate), ArgumentOf(beta1),
                                      ArgumentOf(beta2),         ArgumentOf(epsilon),
                                      ArgumentOf(weight_decay),  ArgumentOf(step)};
        kernel.invoke[0](context, arguments);
      };
      update({w.data, w.size()}, dw, {w_mean.data, w_mean.size()}, {w_squares.data, w_squares.size()});
      return update(b, db, b_mean, b_squares);
    }
  }
  WithRoundedFactors<"fully_connected_adam", T>(context, x, dz, w, b, w_mean, b_mean, w_squares, b_squares,
                                                learning_rate, beta1, beta2, epsilon, weight_decay, step);
}

BLASNET_KERNELS(Bfloat16FullyConnected) {
  registry.Add<&ForwardInBfloat16<float>, &ForwardInBfloat16<double>>("fully_connected_forward_bfloat16",
                                                                      {"x", "w", "b", "z"});
  registry.Add<&BackwardInputInBfloat16<float>, &BackwardInputInBfloat16<double>>(
      "fully_connected_backward_input_bfloat16", {"w", "dz", "dx", "accumulate"});
  registry.Add<&BackwardWeightsInBfloat16<float>, &BackwardWeightsInBfloat16<double>>(
      "fully_connected_backward_weights_bfloat16", {"x", "dz", "dw", "db", "accumulate"});
  registry.Add<&DescendInBfloat16<float>, &DescendInBfloat16<double>>("fully_connected_descend_bfloat16",
                                                                      {"x", "dz", "w", "b", "learningRate"});
  registry.Add<&AdamInBfloat16<float>, &AdamInBfloat16<double>>(
      "fully_connected_adam_bfloat16", {"x", "dz", "w", "b", "wMean", "bMean", "wSquares", "bSquares", "learningRate",
                                        "beta1", "beta2", "epsilon", "weightDecay", "step"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Bfloat16FullyConnected)
#endif
