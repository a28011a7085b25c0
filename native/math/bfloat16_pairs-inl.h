// Factors of products in bfloat16: float32 numbers, packed as pairs of neighbouring terms of a sum, 32 bits with the
// earlier term in the lower half, as the CPU's instructions take them.

#if defined(BLASNET_MATH_BFLOAT16_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BFLOAT16_PAIRS_INL_H_
#undef BLASNET_MATH_BFLOAT16_PAIRS_INL_H_
#else
#define BLASNET_MATH_BFLOAT16_PAIRS_INL_H_
#endif

#include "math/bfloat16-inl.h"
#include "math/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// A factor: element (i, k) is at data[i · row + k · col]; one of the strides is 1.
struct PairFactor {
  const float* data;
  size_t row, col;
};

// The numbers that sums are added to: row r begins at data + r · row, nothing where data is null. A descent takes the
// sums away from it, times a rate.
struct PairStart {
  const float* data = nullptr;
  size_t row = 0;
  bool descends = false;
  float rate = 0;
};

using PairTag = Tag<uint32_t>;
inline constexpr size_t kPairLanes = hn::MaxLanes(Tag<float>());
// Columns of a panel of a right factor, which lies as [panels][pairs][kPairColumns].
inline constexpr size_t kPairColumns = 32;

// How numbers are rounded: by arithmetic on their bits, on any CPU.
struct BitRounder {
  // Each lane's pair of an earlier and a later term
  template <class D>
  static HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> Pairs(D d, hn::Vec<D> earlier, hn::Vec<D> later) {
    const hn::RebindToUnsigned<D> du;
    const auto upper = hn::And(RoundedBits(d, later), hn::Set(du, 0xFFFF0000u));
    return hn::Or(hn::ShiftRight<16>(RoundedBits(d, earlier)), upper);
  }
  // to[lanes] = the numbers, one after the other
  template <class D>
  static HWY_INLINE void Store(D d, hn::Vec<D> v, uint16_t* to) {
    const hn::Rebind<uint16_t, D> half;
    // TruncateTo does the same; that of Highway 1.0.3 is wrong for vectors of 32 bytes where AVX-512 has VBMI.
    const auto bits = hn::BitCast(hn::RebindToSigned<D>(), hn::ShiftRight<16>(RoundedBits(d, v)));
    hn::StoreU(hn::DemoteTo(half, bits), half, to);
  }
};

#if BLASNET_CAN_BFLOAT16

// By the CPU's instructions, which take numbers below 1.2e-38 for 0, as those that multiply pairs do. Vectors that are
// not whole are rounded by arithmetic.
struct CpuRounder {
  template <class D>
  static HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> Pairs(D d, hn::Vec<D> earlier, hn::Vec<D> later) {
    if constexpr (hn::MaxLanes(D()) < kPairLanes) {
      return BitRounder::Pairs(d, earlier, later);
    } else {
      alignas(64) static constexpr uint16_t kTurns[] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                        8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
      const hn::RebindToUnsigned<D> du;
      const auto turns = hn::BitCast(du, hn::Load(Tag<uint16_t>(), kTurns));
      auto pairs = hn::Undefined(du);
      asm("vcvtne2ps2bf16 %[earlier], %[later], %[pairs]\n\tvpermw %[pairs], %[turns], %[pairs]"
          : [pairs] "=&v"(pairs.raw)
          : [earlier] "v"(earlier.raw), [later] "v"(later.raw), [turns] "v"(turns.raw));
      return pairs;
    }
  }
  template <class D>
  static HWY_INLINE void Store(D d, hn::Vec<D> v, uint16_t* to) {
    if constexpr (hn::MaxLanes(D()) < kPairLanes) {
      BitRounder::Store(d, v, to);
    } else {
      const hn::Rebind<uint16_t, D> half;
      auto numbers = hn::Undefined(half);
      asm("vcvtneps2bf16 %[v], %[numbers]" : [numbers] "=v"(numbers.raw) : [v] "v"(v.raw));
      hn::StoreU(numbers, half, to);
    }
  }
};

#endif  // BLASNET_CAN_BFLOAT16

