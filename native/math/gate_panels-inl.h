// The weights of recurrent layers, packed for the products of their steps.

#if defined(BLASNET_MATH_GATE_PANELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_GATE_PANELS_INL_H_
#undef BLASNET_MATH_GATE_PANELS_INL_H_
#else
#define BLASNET_MATH_GATE_PANELS_INL_H_
#endif

#include <cstring>

#include "math/blocked_product-inl.h"
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// A gate's numbers of one row take whole vectors in scratch memory: those behind the units come from weights of 0.
template <class T>
HWY_INLINE size_t PaddedUnits(size_t units) {
  const size_t lanes = hn::Lanes(Tag<T>());
  return (units + lanes - 1) / lanes * lanes;
}

// Cuts scratch memory into arrays at whole cache lines.
class ScratchCutter {
 public:
  explicit ScratchCutter(unsigned char* data) : at_(data) {}
  template <class T>
  static size_t Bytes(size_t count) {
    return (count * sizeof(T) + 63) / 64 * 64;
  }
  template <class T>
  T* Take(size_t count) {
    T* taken = reinterpret_cast<T*>(at_);
    at_ += Bytes<T>(count);
    return taken;
  }
  template <class T>
  T* TakeZeros(size_t count) {
    T* taken = Take<T>(count);
    std::memset(taken, 0, count * sizeof(T));
    return taken;
  }

 private:
  unsigned char* at_;
};

// A matrix of `depth` rows and `groups` × `columns` columns as panels of two vectors' width, group by group.
template <class T>
class Panels {
 public:
  static size_t Width() { return 2 * hn::Lanes(Tag<T>()); }
  static size_t PanelsOf(size_t columns) { return (columns + Width() - 1) / Width(); }
  static size_t Size(size_t depth, size_t groups, size_t columns) {
    return groups * PanelsOf(columns) * depth * Width();
  }

  // memory: of `Size`; zeros where panels are wider than the columns, or not all rows are packed
  Panels(size_t depth, size_t columns, T* memory)
      : depth_(depth), columns_(columns), padded_(PaddedUnits<T>(columns)), memory_(memory) {}

  // Packs rows [row, row + rows) of a group.
  HWY_NOINLINE void Pack(size_t group, size_t row, size_t rows, Strided<T> from) const {
    for (size_t j = 0; j < columns_; j += Width()) {
      PackPanel(from.From(0, j), rows, HWY_MIN(Width(), columns_ - j), PanelAt(group, j) + row * Width());
    }
  }

  // z[rows × groups of padded columns, in rows of ldz] = start + a[rows × depth] · the matrix, for groups [first, end).
  // backwards: the last columns first, where products follow each other: what the first-level cache still has comes
  // first.
  void Product(size_t rows, Strided<T> a, size_t first, size_t end, Start<T> start, T* z, size_t ldz,
               bool backwards = false) const {
    if (rows < kFewRows) {
      for (size_t r = 0; r < rows; ++r) ProductOfRow(a.From(r, 0), first, end, start.From(r), z + r * ldz, backwards);
      return;
    }
    for (size_t group = first; group < end; ++group) {
      for (size_t j = 0; j < padded_; j += Width()) {
        const size_t at = (group - first) * padded_ + j;
        Start<T> from = start;
        if (from.data != nullptr) from.data += at;
        PanelProduct(rows, depth_, T(1), a, static_cast<const T*>(PanelAt(group, j)), Width(), from, z + at, ldz,
                     HWY_MIN(Width(), padded_ - j));
      }
    }
  }

  // The same for one group without a start, and only the columns that there are.
  void ProductExact(size_t rows, Strided<T> a, T* z, size_t ldz) const {
    for (size_t j = 0; j < columns_; j += Width()) {
      PanelProduct(rows, depth_, T(1), a, static_cast<const T*>(PanelAt(0, j)), Width(), Start<T>{}, z + j, ldz,
                   HWY_MIN(Width(), columns_ - j));
    }
  }

 private:
  // With fewer rows than this, one row at a time keeps more sums under way.
  static constexpr size_t kFewRows = 4;

  // One row of the product: the same sums, eight vectors of them at a time, so that additions do not wait for each
  // other.
  void ProductOfRow(Strided<T> a, size_t first, size_t end, Start<T> start, T* z, bool backwards) const {
    constexpr size_t kVectors = 8;
    const Tag<T> d;
    const size_t lanes = hn::Lanes(d), each = padded_ / lanes, count = (end - first) * each;
    const size_t blocks = (count + kVectors - 1) / kVectors;
    for (size_t block = 0; block < blocks; ++block) {
      const size_t v = (backwards ? blocks - 1 - block : block) * kVectors;
      const T* from[kVectors];
      for (size_t i = 0; i < kVectors; ++i) {
        const size_t at = HWY_MIN(v + i, count - 1), j = at % each * lanes;
        from[i] = PanelAt(first + at / each, j) + j % Width();
      }
      hn::Vec<Tag<T>> sum[kVectors];
      for (size_t i = 0; i < kVectors; ++i) sum[i] = hn::Zero(d);
      for (size_t k = 0; k < depth_; ++k) {
        const auto left = hn::Set(d, a.data[k * a.col]);
        for (size_t i = 0; i < kVectors; ++i) sum[i] = hn::MulAdd(left, hn::Load(d, from[i] + k * Width()), sum[i]);
      }
      for (size_t i = 0; i < kVectors && v + i < count; ++i) {
        const size_t at = (v + i) * lanes;
        const auto before = start.data == nullptr ? hn::Zero(d) : hn::LoadU(d, start.data + at);
        hn::StoreU(hn::Add(sum[i], before), d, z + at);
      }
    }
  }

  T* PanelAt(size_t group, size_t j) const {
    return memory_ + (group * PanelsOf(columns_) + j / Width()) * depth_ * Width();
  }

  size_t depth_, columns_, padded_;
  T* memory_;
};

// f(j, n) for each vector of `count` numbers: n is Lanes, and less for the last vector where it is not whole.
template <class T, class F>
HWY_INLINE void ForVectors(size_t count, const F& f) {
  const size_t lanes = hn::Lanes(Tag<T>());
  // One call, so that f becomes a part of the loop.
  for (size_t j = 0; j < count; j += lanes) f(j, HWY_MIN(lanes, count - j));
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadUpTo(D d, const T* p, size_t n) {
  return HWY_LIKELY(n == hn::Lanes(d)) ? hn::LoadU(d, p) : LoadFirst(d, p, n);
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreUpTo(hn::Vec<D> v, D d, T* p, size_t n) {
  if (HWY_LIKELY(n == hn::Lanes(d))) {
    hn::StoreU(v, d, p);
  } else {
    StoreFirst(v, d, p, n);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
