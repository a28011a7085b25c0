// The time loops of recurrent layers; what a cell's gates compute stands in the cell's own file. Sequences are
// [rows, steps, numbers]. Tiles are rows of the batch, each for all steps, so threads do not wait for each other
// between steps. The state of a tile and its gates stay in the cache.
//
// A cell names
//   kGates  groups of columns in W, U and B, `units` each
//   kInner  1 where the last gate keeps its recurrent product apart, with a bias of its own (GRU), else 0
//   kKept   numbers a unit that the backward pass needs of each step
//   kCell   1 where there is a second state c beside h (LSTM), else 0
// and has
//   Forward(units, padded, z, h, c, kept): the step of a row from z, the gates' sums; changes h and c
//   Backward(units, padded, kept, dy, dh, dc, dz, inner): dz, and in `inner` the gradient by the recurrent product,
//   from dh
//     and dy; dh becomes what goes past the product to the step before, dc its gradient there

#if defined(BLASNET_MATH_RECURRENCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_RECURRENCE_INL_H_
#undef BLASNET_MATH_RECURRENCE_INL_H_
#else
#define BLASNET_MATH_RECURRENCE_INL_H_
#endif

#include "core/context.h"
#include "math/gate_panels-inl.h"
#include "math/matmul-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Rows of a tile: enough that a product with the weights pays, few enough that the gates stay in the cache.
inline constexpr size_t kRecurrentRows = 32;
// With fewer rows than this, inputs of several steps are multiplied at once: the weights are read less often.
inline constexpr size_t kFewRecurrentRows = 8;
inline constexpr size_t kStepsAtOnce = 16;

// A batch of sequences. Empty tensors are not there.
template <class T>
struct Sequences {
  size_t rows, steps, features, units;
  bool reverse;            // from the last step to the first
  Matrix<const T> mask;    // rows × steps: 0 for steps that do not count
  Matrix<const T> h_mask;  // rows × units: factors of h in the recurrent product

  size_t TimeOf(size_t step) const { return reverse ? steps - 1 - step : step; }
  bool Counts(size_t row, size_t t) const { return mask.size() == 0 || mask.row(row)[t] != T(0); }
  bool CountsInAny(size_t first, size_t count, size_t t) const {
    for (size_t row = first; row < first + count; ++row) {
      if (Counts(row, t)) return true;
    }
    return false;
  }
  // Where in `kept` a row of a tile is: by tiles and steps, so that a step of a tile lies in one piece.
  size_t KeptRow(size_t first, size_t count, size_t r, size_t t) const { return first * steps + t * count + r; }
  size_t tiles() const { return (rows + kRecurrentRows - 1) / kRecurrentRows; }
  size_t most_rows() const { return HWY_MIN(rows, kRecurrentRows); }
};

template <class T>
struct ForwardOperands {
  const T *x, *w, *u, *b, *inner_b;          // rows × steps × features; weights; inner_b where kInner is 1
  Matrix<const T> h0, c0;                    // rows × units: the states before the first step
  T *y, *last_h, *last_c, *kept, *previous;  // rows × steps × units; rows × units; the h that a product took
};

// The forward pass of one tile.
template <class Cell, class T>
class ForwardTile {
 public:
  static constexpr size_t kSums = Cell::kGates + Cell::kInner;

  static size_t Bytes(const Sequences<T>& s) {
    const size_t padded = PaddedUnits<T>(s.units);
    return ScratchCutter::Bytes<T>(StepsAtOnce(s) * s.most_rows() * kSums * padded) +
           3 * ScratchCutter::Bytes<T>(s.most_rows() * padded);
  }

