// Groups of numbers that are normalised together: x and y are [m × steps × groups × width × spatial], a group has all
// steps of its `width` channels, and each channel has `spatial` numbers one behind the other. Layer norm is one group
// of one step with spatial 1.

#if defined(BLASNET_LAYERS_GROUP_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_LAYERS_GROUP_NORM_INL_H_
#undef BLASNET_LAYERS_GROUP_NORM_INL_H_
#else
#define BLASNET_LAYERS_GROUP_NORM_INL_H_
#endif

#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The shape of x, and its numbers in runs that lie in one piece.
struct GroupShape {
  size_t rows, steps, groups, width, spatial;

  template <class T>
  explicit GroupShape(const Array<T>& x) {
    CheckEqual("x's rank", size_t{5}, x.rank);
    rows = x.shape[0], steps = x.shape[1], groups = x.shape[2], width = x.shape[3], spatial = x.shape[4];
    Check(steps > 0 && groups > 0 && width > 0 && spatial > 0, "Expected rows of numbers");
  }
  size_t channels() const { return groups * width; }
  size_t run() const { return width * spatial; }  // numbers of a group at one step
  size_t group_size() const { return steps * run(); }
  size_t places() const { return rows * groups; }
  bool is_layer_norm() const { return steps == 1 && groups == 1 && spatial == 1; }
  size_t numbers() const { return places() * group_size(); }

  // Where the first number of a group lies. Groups are counted over all rows; few rows have several, and a division
  // takes as long as a short row.
  size_t Begin(size_t place) const {
    const size_t row = groups == 1 ? place : place / groups;
    return (row * (steps - 1) * groups + place) * run();
  }

  // Calls f(offset, channel, n, repeats) for the runs of a group: n numbers at `offset` within x, whose channels are
  // those from `channel` on, or are all that one.
  template <class F>
  HWY_INLINE void ForEachRun(size_t place, const F& f) const {
    const size_t begin = Begin(place), group = groups == 1 ? 0 : place % groups;
    for (size_t s = 0; s < steps; ++s) {
      const size_t offset = begin + s * groups * run();
      if (spatial == 1) {
        f(offset, group * width, width, false);
        continue;
      }
      for (size_t c = 0; c < width; ++c) f(offset + c * spatial, group * width + c, spatial, true);
    }
  }
};

// Σ f(i, k) over n numbers, where f gives those from i on, k ≤ Lanes of them: in T for a few thousand, then in double
template <class T, class F>
HWY_INLINE double SumRun(size_t n, const F& f) {
  constexpr size_t kBlock = 2048;
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  double total = 0;
  for (size_t begin = 0; begin < n; begin += kBlock) {
    const size_t end = HWY_MIN(n, begin + kBlock);
    auto a = hn::Zero(d), b = hn::Zero(d);
    size_t i = begin;
    for (; i + 2 * lanes <= end; i += 2 * lanes) {
      a = hn::Add(a, f(i, lanes));
      b = hn::Add(b, f(i + lanes, lanes));
    }
    for (; i + lanes <= end; i += lanes) a = hn::Add(a, f(i, lanes));
    if (i < end) b = hn::Add(b, hn::IfThenElseZero(hn::FirstN(d, end - i), f(i, end - i)));
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b))));
  }
  return total;
}

// The first n ≤ Lanes numbers at p
template <class T>
HWY_INLINE hn::Vec<Tag<T>> Part(const T* p, size_t n) {
  const Tag<T> d;
  return n == hn::Lanes(d) ? hn::LoadU(d, p) : LoadFirst(d, p, n);
}

template <class T>
HWY_INLINE hn::Vec<Tag<T>> PartOf(const Run<T>& run, size_t i, size_t n) {
  return run.repeats ? hn::Set(Tag<T>(), *run.data) : Part(run.data + i, n);
}

// Calls f(place) for all groups of all rows, on the pool's threads.
template <class F>
HWY_INLINE void ForEachGroup(Context& context, const GroupShape& shape, const F& f) {
  ParallelPieces(context, shape.places(), shape.numbers(), [&](size_t first, size_t end) {
    for (size_t place = first; place < end; ++place) f(place);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
