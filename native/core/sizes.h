#pragma once

// Sizes that several parts must agree on: kernels, the order in which C++ runs calls, and the plan compiler in
// TypeScript (ts/plan/sizes.ts), to which the addon exports them by name.

#include <cstddef>
#include <utility>

namespace blasnet::sizes {

// Tensors start at multiples of this many bytes; the bytes between two tensors are padding.
inline constexpr size_t kAlignment = 64;
// Columns of a panel of weights (layers/weight_panels-inl.h).
inline constexpr size_t kPanelWidth = 32;
// A product with more multiplications than this cuts itself into tiles by columns, so that each core keeps its part of
// the weights; still larger ones may be left to a BLAS, whose bits depend on the rows of a call.
inline constexpr size_t kLargeProduct = 1 << 22;
// Without AVX-512, products of more multiplications are left to a BLAS (math/matmul-inl.h).
inline constexpr size_t kBlockedProduct = 1 << 23;
// With fewer rows than kFewRows the right factor is read straight from memory; if it has more than kLargeFactor
// numbers, beyond the second-level cache, a BLAS does that better.
inline constexpr size_t kFewRows = 32;
inline constexpr size_t kLargeFactor = 1 << 17;
// Calls of fewer numbers than this do not cut themselves into tiles (math/simd-inl.h, math/matmul-inl.h), so that
// another thread can have the whole call; larger ones may.
inline constexpr size_t kSmallCall = 1 << 15;

inline constexpr std::pair<const char*, size_t> kNames[] = {
    {"alignment", kAlignment},           {"panelWidth", kPanelWidth}, {"largeProduct", kLargeProduct},
    {"blockedProduct", kBlockedProduct}, {"fewRows", kFewRows},       {"largeFactor", kLargeFactor},
    {"smallCall", kSmallCall},
};

}  // namespace blasnet::sizes
