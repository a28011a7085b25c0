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

template <class Cell, class T>
class BackwardTile {
 public:
  static size_t Bytes(const Sequences<T>& s) {
    const size_t padded = PaddedUnits<T>(s.units), most = s.most_rows();
    return (1 + Cell::kInner) * ScratchCutter::Bytes<T>(most * Cell::kGates * padded) +
           3 * ScratchCutter::Bytes<T>(most * padded);
  }

  // u, w: packed transposed weights; w where dx is wanted
  BackwardTile(const Sequences<T>& s, const BackwardOperands<T>& op, const Panels<T>& u, const Panels<T>& w,
               size_t tile, unsigned char* memory)
      : s_(s), op_(op), u_(u), w_(w), part_(s), first_(tile * kRecurrentRows) {
    count_ = HWY_MIN(kRecurrentRows, s.rows - first_);
    padded_ = PaddedUnits<T>(s.units);
    ScratchCutter cutter(memory);
    dz_ = cutter.TakeZeros<T>(count_ * part_.depth);
    inner_ = Cell::kInner != 0 ? cutter.TakeZeros<T>(count_ * part_.depth) : dz_;
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
    bool is_first = true;  // nothing has been added to the sums yet
    for (size_t step = s_.steps; step-- > 0;) {
      const size_t t = s_.TimeOf(step);
      const bool counts = s_.CountsInAny(first_, count_, t);
      for (size_t r = 0; r < count_; ++r) Gates(r, t);
      if (op_.dz != nullptr) StoreGates(t);
      if (!counts) {
        if (op_.dx != nullptr) ClearInput(t);
        continue;
      }
      if (sums_ != nullptr) AddToSums(t, is_first);
      is_first = false;
      if (op_.dx != nullptr) {
        const size_t row = s_.steps * s_.features;
        w_.ProductExact(count_, {dz_, part_.depth, 1}, op_.dx + (first_ * s_.steps + t) * s_.features, row);
      }
      if (step > 0 || op_.dh0 != nullptr) BeforeProduct();
    }
    if (sums_ != nullptr && is_first) std::memset(sums_, 0, part_.size() * sizeof(T));
    const size_t bytes = s_.units * sizeof(T);
    for (size_t r = 0; r < count_; ++r) {
      if (op_.dh0 != nullptr) std::memcpy(op_.dh0 + (first_ + r) * s_.units, dh_ + r * padded_, bytes);
      if (op_.dc0 != nullptr) std::memcpy(op_.dc0 + (first_ + r) * s_.units, dc_ + r * padded_, bytes);
    }
  }

 private:
  // The gradients by the sums of one row; zeros where the step does not count.
  void Gates(size_t r, size_t t) const {
    const size_t row = first_ + r, at = row * s_.steps + t;
    T *dz = dz_ + r * part_.depth, *inner = inner_ + r * part_.depth;
    if (!s_.Counts(row, t)) {
      std::memset(dz, 0, part_.depth * sizeof(T));
      if (Cell::kInner != 0) std::memset(inner, 0, part_.depth * sizeof(T));
      return;
    }
    const T* dy = op_.dy.size() == 0 ? nullptr : op_.dy.row(row) + t * s_.units;
    Cell::Backward(s_.units, padded_, op_.kept + at * Cell::kKept * s_.units, dy, dh_ + r * padded_, dc_ + r * padded_,
                   dz, inner);
  }

  void StoreGates(size_t t) const {
    const size_t units = s_.units;
    for (size_t r = 0; r < count_; ++r) {
      const size_t at = ((first_ + r) * s_.steps + t) * Cell::kGates * units;
      for (size_t gate = 0; gate < Cell::kGates; ++gate) {
        const size_t from = r * part_.depth + gate * padded_;
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

  // to[m × depth] = (to +) aᵀ · b over the tile's rows, where row r of a begins at a + r · lda
  void AddProduct(size_t m, const T* a, size_t lda, const T* b, bool is_first, T* to) const {
    const size_t depth = part_.depth, width = Panels<T>::Width();
    for (size_t j = 0; j < depth; j += width) {
      const Start<T> start = is_first ? Start<T>{} : Start<T>{to + j, depth};
      PanelProduct(m, count_, T(1), Strided<T>{a, 1, lda}, b + j, depth, start, to + j, depth,
                   HWY_MIN(width, depth - j));
    }
  }

  void AddRows(const T* from, bool is_first, T* to) const {
    const Start<T> start = is_first ? Start<T>{} : Start<T>{to, 0};
    SumRows(T(1), Matrix<const T>{from, count_, part_.depth}, start, to);
  }

  void AddToSums(size_t t, bool is_first) const {
    const size_t at = first_ * s_.steps + t;
    AddProduct(s_.features, op_.x + at * s_.features, s_.steps * s_.features, dz_, is_first, sums_);
    AddProduct(s_.units, op_.previous + at * s_.units, s_.steps * s_.units, inner_, is_first, sums_ + part_.u());
    AddRows(dz_, is_first, sums_ + part_.b());
    if (Cell::kInner != 0) AddRows(inner_, is_first, sums_ + part_.inner_b());
  }

  // dh of the step before: what went past the product, and what comes through it.
  void BeforeProduct() const {
    const Strided<T> gates{inner_, part_.depth, 1};
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
  size_t first_, count_, padded_;
  T *dz_, *inner_;  // rows × padded gates
  T *dh_, *dc_, *through_;
  T* sums_;
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
  ScratchPieces pieces(context.pool.scratch(), s.tiles(), Tile::Bytes(s));
  context.pool.ParallelFor(s.tiles(), [&](size_t tile) {
    const ScratchPieces::Piece piece(pieces);
    Tile(s, op, u, w, tile, piece.data()).Run();
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
