// The results of a convolution's pass in vectors: what each reads of the packed planes and where it goes.

#if defined(BLASNET_MATH_RESULT_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_RESULT_VECTORS_INL_H_
#undef BLASNET_MATH_RESULT_VECTORS_INL_H_
#else
#define BLASNET_MATH_RESULT_VECTORS_INL_H_
#endif

#include "math/planes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// A vector of results: read from `from` on in the packed plane, of which `count` numbers go to `to` on in the target's
// plane. Those between the ends of two rows are left out where `gaps` is set; bits say which remain.
struct ResultVector {
  size_t from, to, count;
  bool gaps;
  uint8_t bits[8];
};

// Where results go.
template <class T>
struct Results {
  T* data;        // of the first filter
  size_t plane;   // numbers from one filter's plane to the next one's
  size_t stride;  // numbers from one result to the next
  size_t end;     // results up to here follow each other without gaps, and may be overwritten by those that come later
  bool relu = false;  // whether they are rectified
};

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreResults(D d, hn::Vec<D> v, const ResultVector& vector, T* to, size_t stride, size_t end) {
  const size_t lanes = hn::Lanes(d);
  if (stride != 1) {
    HWY_ALIGN T block[hn::MaxLanes(d)];
    hn::Store(v, d, block);
    for (size_t i = 0; i < vector.count; ++i) to[vector.to + i * stride] = block[i];
    return;
  }
  if (vector.gaps) v = hn::Compress(v, hn::LoadMaskBits(d, vector.bits));
  if (vector.count == lanes || vector.to + lanes <= end) {
    hn::StoreU(v, d, to + vector.to);
  } else {
    StoreFirst(v, d, to + vector.to, vector.count);
  }
}

// The vectors of a target in a band, and up to where its results may be overwritten (Results::end).
struct Listed {
  const ResultVector* vectors;
  size_t count, end;
};

// Vectors of `lanes` numbers that cover the results of a target (rows y, columns x) in the band from q on, in order,
// written to `list`. width: numbers in a row of the target's plane.
inline Listed ListVectors(const PackedBand& band, const AxisPass::Target& y, const AxisPass::Target& x, size_t q,
                          size_t lanes, size_t width, ResultVector* list) {
  const size_t first_row = HWY_MAX(q, y.first), last_row = HWY_MIN(q + band.rows, y.last);
  const size_t first = x.first, columns = x.last - first, pitch = band.pitch();
  if (first_row >= last_row || columns == 0) return {list, 0, 0};
  const auto place = [&](size_t row, size_t column) {
    const auto at = [](size_t q, size_t stride, ptrdiff_t shift) {
      return static_cast<size_t>(static_cast<ptrdiff_t>(q * stride) + shift);
    };
    return at(row, band.y.target_stride, y.shift) * width + at(column, band.x.target_stride, x.shift);
  };
  // Whole rows that follow each other are seen as one run with gaps in the packed planes only.
  const bool dense = columns == width && band.y.target_stride == 1;
  size_t count = 0;
  size_t row = first_row, column = 0;  // the first result that no vector has yet
  while (row < last_row) {
    ResultVector& vector = list[count++];
    vector = {(row - q) * pitch + first - band.x.first + column, place(row, first + column), 0, false, {}};
    size_t lane = 0;
    while (lane < lanes && row < last_row) {
      const size_t here = HWY_MIN(lanes - lane, columns - column);
      vector.gaps |= lane > vector.count;
      for (size_t i = 0; i < here; ++i) vector.bits[(lane + i) / 8] |= uint8_t(1u << ((lane + i) % 8));
      vector.count += here;
      column += here;
      lane += here;
      if (column < columns) break;
      column = 0;
      ++row;
      if (!dense) break;
      lane += pitch - columns;
    }
  }
  return {list, count, dense ? place(last_row - 1, first) + width : 0};
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
