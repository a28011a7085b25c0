// Loops over the numbers of each feature: the columns of [rows × features], the runs of
// [rows × features (channels) × spatial (height · width)]. A kernel is written once for both.

#if defined(BLASNET_LAYERS_FEATURE_GROUPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_LAYERS_FEATURE_GROUPS_INL_H_
#undef BLASNET_LAYERS_FEATURE_GROUPS_INL_H_
#else
#define BLASNET_LAYERS_FEATURE_GROUPS_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The numbers of a vector at an offset into each of the tensors.
template <class T>
struct WholeVector {
  size_t offset;
  HWY_INLINE auto Load(const T* p) const { return hn::LoadU(Tag<T>(), p + offset); }
  HWY_INLINE void Store(hn::Vec<Tag<T>> v, T* p) const { hn::StoreU(v, Tag<T>(), p + offset); }
  HWY_INLINE auto OrZero(hn::Vec<Tag<T>> v) const { return v; }
};

// The same for the first n < Lanes of them.
template <class T>
struct FirstOfVector {
  size_t offset, n;
  HWY_INLINE auto Load(const T* p) const { return LoadFirst(Tag<T>(), p + offset, n); }
  HWY_INLINE void Store(hn::Vec<Tag<T>> v, T* p) const { StoreFirst(v, Tag<T>(), p + offset, n); }
  HWY_INLINE auto OrZero(hn::Vec<Tag<T>> v) const { return hn::IfThenElseZero(hn::FirstN(Tag<T>(), n), v); }
};

// A group keeps the numbers of its features in kVectors vectors; visit(k, place) is called for every place of vector k.

// Columns of [rows × columns]: a lane is a feature. Place is WholeVector, or FirstOfVector at the right edge.
template <class T, size_t kCount, class Place>
struct ColumnGroup {
  static constexpr size_t kVectors = kCount;
  size_t rows, columns;
  Place first;  // within a row, and within the features

  size_t block() const { return 64; }

  template <class Visit>
  HWY_INLINE void Rows(size_t begin, size_t end, const Visit& visit) const {
    for (size_t i = begin; i < end; ++i) {
      for (size_t k = 0; k < kVectors; ++k) visit(k, At(k, i * columns));
    }
  }
  HWY_INLINE auto Feature(const T* p, size_t k) const { return At(k, 0).Load(p); }
  HWY_INLINE void SetFeature(hn::Vec<Tag<T>> v, T* p, size_t k) const { At(k, 0).Store(v, p); }
  HWY_INLINE auto FirstValue(const T* x, size_t k) const { return At(k, 0).Load(x); }
  HWY_INLINE void Total(hn::Vec<Tag<T>>*) const {}

 private:
  HWY_INLINE Place At(size_t k, size_t offset) const {
    Place place = first;
    place.offset += offset + k * hn::Lanes(Tag<T>());
    return place;
  }
};

// One channel of [rows × channels × spatial]: all lanes are of one feature.
template <class T>
struct ChannelGroup {
  static constexpr size_t kVectors = 4;  // as many sums at once as hide the time that an addition takes
  size_t rows, channels, spatial, channel;

  size_t block() const { return spatial < 2048 ? 2048 / spatial : 1; }

  template <class Visit>
  HWY_INLINE void Rows(size_t begin, size_t end, const Visit& visit) const {
    const size_t lanes = hn::Lanes(Tag<T>());
    for (size_t i = begin; i < end; ++i) {
      const size_t start = (i * channels + channel) * spatial;
      size_t j = 0;
      for (; j + kVectors * lanes <= spatial; j += kVectors * lanes) {
        for (size_t k = 0; k < kVectors; ++k) visit(k, WholeVector<T>{start + j + k * lanes});
      }
      for (; j + lanes <= spatial; j += lanes) visit(0, WholeVector<T>{start + j});
      if (j < spatial) visit(0, FirstOfVector<T>{start + j, spatial - j});
    }
  }
  HWY_INLINE auto Feature(const T* p, size_t) const { return hn::Set(Tag<T>(), p[channel]); }
  HWY_INLINE void SetFeature(hn::Vec<Tag<T>> v, T* p, size_t k) const {
    if (k == 0) p[channel] = hn::GetLane(v);
  }
  HWY_INLINE auto FirstValue(const T* x, size_t) const { return hn::Set(Tag<T>(), x[channel * spatial]); }
  HWY_INLINE void Total(hn::Vec<Tag<T>>* sums) const {
    const auto total = hn::SumOfLanes(Tag<T>(), hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3])));
    for (size_t k = 0; k < kVectors; ++k) sums[k] = total;
  }
};

// sums[k] = Σ term(k, place) over all places of a feature. Blocks are summed by themselves, so that rounding errors
// grow with the length of a block and with the number of blocks rather than with the number of rows.
template <class Group, class V, class Term>
HWY_INLINE void SumOver(const Group& group, V* HWY_RESTRICT sums, const Term& term) {
  V total[Group::kVectors];
  for (size_t k = 0; k < Group::kVectors; ++k) total[k] = hn::Zero(hn::DFromV<V>());
  for (size_t begin = 0; begin < group.rows; begin += group.block()) {
    V part[Group::kVectors];
    for (size_t k = 0; k < Group::kVectors; ++k) part[k] = hn::Zero(hn::DFromV<V>());
    group.Rows(begin, HWY_MIN(group.rows, begin + group.block()),
               [&](size_t k, auto place) { part[k] = hn::Add(part[k], place.OrZero(term(k, place))); });
    for (size_t k = 0; k < Group::kVectors; ++k) total[k] = hn::Add(total[k], part[k]);
  }
  group.Total(total);
  for (size_t k = 0; k < Group::kVectors; ++k) sums[k] = total[k];
}

// Calls body(group) for groups that have all features between them, in tiles on the pool's threads.
template <class T, class Body>
HWY_INLINE void ForFeatures(Context& context, size_t rows, size_t features, size_t spatial, const Body& body) {
  constexpr size_t kColumns = 64;  // whole groups, and whole cache lines
  size_t width = HWY_MAX(size_t{1}, kMapTile / (rows * spatial));
  if (spatial == 1) width = (width + kColumns - 1) / kColumns * kColumns;
  context.pool.ParallelFor((features + width - 1) / width, [&](size_t tile) {
    const size_t lanes = hn::Lanes(Tag<T>()), end = HWY_MIN(features, (tile + 1) * width);
    size_t j = tile * width;
    if (spatial > 1) {
      for (; j < end; ++j) body(ChannelGroup<T>{rows, features, spatial, j});
      return;
    }
    for (; j + 4 * lanes <= end; j += 4 * lanes) body(ColumnGroup<T, 4, WholeVector<T>>{rows, features, {j}});
    for (; j + lanes <= end; j += lanes) body(ColumnGroup<T, 1, WholeVector<T>>{rows, features, {j}});
    if (j < end) body(ColumnGroup<T, 1, FirstOfVector<T>>{rows, features, {j, end - j}});
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