  ForwardTile(const Sequences<T>& s, const ForwardOperands<T>& op, const Panels<T>& w, const Panels<T>& u,
              const T* bias, size_t tile, unsigned char* memory)
      : s_(s), op_(op), w_(w), u_(u), bias_(bias), first_(tile * kRecurrentRows) {
    count_ = HWY_MIN(kRecurrentRows, s.rows - first_);
    padded_ = PaddedUnits<T>(s.units);
    ldz_ = kSums * padded_;
    ScratchCutter cutter(memory);
    z_ = cutter.Take<T>(StepsAtOnce(s) * s.most_rows() * ldz_);
    h_ = cutter.TakeZeros<T>(count_ * padded_);
    c_ = cutter.TakeZeros<T>(count_ * padded_);
    product_h_ = cutter.TakeZeros<T>(count_ * padded_);
    is_zero_ = op.h0.size() == 0;
    for (size_t r = 0; r < count_; ++r) {
      if (op.h0.size() != 0) std::memcpy(h_ + r * padded_, op.h0.row(first_ + r), s.units * sizeof(T));
      if (op.c0.size() != 0) std::memcpy(c_ + r * padded_, op.c0.row(first_ + r), s.units * sizeof(T));
    }
  }

  void Run() {
    const size_t at_once = StepsAtOnce(s_);
    size_t low = 0;  // the earliest of the steps that are multiplied at once
    for (size_t step = 0; step < s_.steps; ++step) {
      const size_t t = s_.TimeOf(step);
      if (at_once > 1 && step % at_once == 0) {
        const size_t length = HWY_MIN(at_once, s_.steps - step);
        low = s_.reverse ? t + 1 - length : t;
        MultiplyInputs(low, length);
      }
      T* z = z_ + (at_once > 1 ? (t - low) * count_ * ldz_ : 0);
      const bool counts = s_.CountsInAny(first_, count_, t);
      if (counts) {
        if (at_once == 1) MultiplyInput(t, z);
        MultiplyState(z);
      }
      for (size_t r = 0; r < count_; ++r) {
        Finish(r, t, counts && s_.Counts(first_ + r, t) ? z + r * ldz_ : nullptr);
      }
      if (counts) is_zero_ = false;
    }
    const size_t bytes = s_.units * sizeof(T);
    for (size_t r = 0; r < count_; ++r) {
      std::memcpy(op_.last_h + (first_ + r) * s_.units, h_ + r * padded_, bytes);
      if constexpr (Cell::kCell != 0) std::memcpy(op_.last_c + (first_ + r) * s_.units, c_ + r * padded_, bytes);
    }
  }

 private:
  static size_t StepsAtOnce(const Sequences<T>& s) {
    return s.rows < kFewRecurrentRows ? HWY_MIN(HWY_MAX(s.steps, size_t{1}), kStepsAtOnce) : 1;
  }

  // z = b + x·W for one step of all rows
  void MultiplyInput(size_t t, T* z) const {
    const Strided<T> x{op_.x + (first_ * s_.steps + t) * s_.features, s_.steps * s_.features, 1};
    w_.Product(count_, x, 0, Cell::kGates, {bias_, 0}, z, ldz_);
  }

  // The same for several steps, row by row of the batch.
  void MultiplyInputs(size_t low, size_t length) const {
    for (size_t r = 0; r < count_; ++r) {
      const Strided<T> x{op_.x + ((first_ + r) * s_.steps + low) * s_.features, s_.features, 1};
      w_.Product(length, x, 0, Cell::kGates, {bias_, 0}, z_ + r * ldz_, count_ * ldz_);
    }
  }

  // z += h·U; an inner product gets columns of its own, and its bias.
  void MultiplyState(T* z) {
    constexpr size_t kJoint = Cell::kGates - Cell::kInner;
    left_ = h_;
    if (s_.h_mask.size() != 0) {
      for (size_t r = 0; r < count_; ++r) {
        Map(
            s_.units, product_h_ + r * padded_, [](auto, auto h, auto factor) { return hn::Mul(h, factor); },
            static_cast<const T*>(h_ + r * padded_), s_.h_mask.row(first_ + r));
      }
      left_ = product_h_;
    }
    const Strided<T> h{left_, padded_, 1};
    is_odd_ = !is_odd_;
    if (!is_zero_) u_.Product(count_, h, 0, kJoint, {z, ldz_}, z, ldz_, is_odd_);
    if constexpr (Cell::kInner != 0) {
      const T* bias = bias_ + Cell::kGates * padded_;
      T* inner = z + Cell::kGates * padded_;
      if (is_zero_) {
        for (size_t r = 0; r < count_; ++r) std::memcpy(inner + r * ldz_, bias, padded_ * sizeof(T));
      } else {
        u_.Product(count_, h, kJoint, Cell::kGates, {bias, 0}, inner, ldz_);
      }
    }
  }

