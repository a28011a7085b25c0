// Image planes as a convolution's pass reads them: with their padding, and split by the stride (math/windows.h).

#if defined(BLASNET_MATH_PLANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_PLANES_INL_H_
#undef BLASNET_MATH_PLANES_INL_H_
#else
#define BLASNET_MATH_PLANES_INL_H_
#endif

#include <algorithm>

#include "math/windows.h"
#include "math/runs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// A packed row: zeros, numbers of the source from `start` on, zeros.
struct PackedRun {
  size_t zeros, valid, count, start, stride;
};

inline PackedRun RunOf(const AxisPass::Source& source, size_t phase, size_t q, size_t count) {
  const auto stride = static_cast<ptrdiff_t>(source.stride);
  const ptrdiff_t start = static_cast<ptrdiff_t>(q) * stride + source.shifts[phase];
  const auto steps_to = [stride, start](ptrdiff_t end) {  // the first i with start + i · stride ≥ end
    return end <= start ? 0 : static_cast<size_t>((end - start + stride - 1) / stride);
  };
  const size_t zeros = std::min(count, steps_to(0));
  const size_t valid = std::min(count, std::max(zeros, steps_to(static_cast<ptrdiff_t>(source.length)))) - zeros;
  return {zeros, valid, count, static_cast<size_t>(start + static_cast<ptrdiff_t>(zeros) * stride), source.stride};
}

template <class T>
HWY_INLINE void PackRun(const PackedRun& run, const T* HWY_RESTRICT from, T* HWY_RESTRICT to) {
  for (size_t i = 0; i < run.zeros; ++i) to[i] = 0;
  if (run.stride == 1) {
    CopyRun(from + run.start, run.valid, to + run.zeros);
  } else {
    for (size_t i = 0; i < run.valid; ++i) to[run.zeros + i] = from[run.start + i * run.stride];
  }
  for (size_t i = run.zeros + run.valid; i < run.count; ++i) to[i] = 0;
}

// The packed planes of one band of results: per channel one for each phase of the rows and of the columns.
struct PackedBand {
  const AxisPass &y, &x;
  size_t rows;  // of results in a band; the last one may have fewer

  size_t packed_rows() const { return rows + y.reach; }
  size_t pitch() const { return x.last - x.first + x.reach; }
  size_t plane() const { return packed_rows() * pitch(); }
  size_t phases() const { return y.source.shifts.size() * x.source.shifts.size(); }
  size_t channel() const { return phases() * plane(); }
  // Where a tap reads, from the result's own place in the first plane on.
  size_t OffsetOf(const Tap& row, const Tap& column) const {
    return (row.phase * x.source.shifts.size() + column.phase) * plane() + row.step * pitch() + column.step;
  }
};

// Packs `channels` planes for the results in rows from q on.
template <class T>
HWY_INLINE void PackBand(const PackedBand& band, size_t q, size_t channels, const T* HWY_RESTRICT from,
                         T* HWY_RESTRICT to) {
  const size_t pitch = band.pitch(), rows = band.packed_rows();
  for (size_t c = 0; c < channels; ++c, from += band.y.source.length * band.x.source.length) {
    for (size_t py = 0; py < band.y.source.shifts.size(); ++py) {
      const PackedRun down = RunOf(band.y.source, py, q, rows);
      for (size_t px = 0; px < band.x.source.shifts.size(); ++px) {
        const PackedRun across = RunOf(band.x.source, px, band.x.first, pitch);
        std::fill_n(to, down.zeros * pitch, T(0));
        to += down.zeros * pitch;
        for (size_t i = 0; i < down.valid; ++i, to += pitch) {
          PackRun(across, from + (down.start + i * down.stride) * band.x.source.length, to);
        }
        const size_t below = rows - down.zeros - down.valid;
        std::fill_n(to, below * pitch, T(0));
        to += below * pitch;
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
