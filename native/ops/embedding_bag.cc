// Sums of rows of a table, each times a weight: the product of the table with rows that are mostly zeros, which name
// the numbers that are not.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/embedding_bag.cc"
#include "math/foreach_target.h"
//
#include "ops/embedding-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// y[i, :] = Σⱼ weights[i, j] · w[numbers[i, j], :]; weights of 0 stand for padding
template <class T>
void EmbeddingBag(Context& context, Matrix<const T> w, Matrix<const int32_t> numbers, Matrix<const T> weights,
                  Matrix<T> y) {
  const size_t size = w.cols, length = numbers.cols;
  CheckEqual("weights' rows", numbers.rows, weights.rows);
  CheckEqual("weights' row size", length, weights.cols);
  CheckEqual("y's rows", numbers.rows, y.rows);
  CheckEqual("y's row size", size, y.cols);
  CheckNumbers({numbers.data, numbers.size()}, w.rows);
  ParallelPieces(context, y.rows, numbers.size() * size, [&](size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) {
      T* sum = y.row(i);
      std::memset(sum, 0, size * sizeof(T));
      for (size_t j = 0; j < length; ++j) {
        const T weight = weights.row(i)[j];
        if (weight == T(0)) continue;
        const auto factor = hn::Set(Tag<T>(), weight);
        Map(
            size, sum, [factor](auto, auto a, auto b) { return hn::MulAdd(factor, b, a); }, static_cast<const T*>(sum),
            w.row(static_cast<size_t>(numbers.row(i)[j])));
      }
    }
  });
}

template <class T>
InBags<T> PlacesOf(Matrix<const int32_t> numbers, Matrix<const T> weights, Matrix<const T> dy, size_t size) {
  CheckEqual("weights' rows", numbers.rows, weights.rows);
  CheckEqual("weights' row size", numbers.cols, weights.cols);
  CheckEqual("dy's rows", numbers.rows, dy.rows);
  CheckEqual("dy's row size", size, dy.cols);
  return {{numbers.data, numbers.size()}, dy.data, size, weights.data, HWY_MAX(numbers.cols, size_t{1})};
}

// dw[numbers[i, j], :] += weights[i, j] · dy[i, :]; dw is cleared first unless `accumulate`.
template <class T>
void EmbeddingBagBackward(Context& context, Matrix<const int32_t> numbers, Matrix<const T> weights, Matrix<const T> dy,
                          Matrix<T> dw, double accumulate) {
  AddToRows(context, PlacesOf(numbers, weights, dy, dw.cols), dw, accumulate);
}

// The sums of embedding_bag_backward, and w −= rate · sums, for the rows that occur; all other rows are left alone.
template <class T>
void EmbeddingBagDescend(Context& context, Matrix<const int32_t> numbers, Matrix<const T> weights, Matrix<const T> dy,
                         Matrix<T> w, Matrix<T> sums, double learning_rate) {
  DescendRows(context, PlacesOf(numbers, weights, dy, w.cols), w, sums, learning_rate);
}

// The same with a step of lazy_adam_update.
template <class T>
void EmbeddingBagAdam(Context& context, Matrix<const int32_t> numbers, Matrix<const T> weights, Matrix<const T> dy,
                      Matrix<T> w, Matrix<T> sums, Matrix<T> mean, Matrix<T> squares, double learning_rate,
                      double beta1, double beta2, double epsilon, double weight_decay, double step) {
  const auto adam = LazyAdamStep<T>(learning_rate, beta1, beta2, epsilon, weight_decay, step);
  AdamRows(context, PlacesOf(numbers, weights, dy, w.cols), w, sums, mean, squares, adam);
}

// The same with a step of ada_grad_update.
template <class T>
void EmbeddingBagAdaGrad(Context& context, Matrix<const int32_t> numbers, Matrix<const T> weights, Matrix<const T> dy,
                         Matrix<T> w, Matrix<T> sums, Matrix<T> squares, double learning_rate, double epsilon) {
  AdaGradRows(context, PlacesOf(numbers, weights, dy, w.cols), w, sums, squares, learning_rate, epsilon);
}

// dweights[i, j] = (dweights[i, j] +) dy[i, :] · w[numbers[i, j], :]
template <class T>
void EmbeddingBagWeights(Context& context, Matrix<const T> w, Matrix<const int32_t> numbers, Matrix<const T> dy,
                         Matrix<T> dweights, double accumulate) {
  const size_t size = w.cols;
  CheckEqual("dweights' rows", numbers.rows, dweights.rows);
  CheckEqual("dweights' row size", numbers.cols, dweights.cols);
  CheckEqual("dy's rows", numbers.rows, dy.rows);
  CheckEqual("dy's row size", size, dy.cols);
  CheckNumbers({numbers.data, numbers.size()}, w.rows);
  ParallelPieces(context, numbers.rows, numbers.size() * size, [&](size_t first, size_t end) {
    const Tag<T> d;
    const size_t lanes = hn::Lanes(d);
    for (size_t i = first; i < end; ++i) {
      for (size_t j = 0; j < numbers.cols; ++j) {
        const T *a = dy.row(i), *b = w.row(static_cast<size_t>(numbers.row(i)[j]));
        auto sum = hn::Zero(d);
        size_t k = 0;
        for (; k + lanes <= size; k += lanes) sum = hn::MulAdd(hn::LoadU(d, a + k), hn::LoadU(d, b + k), sum);
        if (k < size) sum = hn::MulAdd(LoadFirst(d, a + k, size - k), LoadFirst(d, b + k, size - k), sum);
        T& result = dweights.row(i)[j];
        result = hn::GetLane(hn::SumOfLanes(d, sum)) + (accumulate == 0 ? T(0) : result);
      }
    }
  });
}

BLASNET_KERNELS(OpsEmbeddingBag) {
  registry.Add<&EmbeddingBag<float>, &EmbeddingBag<double>>("embedding_bag", {"w", "numbers", "weights", "y"})
      .ByRows({"numbers", "weights", "y"})
      .ReadsSomeRows({"w"});
  registry.Add<&EmbeddingBagBackward<float>, &EmbeddingBagBackward<double>>(
      "embedding_bag_backward", {"numbers", "weights", "dy", "dw", "accumulate"});
  registry.Add<&EmbeddingBagDescend<float>, &EmbeddingBagDescend<double>>(
      "embedding_bag_descend", {"numbers", "weights", "dy", "w", "sums", "learningRate"});
  registry.Add<&EmbeddingBagAdam<float>, &EmbeddingBagAdam<double>>(
      "embedding_bag_adam", {"numbers", "weights", "dy", "w", "sums", "mean", "squares", "learningRate", "beta1",
                             "beta2", "epsilon", "weightDecay", "step"});
  registry.Add<&EmbeddingBagAdaGrad<float>, &EmbeddingBagAdaGrad<double>>(
      "embedding_bag_ada_grad", {"numbers", "weights", "dy", "w", "sums", "squares", "learningRate", "epsilon"});
  registry.Add<&EmbeddingBagWeights<float>, &EmbeddingBagWeights<double>>(
      "embedding_bag_backward_weights", {"w", "numbers", "dy", "dweights", "accumulate"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(OpsEmbeddingBag)
#endif
