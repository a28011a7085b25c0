// Normalisation of short rows, layer norm and RMS norm: a row is a few whole vectors, which stay in registers. The sums
// are those of rows of any length (layers/group_norm.cc).

#if defined(BLASNET_LAYERS_SHORT_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_LAYERS_SHORT_ROWS_INL_H_
#undef BLASNET_LAYERS_SHORT_ROWS_INL_H_
#else
#define BLASNET_LAYERS_SHORT_ROWS_INL_H_
#endif

#include <cmath>

#include "math/register_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// kVectors vectors a row. RMS norm, which is not kCentred, has no mean and no beta: they are null.
template <bool kCentred, size_t kVectors, class T>
class ShortRows {
 public:
  // y = (x − mean) · inverse · gamma + beta for rows [first, last), and their mean and inverse = 1/√(variance +
  // epsilon)
  static HWY_INLINE void Forward(size_t first, size_t last, const T* x, const T* gamma, const T* beta, T* y, T* mean,
                                 T* inverse, double epsilon) {
    // Some rows at a time: each of the loops has chains of operations that do not wait for each other.
    constexpr size_t kBlock = 16;
    const D d;
    const Row scale(gamma), shift(kCentred ? beta : gamma);
    for (size_t begin = first; begin < last; begin += kBlock) {
      const size_t end = HWY_MIN(last, begin + kBlock);
      double squares[kBlock] = {};
      for (size_t r = begin; kCentred && r < end; ++r) {
        // Sums of differences to one of the numbers: constant rows have a variance of 0 whatever their size.
        const T start = x[r * Width()];
        const Row row(x + r * Width());
        const double sum = Sum([&](auto v) { return hn::Sub(row.v[v], hn::Set(d, start)); });
        mean[r] = static_cast<T>(static_cast<double>(start) + sum * Share());
      }
      for (size_t r = begin; r < end; ++r) {
        const Row row(x + r * Width());
        const V mu = MeanOf(mean, r);
        squares[r - begin] = Sum([&](auto v) {
          const V difference = hn::Sub(row.v[v], mu);
          return hn::Mul(difference, difference);
        });
      }
      for (size_t i = 0; i < kBlock; ++i) squares[i] = 1 / std::sqrt(squares[i] * Share() + epsilon);
      for (size_t r = begin; r < end; ++r) {
        inverse[r] = static_cast<T>(squares[r - begin]);
        const Row row(x + r * Width());
        const V mu = MeanOf(mean, r), factor = hn::Set(d, inverse[r]);
        ForEach<kVectors>([&](auto v) BLASNET_INLINE_LAMBDA {
          const V normal = hn::Mul(hn::Sub(row.v[v], mu), factor);
          const V result = kCentred ? hn::MulAdd(normal, scale.v[v], shift.v[v]) : hn::Mul(normal, scale.v[v]);
          hn::StoreU(result, d, y + r * Width() + v * hn::Lanes(d));
        });
      }
    }
  }

  // dx = (dx +) inverse · (g − mean of g − x̂ · mean of g·x̂) for rows [first, last), with g = dy · gamma
  template <bool kAdds>
  static HWY_INLINE void BackwardInput(size_t first, size_t last, const T* x, const T* gamma, const T* mean,
                                       const T* inverse, const T* dy, T* dx) {
    const D d;
    const Row scale(gamma);
    for (size_t r = first; r < last; ++r) {
      const Row row(x + r * Width()), delta(dy + r * Width());
      const V mu = MeanOf(mean, r), factor = hn::Set(d, inverse[r]);
      V normal[kVectors], g[kVectors];
      ForEach<kVectors>([&](auto v) BLASNET_INLINE_LAMBDA {
        normal[v] = hn::Mul(hn::Sub(row.v[v], mu), factor);
        g[v] = hn::Mul(delta.v[v], scale.v[v]);
      });
      const double plain = kCentred ? Sum([&](auto v) { return g[v]; }) : 0;
      const double product = Sum([&](auto v) { return hn::Mul(g[v], normal[v]); });
      const V shift = hn::Set(d, static_cast<T>(plain * Share())),
              slope = hn::Set(d, static_cast<T>(product * Share()));
      T* to = dx + r * Width();
      ForEach<kVectors>([&](auto v) BLASNET_INLINE_LAMBDA {
        V result = hn::Mul(factor, hn::NegMulAdd(normal[v], slope, hn::Sub(g[v], shift)));
        if constexpr (kAdds) result = hn::Add(hn::LoadU(d, to + v * hn::Lanes(d)), result);
        hn::StoreU(result, d, to + v * hn::Lanes(d));
      });
    }
  }

