// The backward pass of recurrent layers through time, in the tiles of math/recurrence-inl.h.

#if defined(BLASNET_MATH_RECURRENCE_BACKWARD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_RECURRENCE_BACKWARD_INL_H_
#undef BLASNET_MATH_RECURRENCE_BACKWARD_INL_H_
#else
#define BLASNET_MATH_RECURRENCE_BACKWARD_INL_H_
#endif

#include "math/recurrence-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Null pointers and empty matrices are not there: no gradient comes from them, or none is wanted.
template <class T>
struct BackwardOperands {
  const T *u, *kept;
  Matrix<const T> dy, dlast_h, dlast_c;  // rows × steps·units; rows × units
  T *dh0, *dc0;                          // rows × units
  // Either the gradients by the sums of each step, rows × steps × gates·units …
  T *dz, *inner;
  // … or those that follow from them: by the weights, in parts of a tile each, and by x.
  const T *x, *previous, *w;
  T *parts, *dx;
};

// One tile's sums of the weights' gradients, in padded units: dW, dU, dB and the bias of the inner product, in this
// order.
template <class Cell, class T>
struct GradientPart {
  size_t depth, features, units;  // depth: the padded columns of all gates

  explicit GradientPart(const Sequences<T>& s)
      : depth(Cell::kGates * PaddedUnits<T>(s.units)), features(s.features), units(s.units) {}
  size_t size() const { return (features + units + 1 + Cell::kInner) * depth; }
  size_t u() const { return features * depth; }
  size_t b() const { return (features + units) * depth; }
  size_t inner_b() const { return (features + units + 1) * depth; }
};

// Rows of steps whose products are added to the sums of the weights' gradients at once: to read and write those sums,
// which the first-level cache does not hold, takes as long as the products of a few rows.
inline constexpr size_t kGradientRows = 128;

// From a row of n numbers to the next, so that rows that follow each other lie in different sets of a cache: an odd
// number of lines.
template <class T>
HWY_INLINE size_t OddLines(size_t n) {
  constexpr size_t kLine = 64 / sizeof(T);
  return ((n + kLine - 1) / kLine | 1) * kLine;
}

template <class Cell, class T>
class BackwardTile {
 public:
  static size_t Bytes(const Sequences<T>& s, bool sums) {
    const size_t padded = PaddedUnits<T>(s.units), most = s.most_rows(), rows = most * (sums ? StepsAtOnce(s) : 1);
    return (1 + Cell::kInner) * ScratchCutter::Bytes<T>(rows * OddLines<T>(Cell::kGates * padded)) +
           3 * ScratchCutter::Bytes<T>(most * padded) +
           sums * ScratchCutter::Bytes<T>(rows * OddLines<T>(s.features + s.units));
  }

  // u, w: packed transposed weights; w where dx is wanted
  BackwardTile(const Sequences<T>& s, const BackwardOperands<T>& op, const Panels<T>& u, const Panels<T>& w,
               size_t tile, unsigned char* memory)
      : s_(s), op_(op), u_(u), w_(w), part_(s), first_(tile * kRecurrentRows) {
    count_ = HWY_MIN(kRecurrentRows, s.rows - first_);
    padded_ = PaddedUnits<T>(s.units);
    ldz_ = OddLines<T>(part_.depth);
    ScratchCutter cutter(memory);
    const size_t rows = count_ * (op.parts == nullptr ? 1 : StepsAtOnce(s));
    first_dz_ = dz_ = cutter.TakeZeros<T>(rows * ldz_);
    first_inner_ = inner_ = Cell::kInner != 0 ? cutter.TakeZeros<T>(rows * ldz_) : dz_;
    if (op.parts != nullptr) left_ = cutter.Take<T>(rows * OddLines<T>(s.features + s.units));
    dh_ = cutter.TakeZeros<T>(count_ * padded_);
    dc_ = cutter.TakeZeros<T>(count_ * padded_);
    through_ = cutter.TakeZeros<T>(count_ * padded_);
    sums_ = op.parts == nullptr ? nullptr : op.parts + tile * part_.size();
    for (size_t r = 0; r < count_; ++r) {
      if (op.dlast_h.size() != 0) std::memcpy(dh_ + r * padded_, op.dlast_h.row(first_ + r), s.units * sizeof(T));
      if (op.dlast_c.size() != 0) std::memcpy(dc_ + r * padded_, op.dlast_c.row(first_ + r), s.units * sizeof(T));
    }
  }

