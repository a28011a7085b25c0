// Rows of a table by whole numbers, and their gradient: a sum over the places where a number occurs.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/embedding.cc"
#include "math/foreach_target.h"
//
#include "ops/embedding-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// y[i, :] = w[numbers[i], :]
template <class T>
void Embedding(Context& context, Matrix<const T> w, Vector<const int32_t> numbers, Vector<T> y) {
  const size_t size = w.cols;
  CheckEqual("y's size", numbers.size * size, y.size);
  CheckNumbers(numbers, w.rows);
  ParallelPieces(context, numbers.size, y.size, [&](size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) {
      std::memcpy(y.data + i * size, w.row(static_cast<size_t>(numbers[i])), size * sizeof(T));
    }
  });
}

template <class T>
LookedUp<T> PlacesOf(Vector<const int32_t> numbers, Vector<const T> dy, size_t size) {
  CheckEqual("dy's size", numbers.size * size, dy.size);
  return {numbers, dy.data, size};
}

// dw[numbers[i], :] += dy[i, :], in the order of the numbers; dw is cleared first unless `accumulate`.
template <class T>
void EmbeddingBackward(Context& context, Vector<const int32_t> numbers, Vector<const T> dy, Matrix<T> dw,
                       double accumulate) {
  AddToRows(context, PlacesOf(numbers, dy, dw.cols), dw, accumulate);
}

// sums[numbers[i], :] = Σ dy[i, :] and w −= rate · sums, for the rows that occur in the numbers; all other rows are
// left alone. The same bits as by embedding_backward and sgd_update.
template <class T>
void EmbeddingDescend(Context& context, Vector<const int32_t> numbers, Vector<const T> dy, Matrix<T> w, Matrix<T> sums,
                      double learning_rate) {
  DescendRows(context, PlacesOf(numbers, dy, w.cols), w, sums, learning_rate);
}

// The same with a step of lazy_adam_update.
template <class T>
void EmbeddingAdam(Context& context, Vector<const int32_t> numbers, Vector<const T> dy, Matrix<T> w, Matrix<T> sums,
                   Matrix<T> mean, Matrix<T> squares, double learning_rate, double beta1, double beta2, double epsilon,
                   double weight_decay, double step) {
  const auto adam = LazyAdamStep<T>(learning_rate, beta1, beta2, epsilon, weight_decay, step);
  AdamRows(context, PlacesOf(numbers, dy, w.cols), w, sums, mean, squares, adam);
}

// The same with a step of ada_grad_update.
template <class T>
void EmbeddingAdaGrad(Context& context, Vector<const int32_t> numbers, Vector<const T> dy, Matrix<T> w, Matrix<T> sums,
                      Matrix<T> squares, double learning_rate, double epsilon) {
  AdaGradRows(context, PlacesOf(numbers, dy, w.cols), w, sums, squares, learning_rate, epsilon);
}

// y = 1 where the number is not 0, else 0
template <class T>
void NonZero(Context&, Vector<const int32_t> numbers, Vector<T> y) {
  CheckEqual("y's size", numbers.size, y.size);
  for (size_t i = 0; i < y.size; ++i) y[i] = numbers[i] != 0 ? T(1) : T(0);
}

BLASNET_KERNELS(OpsEmbedding) {
  registry.Add<&Embedding<float>, &Embedding<double>>("embedding", {"w", "numbers", "y"})
      .ByRows({"numbers", "y"})
      .ReadsSomeRows({"w"});
  registry.Add<&EmbeddingBackward<float>, &EmbeddingBackward<double>>("embedding_backward",
                                                                      {"numbers", "dy", "dw", "accumulate"});
  registry.Add<&EmbeddingDescend<float>, &EmbeddingDescend<double>>("embedding_descend",
                                                                    {"numbers", "dy", "w", "sums", "learningRate"});
  registry.Add<&EmbeddingAdam<float>, &EmbeddingAdam<double>>(
      "embedding_adam", {"numbers", "dy", "w", "sums", "mean", "squares", "learningRate", "beta1", "beta2", "epsilon",
                         "weightDecay", "step"});
  registry.Add<&EmbeddingAdaGrad<float>, &EmbeddingAdaGrad<double>>(
      "embedding_ada_grad", {"numbers", "dy", "w", "sums", "squares", "learningRate", "epsilon"});
  registry.Add<&NonZero<float>, &NonZero<double>>("non_zero", {"numbers", "y"}).ByRows({"numbers", "y"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(OpsEmbedding)
#endif