  // by_gamma = Σ dy·x̂ and by_beta = Σ dy over rows [first, last)
  static HWY_INLINE void SumWeights(size_t first, size_t last, const T* x, const T* mean, const T* inverse, const T* dy,
                                    T* by_gamma, T* by_beta) {
    const D d;
    V gammas[kVectors], betas[kVectors];
    ForEach<kVectors>([&](auto v) BLASNET_INLINE_LAMBDA { gammas[v] = betas[v] = hn::Zero(d); });
    for (size_t r = first; r < last; ++r) {
      const Row row(x + r * Width()), delta(dy + r * Width());
      const V mu = MeanOf(mean, r), factor = hn::Set(d, inverse[r]);
      ForEach<kVectors>([&](auto v) BLASNET_INLINE_LAMBDA {
        gammas[v] = hn::Add(gammas[v], hn::Mul(delta.v[v], hn::Mul(hn::Sub(row.v[v], mu), factor)));
        if constexpr (kCentred) betas[v] = hn::Add(betas[v], delta.v[v]);
      });
    }
    ForEach<kVectors>([&](auto v) BLASNET_INLINE_LAMBDA {
      hn::StoreU(gammas[v], d, by_gamma + v * hn::Lanes(d));
      if constexpr (kCentred) hn::StoreU(betas[v], d, by_beta + v * hn::Lanes(d));
    });
  }

 private:
  using D = Tag<T>;
  using V = hn::Vec<D>;

  static HWY_INLINE size_t Width() { return kVectors * hn::Lanes(D()); }
  static HWY_INLINE double Share() { return 1 / static_cast<double>(Width()); }
  static HWY_INLINE V MeanOf(const T* mean, size_t r) { return kCentred ? hn::Set(D(), mean[r]) : hn::Zero(D()); }

  struct Row {
    V v[kVectors];
    HWY_INLINE explicit Row(const T* from) {
      ForEach<kVectors>([&](auto i) BLASNET_INLINE_LAMBDA { v[i] = hn::LoadU(D(), from + i * hn::Lanes(D())); });
    }
  };

  // Σ f(v) over the numbers of all vectors, even and odd ones apart
  template <class F>
  static HWY_INLINE double Sum(const F& f) {
    V even = f(size_t{0});
    if constexpr (kVectors > 1) {
      V odd = f(size_t{1});
      ForEach<kVectors / 2 - 1>([&](auto pair) BLASNET_INLINE_LAMBDA {
        even = hn::Add(even, f(2 * pair + 2));
        odd = hn::Add(odd, f(2 * pair + 3));
      });
      even = hn::Add(even, odd);
    }
    return static_cast<double>(hn::GetLane(hn::SumOfLanes(D(), even)));
  }
};

// Calls f(ShortRows) for rows of `width` numbers if they are short; returns whether they are.
template <bool kCentred, class T, class F>
HWY_INLINE bool WithShortRows(size_t width, const F& f) {
  const size_t lanes = hn::Lanes(Tag<T>());
  if (width == lanes) return f(ShortRows<kCentred, 1, T>()), true;
  if (width == 2 * lanes) return f(ShortRows<kCentred, 2, T>()), true;
  if (width == 4 * lanes) return f(ShortRows<kCentred, 4, T>()), true;
  if (width == 8 * lanes) return f(ShortRows<kCentred, 8, T>()), true;
  return false;
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