  void Run() {
    for (size_t step = s_.steps; step-- > 0;) {
      const size_t t = s_.TimeOf(step);
      const bool counts = s_.CountsInAny(first_, count_, t);
      for (size_t r = 0; r < count_; ++r) Gates(r, t);
      if (op_.dz != nullptr) StoreGates(t);
      if (!counts) {
        if (op_.dx != nullptr) ClearInput(t);
        continue;
      }
      if (op_.dx != nullptr) {
        const size_t row = s_.steps * s_.features;
        w_.ProductExact(count_, {dz_, ldz_, 1}, op_.dx + (first_ * s_.steps + t) * s_.features, row);
      }
      if (step > 0 || op_.dh0 != nullptr) BeforeProduct();
      if (sums_ != nullptr) Gather(t);
    }
    if (sums_ != nullptr) FinishSums();
    const size_t bytes = s_.units * sizeof(T);
    for (size_t r = 0; r < count_; ++r) {
      if (op_.dh0 != nullptr) std::memcpy(op_.dh0 + (first_ + r) * s_.units, dh_ + r * padded_, bytes);
      if (op_.dc0 != nullptr) std::memcpy(op_.dc0 + (first_ + r) * s_.units, dc_ + r * padded_, bytes);
    }
  }

 private:
  static size_t StepsAtOnce(const Sequences<T>& s) {
    return HWY_MAX(HWY_MIN(kGradientRows / s.most_rows(), s.steps), size_t{1});
  }

  // The gradients by the sums of one row; zeros where the step does not count.
  void Gates(size_t r, size_t t) const {
    const size_t row = first_ + r;
    T *dz = dz_ + r * ldz_, *inner = inner_ + r * ldz_;
    if (!s_.Counts(row, t)) {
      std::memset(dz, 0, part_.depth * sizeof(T));
      if (Cell::kInner != 0) std::memset(inner, 0, part_.depth * sizeof(T));
      return;
    }
    const T* dy = op_.dy.size() == 0 ? nullptr : op_.dy.row(row) + t * s_.units;
    const T* kept = op_.kept + s_.KeptRow(first_, count_, r, t) * Cell::kKept * s_.units;
    Cell::Backward(s_.units, padded_, kept, dy, dh_ + r * padded_, dc_ + r * padded_, dz, inner);
  }

  void StoreGates(size_t t) const {
    const size_t units = s_.units;
    for (size_t r = 0; r < count_; ++r) {
      const size_t at = ((first_ + r) * s_.steps + t) * Cell::kGates * units;
      for (size_t gate = 0; gate < Cell::kGates; ++gate) {
        const size_t from = r * ldz_ + gate * padded_;
        std::memcpy(op_.dz + at + gate * units, dz_ + from, units * sizeof(T));
        if (op_.inner != nullptr) std::memcpy(op_.inner + at + gate * units, inner_ + from, units * sizeof(T));
      }
    }
  }

  void ClearInput(size_t t) const {
    for (size_t r = 0; r < count_; ++r) {
      std::memset(op_.dx + ((first_ + r) * s_.steps + t) * s_.features, 0, s_.features * sizeof(T));
    }
  }

  // Keeps what the step multiplies in the products by the weights; adds these once there are enough of them.
  void Gather(size_t t) {
    const size_t row = OddLines<T>(s_.features + s_.units), x = s_.features * sizeof(T), h = s_.units * sizeof(T);
    for (size_t r = 0; r < count_; ++r) {
      const size_t at = (first_ + r) * s_.steps + t;
      T* to = left_ + (gathered_ * count_ + r) * row;
      std::memcpy(to, op_.x + at * s_.features, x);
      std::memcpy(to + s_.features, op_.previous + at * s_.units, h);
    }
    if (++gathered_ == StepsAtOnce(s_)) AddToSums();
    dz_ = first_dz_ + gathered_ * count_ * ldz_;
    inner_ = first_inner_ + gathered_ * count_ * ldz_;
  }

  // to[m × depth] += aᵀ · b over the rows that were gathered
  void AddProduct(size_t m, const T* a, const T* b, T* to) const {
    const size_t depth = part_.depth, width = Panels<T>::Width();
    const Strided<T> left{a, 1, OddLines<T>(s_.features + s_.units)};
    for (size_t j = 0; j < depth; j += width) {
      const Start<T> start = is_first_ ? Start<T>{} : Start<T>{to + j, depth};
      PanelProduct(m, gathered_ * count_, T(1), left, b + j, ldz_, start, to + j, depth, HWY_MIN(width, depth - j));
    }
  }

  void AddRows(const T* from, T* to) const {
    const Tag<T> d;
    for (size_t j = 0; j < part_.depth; j += hn::Lanes(d)) {
      SumColumns<1>(d, gathered_ * count_, ldz_, T(1), from + j, is_first_ ? Start<T>{} : Start<T>{to + j, 0}, to + j);
    }
  }

  void AddToSums() {
    if (Cell::kInner == 0) {
      AddProduct(s_.features + s_.units, left_, first_dz_, sums_);
    } else {
      AddProduct(s_.features, left_, first_dz_, sums_);
      AddProduct(s_.units, left_ + s_.features, first_inner_, sums_ + part_.u());
      AddRows(first_inner_, sums_ + part_.inner_b());
    }
    AddRows(first_dz_, sums_ + part_.b());
    is_first_ = false;
    gathered_ = 0;
  }

