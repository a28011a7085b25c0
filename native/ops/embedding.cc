// Rows of a table by whole numbers, and their gradient: a sum over the places where a number occurs.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/embedding.cc"
#include "math/foreach_target.h"
//
#include <cstring>
#include <string>

#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Refuses numbers outside of [0, count), before any tile runs: tiles must not throw.
HWY_INLINE void CheckNumbers(Vector<const int32_t> numbers, size_t count) {
  for (size_t i = 0; i < numbers.size; ++i) {
    const int32_t number = numbers[i];
    if (number >= 0 && static_cast<size_t>(number) < count) continue;
    throw InvalidArgument("Expected a number from 0 to " + std::to_string(static_cast<int64_t>(count) - 1) +
                          " but received " + std::to_string(number));
  }
}

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

// dw[numbers[i], :] += dy[i, :], in the order of the numbers; dw is cleared first unless `accumulate`. A tile has some
// rows of dw to itself and looks for their numbers.
template <class T>
void EmbeddingBackward(Context& context, Vector<const int32_t> numbers, Vector<const T> dy, Matrix<T> dw,
                       double accumulate) {
  constexpr size_t kMostTiles = 16;
  const size_t size = dw.cols;
  CheckEqual("dy's size", numbers.size * size, dy.size);
  CheckNumbers(numbers, dw.rows);
  if (dw.size() == 0) return;
  const size_t work = (HWY_MAX(dw.size(), dy.size) + kMapTile - 1) / kMapTile;
  const size_t tiles = HWY_MIN(HWY_MIN(work, kMostTiles), dw.rows);
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const size_t first = tile * dw.rows / tiles, count = (tile + 1) * dw.rows / tiles - first;
    if (accumulate == 0) std::memset(dw.row(first), 0, count * size * sizeof(T));
    for (size_t i = 0; i < numbers.size; ++i) {
      const size_t place = static_cast<size_t>(numbers[i]) - first;  // wraps around below first
      if (place >= count) continue;
      T* row = dw.row(first + place);
      Map(
          size, row, [](auto, auto a, auto b) { return hn::Add(a, b); }, static_cast<const T*>(row),
          dy.data + i * size);
    }
  });
}

// sums[numbers[i], :] = Σ dy[i, :] and w −= rate · sums, for the rows that occur in the numbers; all other rows are
// left alone. The same bits as by embedding_backward and sgd_update. Tiles have rows to themselves: there are as many
// as can run at once, since each looks through all numbers.
template <class T>
void EmbeddingDescend(Context& context, Vector<const int32_t> numbers, Vector<const T> dy, Matrix<T> w, Matrix<T> sums,
                      double learning_rate) {
  const size_t size = w.cols;
  CheckEqual("dy's size", numbers.size * size, dy.size);
  CheckEqual("sums' rows", w.rows, sums.rows);
  CheckEqual("sums' row size", size, sums.cols);
  CheckNumbers(numbers, w.rows);
  if (dy.size == 0) return;
  const size_t work = (dy.size + kMapTile - 1) / kMapTile;
  const size_t tiles = HWY_MIN(HWY_MIN(work, context.pool.threads()), w.rows);
  const Scratch::Block block(context.pool.scratch(), w.rows);
  unsigned char* has_sum = block.data();  // of each row
  const auto rate = hn::Set(Tag<T>(), static_cast<T>(learning_rate));
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const size_t first = tile * w.rows / tiles, end = (tile + 1) * w.rows / tiles;
    std::memset(has_sum + first, 0, end - first);
    const auto for_own = [&](const auto& run) {
      for (size_t i = 0; i < numbers.size; ++i) {
        const size_t row = static_cast<size_t>(numbers[i]);
        if (row >= first && row < end) run(i, row);
      }
    };
    for_own([&](size_t i, size_t row) {
      T* sum = sums.row(row);
      if (!has_sum[row]) std::memset(sum, 0, size * sizeof(T));
      has_sum[row] = 1;
      Map(
          size, sum, [](auto, auto a, auto b) { return hn::Add(a, b); }, static_cast<const T*>(sum),
          dy.data + i * size);
    });
    for_own([&](size_t, size_t row) {
      if (!has_sum[row]) return;
      has_sum[row] = 0;
      T* weights = w.row(row);
      Map(
          size, weights, [rate](auto, auto t, auto g) { return hn::NegMulAdd(rate, g, t); },
          static_cast<const T*>(weights), static_cast<const T*>(sums.row(row)));
    });
  });
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
  registry.Add<&NonZero<float>, &NonZero<double>>("non_zero", {"numbers", "y"}).ByRows({"numbers", "y"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(OpsEmbedding)
#endif