// to[pairs][width_of_to] = pairs of the k rows of x, from which `width` columns are taken; zeros behind them
template <class Rounder>
HWY_INLINE void PackPairsOfRows(const float* x, size_t pitch, size_t k, size_t width, uint32_t* HWY_RESTRICT to,
                                size_t to_width) {
  const Tag<float> d;
  const PairTag du;
  for (size_t i = 0; i < k; i += 2, to += to_width) {
    const float* earlier = x + i * pitch;
    const float* later = earlier + pitch;
    const bool both = i + 1 < k;
    for (size_t j = 0; j < to_width; j += kPairLanes) {
      const size_t count = j < width ? HWY_MIN(kPairLanes, width - j) : 0;
      const auto load = [&](const float* from) {
        return count == kPairLanes ? hn::LoadU(d, from + j) : count == 0 ? hn::Zero(d) : LoadFirst(d, from + j, count);
      };
      const auto pairs = Rounder::Pairs(d, load(earlier), both ? load(later) : hn::Zero(d));
      if (to_width - j >= kPairLanes) {
        hn::StoreU(pairs, du, to + j);
      } else {
        StoreFirst(pairs, du, to + j, to_width - j);
      }
    }
  }
}

// to[(k + 1) / 2] = the k numbers of x in pairs
template <class Rounder>
HWY_INLINE void PackRow(const float* x, size_t k, uint32_t* HWY_RESTRICT to) {
  const Tag<float> d;
  uint16_t* numbers = reinterpret_cast<uint16_t*>(to);
  size_t i = 0;
  for (; i + kPairLanes <= k; i += kPairLanes) Rounder::Store(d, hn::LoadU(d, x + i), numbers + i);
  if (i == k) return;
  HWY_ALIGN uint16_t last[kPairLanes];
  Rounder::Store(d, LoadFirst(d, x + i, k - i), last);
  for (size_t r = 0; i + r < k; ++r) numbers[i + r] = last[r];
  if (k % 2 != 0) numbers[k] = 0;
}

// to[pairs][to_width] = pairs of the k numbers of `width` rows of x, which lie `pitch` apart; zeros behind them
template <class Rounder>
HWY_INLINE void PackPairsOfColumns(const float* x, size_t pitch, size_t k, size_t width, uint32_t* rows,
                                   uint32_t* HWY_RESTRICT to, size_t to_width) {
  const size_t pairs = (k + 1) / 2;
  for (size_t r = 0; r < to_width; ++r) {
    if (r < width) {
      PackRow<Rounder>(x + r * pitch, k, rows + r * pairs);
    } else {
      std::fill_n(rows + r * pairs, pairs, 0u);
    }
  }
  TransposeRows(reinterpret_cast<const float*>(rows), pairs, to_width, pairs, reinterpret_cast<float*>(to), to_width);
}

// `width` rows of a left factor, or columns of a right one, as pairs: element (i, term) is at data[i · across +
// term · along]. rows: memory for to_width × pairs, where it is needed.
template <class Rounder>
HWY_INLINE void PackPairs(const float* data, size_t across, size_t along, size_t k, size_t width, uint32_t* rows,
                          uint32_t* to, size_t to_width) {
  if (across == 1) {
    PackPairsOfRows<Rounder>(data, along, k, width, to, to_width);
  } else {
    PackPairsOfColumns<Rounder>(data, across, k, width, rows, to, to_width);
  }
}

// Stores the first `count` of some sums of a row, and what they begin with: the numbers at `at` of the start, if any.
HWY_INLINE void StoreSums(hn::Vec<Tag<float>> sum, const PairStart& start, size_t at, size_t count, float* to) {
  const Tag<float> d;
  const bool whole = count == kPairLanes;
  if (start.data != nullptr) {
    const auto before = whole ? hn::LoadU(d, start.data + at) : LoadFirst(d, start.data + at, count);
    sum = start.descends ? hn::NegMulAdd(hn::Set(d, start.rate), sum, before) : hn::Add(before, sum);
  }
  if (whole) {
    hn::StoreU(sum, d, to);
  } else {
    StoreFirst(sum, d, to, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