  void FinishSums() {
    if (gathered_ > 0) AddToSums();
    if (is_first_) std::memset(sums_, 0, part_.size() * sizeof(T));
  }

  // dh of the step before: what went past the product, and what comes through it.
  void BeforeProduct() const {
    const Strided<T> gates{inner_, ldz_, 1};
    if (s_.h_mask.size() == 0) {
      u_.Product(count_, gates, 0, 1, {dh_, padded_}, dh_, padded_);
      return;
    }
    u_.Product(count_, gates, 0, 1, {}, through_, padded_);
    for (size_t r = 0; r < count_; ++r) {
      Map(
          s_.units, dh_ + r * padded_, [](auto, auto d, auto g, auto factor) { return hn::MulAdd(g, factor, d); },
          static_cast<const T*>(dh_ + r * padded_), static_cast<const T*>(through_ + r * padded_),
          s_.h_mask.row(first_ + r));
    }
  }

  const Sequences<T>& s_;
  const BackwardOperands<T>& op_;
  const Panels<T>&u_, &w_;
  const GradientPart<Cell, T> part_;
  size_t first_, count_, padded_, ldz_;
  T *first_dz_, *first_inner_;  // rows × padded gates of the steps that were gathered
  T *dz_, *inner_;              // those of this step, behind them
  T* left_ = nullptr;           // x and the h before, beside each other, of the steps that were gathered
  T *dh_, *dc_, *through_;
  T* sums_;
  size_t gathered_ = 0;
  bool is_first_ = true;  // nothing has been added to the sums yet
};

template <class Cell, class T>
void RecurrentBackward(Context& context, const Sequences<T>& s, const BackwardOperands<T>& op) {
  using Tile = BackwardTile<Cell, T>;
  constexpr size_t kGates = Cell::kGates;
  const size_t units = s.units, padded = PaddedUnits<T>(units), depth = kGates * padded;
  // Uᵀ and Wᵀ. Each gate has padded rows: those behind its own are 0.
  const size_t u_size = Panels<T>::Size(depth, 1, units);
  const size_t w_size = op.dx == nullptr ? 0 : Panels<T>::Size(depth, 1, s.features);
  const Scratch::Block block(context.pool.scratch(), ScratchCutter::Bytes<T>(u_size) + ScratchCutter::Bytes<T>(w_size));
  ScratchCutter cutter(block.data());
  const Panels<T> u(depth, units, cutter.TakeZeros<T>(u_size)), w(depth, s.features, cutter.TakeZeros<T>(w_size));
  for (size_t gate = 0; gate < kGates; ++gate) {
    u.Pack(0, gate * padded, units, {op.u + gate * units, 1, kGates * units});
    if (op.dx != nullptr) w.Pack(0, gate * padded, units, {op.w + gate * units, 1, kGates * units});
  }
  ScratchPieces pieces(context.pool.scratch(), s.tiles(), Tile::Bytes(s, op.parts != nullptr));
  // The last tile first: a cache still has what the forward pass kept of it.
  context.pool.ParallelFor(s.tiles(), [&](size_t i) {
    const ScratchPieces::Piece piece(pieces);
    Tile(s, op, u, w, s.tiles() - 1 - i, piece.data()).Run();
  });
}

// The gradients by the weights: the sum of the tiles' parts, in their order.
template <class Cell, class T>
void SumParts(const Sequences<T>& s, const T* parts, T* dw, T* du, T* db, T* inner_db, bool accumulate) {
  const GradientPart<Cell, T> part(s);
  const size_t padded = PaddedUnits<T>(s.units), columns = Cell::kGates * s.units;
  const auto add = [&](size_t rows, size_t at, T* to) {
    for (size_t i = 0; i < rows; ++i) {
      for (size_t gate = 0; gate < Cell::kGates; ++gate) {
        const T* from = parts + at + i * part.depth + gate * padded;
        T* sums = to + i * columns + gate * s.units;
        ForVectors<T>(s.units, [&](size_t j, size_t n) {
          const Tag<T> d;
          auto sum = hn::LoadU(d, from + j);
          for (size_t tile = 1; tile < s.tiles(); ++tile)
            sum = hn::Add(sum, hn::LoadU(d, from + tile * part.size() + j));
          if (accumulate) sum = hn::Add(sum, LoadUpTo(d, static_cast<const T*>(sums + j), n));
          StoreUpTo(sum, d, sums + j, n);
        });
      }
    }
  };
  add(s.features, 0, dw);
  add(s.units, part.u(), du);
  add(1, part.b(), db);
  if (Cell::kInner != 0) add(1, part.inner_b(), inner_db);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
