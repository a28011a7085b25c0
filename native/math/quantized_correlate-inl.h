// Convolutions of images of bytes with int8 weights. An image becomes planes of quads: a number of four bytes holds
// what four neighbouring terms of a sum read at one place, so that a vector holds the quads of neighbouring results.

#if defined(BLASNET_MATH_QUANTIZED_CORRELATE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_QUANTIZED_CORRELATE_INL_H_
#undef BLASNET_MATH_QUANTIZED_CORRELATE_INL_H_
#else
#define BLASNET_MATH_QUANTIZED_CORRELATE_INL_H_
#endif

#include <cstring>
#include <vector>

#include "math/quantize-inl.h"
#include "math/windows.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Filters whose weights lie side by side: [blocks][quads][kByteFilters][4 bytes].
inline constexpr size_t kByteFilters = 8;

// The terms of a sum in quads, and where the planes of the image hold them. Four channels make a quad; where there are
// fewer channels, four taps along x of all channels do, lest most of a quad be empty.
class QuadTerms {
 public:
  explicit QuadTerms(const Convolution& c) : c_(c), is_flat_(c.channels < 4) {
    const size_t terms = is_flat_ ? c.channels * c.x.kernel : c.channels;
    groups_ = (terms + 3) / 4;
    size_t reach = 0;
    if (is_flat_) {
      starts_.push_back(0);
    } else {
      for (size_t k = 0; k < c.x.kernel; ++k) {
        const size_t start = k * c.x.dilation % c.x.stride;
        reach = std::max(reach, k * c.x.dilation / c.x.stride);
        if (std::find(starts_.begin(), starts_.end(), start) == starts_.end()) starts_.push_back(start);
      }
    }
    rows_ = (c.y.output - 1) * c.y.stride + c.y.extent() + 1;
    constexpr size_t kMostLanes = 16;
    width_ = (c.x.output + kMostLanes - 1) / kMostLanes * kMostLanes + reach;
    for (size_t ky = 0; ky < c.y.kernel; ++ky) {
      for (size_t kx = 0; kx < (is_flat_ ? 1 : c.x.kernel); ++kx) {
        const size_t from = kx * c.x.dilation, start = from % c.x.stride;
        const auto phase = static_cast<size_t>(std::find(starts_.begin(), starts_.end(), start) - starts_.begin());
        for (size_t group = 0; group < groups_; ++group) {
          const size_t row = (phase * groups_ + group) * rows_ + ky * c.y.dilation;
          offsets_.push_back((row * width_ + from / c.x.stride) * 4);
        }
      }
    }
  }

  size_t quads() const { return offsets_.size(); }
  // Bytes from the place of a result to those of its quads.
  const std::vector<size_t>& offsets() const { return offsets_; }
  size_t bytes() const { return starts_.size() * groups_ * rows_ * width_ * 4; }
  // Bytes from the quads of one row of results to those of the next.
  size_t row_bytes() const { return c_.y.stride * width_ * 4; }
  size_t blocks() const { return (c_.filters + kByteFilters - 1) / kByteFilters; }
  size_t packed_size() const { return blocks() * kByteFilters * (1 + quads()); }

  // The number among w[filters × channels × kh × kw] of a filter's term; −1 where a quad is not full.
  ptrdiff_t WeightAt(size_t filter, size_t quad, size_t i) const {
    const size_t group = quad % groups_, tap = quad / groups_, term = 4 * group + i;
    const size_t channel = is_flat_ ? term / c_.x.kernel : term;
    const size_t across = is_flat_ ? term % c_.x.kernel : tap % c_.x.kernel;
    const size_t down = is_flat_ ? tap : tap / c_.x.kernel;
    if (channel >= c_.channels) return -1;
    return static_cast<ptrdiff_t>(((filter * c_.channels + channel) * c_.y.kernel + down) * c_.x.kernel + across);
  }

  // Bytes of scratch that Fill takes: a row of each channel that a quad reads, and zeros.
  size_t scratch_bytes() const { return (HWY_MAX(c_.channels, 4) + 1) * row_length(); }

  // The planes of an image.
  void Fill(const float* x, ByteScale scale, uint8_t* scratch, uint8_t* planes) const {
    const auto zero = static_cast<int>(scale.zero);
    const size_t length = row_length(), count = is_flat_ ? c_.channels : 4;
    std::memset(scratch, zero, scratch_bytes());
    const uint8_t* nothing = scratch + HWY_MAX(c_.channels, 4) * length;
    for (size_t row = 0; row < rows_; ++row) {
      const bool is_inside = row >= c_.y.pad && row - c_.y.pad < c_.y.input;
      for (size_t group = 0; group < groups_; ++group) {
        for (size_t channel = 0; is_inside && channel < count && (!is_flat_ || group == 0); ++channel) {
          const size_t from = is_flat_ ? channel : 4 * group + channel;
          if (from >= c_.channels) break;
          const float* numbers = x + (from * c_.y.input + row - c_.y.pad) * c_.x.input;
          QuantizeRow(numbers, c_.x.input, scale, scratch + channel * length + c_.x.pad);
        }
        for (size_t phase = 0; phase < starts_.size(); ++phase) {
          uint8_t* to = planes + ((phase * groups_ + group) * rows_ + row) * width_ * 4;
          if (!is_inside) {
            std::memset(to, zero, width_ * 4);
            continue;
          }
          const uint8_t* from[4];
          for (size_t i = 0; i < 4; ++i) {
            const size_t term = 4 * group + i, channel = is_flat_ ? term / c_.x.kernel : i;
            const size_t start = is_flat_ ? term % c_.x.kernel * c_.x.dilation : starts_[phase];
            const bool is_there = (is_flat_ ? channel : term) < c_.channels;
            from[i] = is_there ? scratch + channel * length + start : nothing;
          }
          Interleave(from, to);
        }
      }
    }
  }