  // One row's step from its sums; a null z is a step that does not count: the state stays, the output is 0.
  void Finish(size_t r, size_t t, const T* z) const {
    const size_t at = (first_ + r) * s_.steps + t, units = s_.units, bytes = units * sizeof(T);
    if (z == nullptr) {
      if (op_.y != nullptr) std::memset(op_.y + at * units, 0, bytes);
      if (op_.previous != nullptr) std::memset(op_.previous + at * units, 0, bytes);
      return;
    }
    if (op_.previous != nullptr) std::memcpy(op_.previous + at * units, left_ + r * padded_, bytes);
    T* kept = op_.kept == nullptr ? nullptr : op_.kept + s_.KeptRow(first_, count_, r, t) * Cell::kKept * units;
    Cell::Forward(units, padded_, z, h_ + r * padded_, c_ + r * padded_, kept);
    if (op_.y != nullptr) std::memcpy(op_.y + at * units, h_ + r * padded_, bytes);
  }

  const Sequences<T>& s_;
  const ForwardOperands<T>& op_;
  const Panels<T>&w_, &u_;
  const T* bias_;  // gates of padded units
  size_t first_, count_, padded_, ldz_;
  T *z_, *h_, *c_, *product_h_;
  const T* left_ = nullptr;  // h as the recurrent product takes it
  bool is_odd_ = false;      // steps go through the weights to and fro
  bool is_zero_;             // no step has counted yet, and h is 0: the recurrent product adds nothing
};

template <class Cell, class T>
void RecurrentForward(Context& context, const Sequences<T>& s, const ForwardOperands<T>& op) {
  using Tile = ForwardTile<Cell, T>;
  constexpr size_t kGates = Cell::kGates;
  const size_t units = s.units, padded = PaddedUnits<T>(units);
  const size_t w_size = Panels<T>::Size(s.features, kGates, units), u_size = Panels<T>::Size(units, kGates, units);
  const Scratch::Block block(context.pool.scratch(), ScratchCutter::Bytes<T>(w_size) + ScratchCutter::Bytes<T>(u_size) +
                                                         ScratchCutter::Bytes<T>(Tile::kSums * padded));
  ScratchCutter cutter(block.data());
  // Zeros where panels are wider than the weights that are packed to them
  const auto take = [&](size_t size) {
    return units % Panels<T>::Width() == 0 ? cutter.Take<T>(size) : cutter.TakeZeros<T>(size);
  };
  T* const w_memory = take(w_size);
  const Panels<T> w(s.features, units, w_memory), u(units, units, take(u_size));
  T* bias = cutter.TakeZeros<T>(Tile::kSums * padded);
  for (size_t gate = 0; gate < kGates; ++gate) {
    w.Pack(gate, 0, s.features, {op.w + gate * units, kGates * units, 1});
    u.Pack(gate, 0, units, {op.u + gate * units, kGates * units, 1});
    const bool is_apart = Cell::kInner != 0 && gate + 1 == kGates;
    for (size_t j = 0; j < units; ++j) {
      const size_t at = gate * units + j;
      bias[gate * padded + j] = op.b[at];
      if (Cell::kInner == 0) continue;
      if (is_apart)
        bias[kGates * padded + j] = op.inner_b[at];
      else
        bias[gate * padded + j] += op.inner_b[at];
    }
  }
  ScratchPieces pieces(context.pool.scratch(), s.tiles(), Tile::Bytes(s));
  context.pool.ParallelFor(s.tiles(), [&](size_t tile) {
    const ScratchPieces::Piece piece(pieces);
    Tile(s, op, w, u, bias, tile, piece.data()).Run();
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
