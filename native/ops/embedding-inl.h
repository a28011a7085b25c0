// Sums of gradients for the rows of a table: a number may occur at several places.

#if defined(BLASNET_OPS_EMBEDDING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_OPS_EMBEDDING_INL_H_
#undef BLASNET_OPS_EMBEDDING_INL_H_
#else
#define BLASNET_OPS_EMBEDDING_INL_H_
#endif

#include <cstring>
#include <string>

#include "ops/broadcast-inl.h"
#include "optimizers/ada_grad-inl.h"
#include "optimizers/adam-inl.h"

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

// Gradients of rows that are looked up: that of row numbers[i] is dy[i, :], for each i.
template <class T>
struct LookedUp {
  Vector<const int32_t> numbers;
  const T* dy;
  size_t size;

  HWY_INLINE bool Counts(size_t) const { return true; }
  HWY_INLINE void AddTo(T* sum, size_t i) const {
    Map(
        size, sum, [](auto, auto a, auto b) { return hn::Add(a, b); }, static_cast<const T*>(sum), dy + i * size);
  }
};

// Gradients of rows in bags of `length`: that of row numbers[i] is weights[i] · dy[i / length, :], for each i. Weights
// of 0 stand for padding.
template <class T>
struct InBags {
  Vector<const int32_t> numbers;
  const T* dy;
  size_t size;
  const T* weights;
  size_t length;

  HWY_INLINE bool Counts(size_t i) const { return weights[i] != T(0); }
  HWY_INLINE void AddTo(T* sum, size_t i) const {
    const auto weight = hn::Set(Tag<T>(), weights[i]);
    Map(
        size, sum, [weight](auto, auto a, auto b) { return hn::MulAdd(weight, b, a); }, static_cast<const T*>(sum),
        dy + i / length * size);
  }
};

// dw[numbers[i], :] += the gradient of place i, in the order of the places; dw is cleared first unless `accumulate`. A
// tile has some rows of dw to itself and looks for their numbers.
template <class T, class Places>
HWY_INLINE void AddToRows(Context& context, const Places& places, Matrix<T> dw, double accumulate) {
  constexpr size_t kMostTiles = 16;
  const auto numbers = places.numbers;
  CheckNumbers(numbers, dw.rows);
  if (dw.size() == 0) return;
  const size_t work = (HWY_MAX(dw.size(), numbers.size * dw.cols) + kMapTile - 1) / kMapTile;
  const size_t tiles = HWY_MIN(HWY_MIN(work, kMostTiles), dw.rows);
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const size_t first = tile * dw.rows / tiles, count = (tile + 1) * dw.rows / tiles - first;
    if (accumulate == 0) std::memset(dw.row(first), 0, count * dw.cols * sizeof(T));
    for (size_t i = 0; i < numbers.size; ++i) {
      const size_t place = static_cast<size_t>(numbers[i]) - first;  // wraps around below first
      if (place < count && places.Counts(i)) places.AddTo(dw.row(first + place), i);
    }
  });
}

// sums[numbers[i], :] = Σ of the gradients of places, and update(row) for each row that occurs; all other rows are left
// alone. The same sums as by AddToRows. Tiles have rows to themselves: there are as many as can run at once, since each
// looks through all numbers.
template <class T, class Places, class F>
HWY_INLINE void UpdateRows(Context& context, const Places& places, Matrix<T> sums, const F& update) {
  const auto numbers = places.numbers;
  const size_t rows = sums.rows, size = sums.cols;
  CheckNumbers(numbers, rows);
  if (numbers.size * size == 0) return;
  const size_t work = (numbers.size * size + kMapTile - 1) / kMapTile;
  const size_t tiles = HWY_MIN(HWY_MIN(work, context.pool.threads()), rows);
  const Scratch::Block block(context.pool.scratch(), rows);
  unsigned char* has_sum = block.data();  // of each row
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const size_t first = tile * rows / tiles, end = (tile + 1) * rows / tiles;
    std::memset(has_sum + first, 0, end - first);
    const auto for_own = [&](const auto& run) {
      for (size_t i = 0; i < numbers.size; ++i) {
        const size_t row = static_cast<size_t>(numbers[i]);
        if (row >= first && row < end && places.Counts(i)) run(i, row);
      }
    };
    for_own([&](size_t i, size_t row) {
      if (!has_sum[row]) std::memset(sums.row(row), 0, size * sizeof(T));
      has_sum[row] = 1;
      places.AddTo(sums.row(row), i);
    });
    for_own([&](size_t, size_t row) {
      if (!has_sum[row]) return;
      has_sum[row] = 0;
      update(row);
    });
  });
}

// w −= rate · sums for the rows that occur. The same bits as by AddToRows and sgd_update.
template <class T, class Places>
HWY_INLINE void DescendRows(Context& context, const Places& places, Matrix<T> w, Matrix<T> sums, double learning_rate) {
  CheckEqual("sums' rows", w.rows, sums.rows);
  CheckEqual("sums' row size", w.cols, sums.cols);
  const auto rate = hn::Set(Tag<T>(), static_cast<T>(learning_rate));
  UpdateRows(context, places, sums, [&](size_t row) {
    T* weights = w.row(row);
    Map(
        w.cols, weights, [rate](auto, auto t, auto g) { return hn::NegMulAdd(rate, g, t); },
        static_cast<const T*>(weights), static_cast<const T*>(sums.row(row)));
  });
}

// A step of Adam for the rows that occur. The same bits as by AddToRows and lazy_adam_update.
template <class T, class Places>
HWY_INLINE void AdamRows(Context& context, const Places& places, Matrix<T> w, Matrix<T> sums, Matrix<T> mean,
                         Matrix<T> squares, const AdamStep<T>& adam) {
  for (const Matrix<T>& one : {sums, mean, squares}) {
    CheckEqual("an array's rows", w.rows, one.rows);
    CheckEqual("an array's row size", w.cols, one.cols);
  }
  UpdateRows(context, places, sums, [&](size_t row) {
    LazyAdamRow(w.cols, static_cast<const T*>(sums.row(row)), adam, w.row(row), mean.row(row), squares.row(row));
  });
}

// A step of AdaGrad for the rows that occur. The same bits as by AddToRows and ada_grad_update.
template <class T, class Places>
HWY_INLINE void AdaGradRows(Context& context, const Places& places, Matrix<T> w, Matrix<T> sums, Matrix<T> squares,
                            double learning_rate, double epsilon) {
  for (const Matrix<T>& one : {sums, squares}) {
    CheckEqual("an array's rows", w.rows, one.rows);
    CheckEqual("an array's row size", w.cols, one.cols);
  }
  const auto step = AdaGradStep<T>(learning_rate, epsilon);
  UpdateRows(context, places, sums, [&](size_t row) {
    const auto own = step;
    Update(w.cols, static_cast<const T*>(sums.row(row)), own, w.row(row), squares.row(row));
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
