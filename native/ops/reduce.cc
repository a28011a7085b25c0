// Sums and largest or smallest numbers over any dimensions.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/reduce.cc"
#include "math/foreach_target.h"
//
#include "ops/axes.h"
#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

struct Total {
  template <class D, class V>
  static HWY_INLINE V Both(D, V a, V b) {
    return hn::Add(a, b);
  }
  template <class T>
  static HWY_INLINE T OfRun(const T* p, size_t n) {
    return SumOf(p, n);
  }
  template <class T>
  static HWY_INLINE T Both(T a, T b) {
    return a + b;
  }
};

// NaN where there is one among the numbers.
struct Largest {
  template <class D, class V>
  static HWY_INLINE V Both(D, V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  }
  template <class T>
  static HWY_INLINE T OfRun(const T* p, size_t n) {
    return MaxOf(p, n);
  }
  template <class T>
  static HWY_INLINE T Both(T a, T b) {
    return a > b || std::isnan(a) ? a : b;
  }
};
struct Smallest {
  template <class D, class V>
  static HWY_INLINE V Both(D, V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  }
  template <class T>
  static HWY_INLINE T OfRun(const T* p, size_t n) {
    T smallest = p[0];
    for (size_t i = 1; i < n; ++i) smallest = p[i] < smallest || std::isnan(p[i]) ? p[i] : smallest;
    return smallest;
  }
  template <class T>
  static HWY_INLINE T Both(T a, T b) {
    return a < b || std::isnan(a) ? a : b;
  }
};

// to = (to +) scale · v, for n ≤ Lanes(d) numbers
template <class D, class V, class T>
HWY_INLINE void Finish(D d, V v, V scale, bool adds, T* to, size_t n) {
  v = hn::Mul(scale, v);
  if (n == hn::Lanes(d)) {
    hn::StoreU(adds ? hn::Add(hn::LoadU(d, to), v) : v, d, to);
  } else {
    StoreFirst(adds ? hn::Add(LoadFirst(d, static_cast<const T*>(to), n), v) : v, d, to, n);
  }
}

// y = (y +) scale · F over the dimensions in which y has length 1. The order of summation depends on shapes only.
template <class F, class T>
void Reduce(Context& context, Array<const T> x, Array<T> y, double scale, double accumulate) {
  const Reduction reduction(x, y);
  Check(x.size() > 0, "Expected numbers to reduce");
  const bool adds = accumulate != 0;
  const T factor = static_cast<T>(scale);
  const size_t size = x.size();
  const Axes& kept = reduction.kept;
  if (reduction.is_inner_reduced) {
    Axes outer = reduction.reduced;
    const size_t n = outer.rank == 0 ? 1 : outer.shape[--outer.rank];
    const size_t runs = outer.count();
    return ParallelPieces(context, y.size(), size, [&](size_t first, size_t end) {
      for (size_t i = first; i < end; ++i) {
        const T* from = x.data + kept.Offset(i);
        T total = F::OfRun(from, n);
        for (size_t r = 1; r < runs; ++r) total = F::Both(total, F::OfRun(from + outer.Offset(r), n));
        y.data[i] = adds ? y.data[i] + factor * total : factor * total;
      }
    });
  }
  // Columns: each vector of them goes down all rows.
  Axes outer = kept;
  const size_t n = outer.shape[--outer.rank];
  const Axes& rows = reduction.reduced;
  const size_t count = rows.count();
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  const size_t vectors = (n + lanes - 1) / lanes;
  ParallelPieces(context, outer.count() * vectors, size, [&](size_t first, size_t end) {
    const auto by = hn::Set(d, factor);
    for (size_t i = first; i < end; ++i) {
      const size_t column = i % vectors * lanes;
      const size_t width = HWY_MIN(lanes, n - column);
      const T* from = x.data + outer.Offset(i / vectors) + column;
      const auto load = [&](const T* p) { return width == lanes ? hn::LoadU(d, p) : LoadFirst(d, p, width); };
      auto total = load(from);
      if (rows.rank == 1) {
        for (size_t r = 1; r < count; ++r) total = F::Both(d, total, load(from + r * rows.stride[0]));
      } else {
        for (size_t r = 1; r < count; ++r) total = F::Both(d, total, load(from + rows.Offset(r)));
      }
      Finish(d, total, by, adds, y.data + i / vectors * n + column, width);
    }
  });
}

// dx = (dx +) dy, shared out evenly among the numbers of x that are y, the largest or smallest of them.
template <class T>
void ReduceChoiceBackward(Context& context, Array<const T> x, Array<const T> y, Array<const T> dy, Array<T> dx,
                          double accumulate) {
  const Reduction reduction(x, y);
  CheckEqual("dy's size", y.size(), dy.size());
  CheckEqual("dx's size", x.size(), dx.size());
  const size_t runs = reduction.reduced.count();
  ParallelPieces(context, y.size(), x.size(), [&](size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) {
      const size_t at = reduction.kept.Offset(i);
      size_t equal = 0;
      for (size_t r = 0; r < runs; ++r) equal += x.data[at + reduction.reduced.Offset(r)] == y.data[i];
      const T share = equal == 0 ? T(0) : dy.data[i] / static_cast<T>(equal);
      for (size_t r = 0; r < runs; ++r) {
        const size_t j = at + reduction.reduced.Offset(r);
        const T own = x.data[j] == y.data[i] ? share : T(0);
        dx.data[j] = accumulate != 0 ? dx.data[j] + own : own;
      }
    }
  });
}

BLASNET_KERNELS(Reduce) {
  registry.Add<&Reduce<Total, float>, &Reduce<Total, double>>("reduce_sum", {"x", "y", "scale", "accumulate"});
  registry.Add<&Reduce<Largest, float>, &Reduce<Largest, double>>("reduce_max", {"x", "y", "scale", "accumulate"});
  registry.Add<&Reduce<Smallest, float>, &Reduce<Smallest, double>>("reduce_min", {"x", "y", "scale", "accumulate"});
  registry.Add<&ReduceChoiceBackward<float>, &ReduceChoiceBackward<double>>("reduce_choice_backward",
                                                                            {"x", "y", "dy", "dx", "accumulate"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Reduce)
#endif