 private:
  // Every place of a plane reads a byte of such a row, however far from the last result.
  size_t row_length() const { return width_ * c_.x.stride + c_.x.extent() + c_.x.pad + c_.x.input + 64; }

  void Interleave(const uint8_t* const from[4], uint8_t* to) const {
    const hn::CappedTag<uint8_t, 16> d;
    const size_t lanes = hn::Lanes(d), stride = c_.x.stride;
    size_t i = 0;
    if (stride == 1) {
      for (; i + lanes <= width_; i += lanes) {
        hn::StoreInterleaved4(hn::LoadU(d, from[0] + i), hn::LoadU(d, from[1] + i), hn::LoadU(d, from[2] + i),
                              hn::LoadU(d, from[3] + i), d, to + 4 * i);
      }
    }
    for (; i < width_; ++i) {
      for (size_t k = 0; k < 4; ++k) to[4 * i + k] = from[k][i * stride];
    }
  }

  Convolution c_;
  bool is_flat_;
  size_t groups_, rows_, width_;  // quads of a tap; rows and columns of a plane
  std::vector<size_t> starts_;    // of the phases that a stride splits columns into
  std::vector<size_t> offsets_;
};

// The results of an image: y[filters × rows × columns].
struct ImageResults {
  float* y;
  size_t columns, plane, filters;
  const float *scale, *bias;
};

// kVectors vectors of results of kFilters filters. `at` tells where each vector's quads and results lie.
struct VectorPlace {
  size_t source, target, count;
};

template <class Dot, size_t kFilters, size_t kVectors>
HWY_INLINE void ByteTile(const uint8_t* planes, const std::vector<size_t>& offsets, const int32_t* w,
                         const int32_t* start, const VectorPlace* at, size_t filter, const ImageResults& to) {
  const Int32Tag d;
  const Tag<float> df;
  Int32s sums[kFilters][kVectors];
  for (size_t f = 0; f < kFilters; ++f) {
    for (size_t v = 0; v < kVectors; ++v) sums[f][v] = hn::Set(d, start[f]);
  }
  const uint8_t* source[kVectors];
  for (size_t v = 0; v < kVectors; ++v) source[v] = planes + at[v].source;
  for (const size_t offset : offsets) {
    decltype(Dot::Left(hn::Zero(d))) left[kVectors];
    for (size_t v = 0; v < kVectors; ++v) {
      const auto bytes = hn::LoadU(Tag<uint8_t>(), source[v] + offset);
      left[v] = Dot::Left(hn::BitCast(d, bytes));
    }
    for (size_t f = 0; f < kFilters; ++f) {
      const auto right = Dot::Right(hn::Set(d, w[f]));
      for (size_t v = 0; v < kVectors; ++v) sums[f][v] = Dot::Add(sums[f][v], left[v], right);
    }
    w += kByteFilters;
  }
  for (size_t f = 0; f < kFilters && filter + f < to.filters; ++f) {
    const auto scale = hn::Set(df, to.scale[filter + f]), bias = hn::Set(df, to.bias[filter + f]);
    for (size_t v = 0; v < kVectors; ++v) {
      const auto y = Dequantized(sums[f][v], scale, bias);
      float* target = to.y + (filter + f) * to.plane + at[v].target;
      if (at[v].count == kInt32Lanes) {
        hn::StoreU(y, df, target);
      } else {
        StoreFirst(y, df, target, at[v].count);
      }
    }
  }
}

// The results of the filters of one block.
template <class Dot>
HWY_INLINE void ByteTiles(const QuadTerms& terms, const uint8_t* planes, const std::vector<VectorPlace>& places,
                          const int32_t* packed, size_t block, const ImageResults& to) {
#if HWY_TARGET <= HWY_AVX3
  constexpr size_t kFilters = kByteFilters, kVectors = sizeof(decltype(Dot::Left(hn::Zero(Int32Tag())))) > 64 ? 2 : 3;
#else
  constexpr size_t kFilters = kByteFilters / 2, kVectors = 2;
#endif
  const size_t filter = block * kByteFilters;
  const int32_t* w = packed + (terms.blocks() + block * terms.quads()) * kByteFilters;
  size_t i = 0;
  for (; i + kVectors <= places.size(); i += kVectors) {
    for (size_t f = 0; f < kByteFilters; f += kFilters) {
      ByteTile<Dot, kFilters, kVectors>(planes, terms.offsets(), w + f, packed + filter + f, &places[i], filter + f,
                                        to);
    }
  }
  for (; i < places.size(); ++i) {
    for (size_t f = 0; f < kByteFilters; f += kFilters) {
      ByteTile<Dot, kFilters, 1>(planes, terms.offsets(), w + f, packed + filter + f, &places[i], filter + f, to);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
