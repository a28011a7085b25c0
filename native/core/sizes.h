#pragma once

// Sizes that several parts must agree on, the same on every machine: kernels, the order in which C++ runs calls, and
// the plan compiler in TypeScript (ts/plan/sizes.ts), to which the addon exports them by name. Sizes that follow from
// the machine are in rules.h.

#include <cstddef>
#include <utility>

namespace blasnet::sizes {

// Tensors start at multiples of this many bytes; the bytes between two tensors are padding.
inline constexpr size_t kAlignment = 64;
// Columns of a panel of weights (layers/weight_panels-inl.h).
inline constexpr size_t kPanelWidth = 32;
// Terms of a product that are summed in one go. The panel of so many rows of B comes from the first-level cache or, as
// fast, from the second: a register block takes half of what that delivers.
inline constexpr size_t kPanelDepth = 256;
// Without AVX-512, products of more multiplications are left to a BLAS (math/matmul-inl.h).
inline constexpr size_t kBlockedProduct = 1 << 23;
// With fewer rows the right factor is read straight from memory, if it is no large one (rules.h).
inline constexpr size_t kFewRows = 32;
// Calls of fewer numbers than this do not cut themselves into tiles (math/simd-inl.h, math/matmul-inl.h), so that
// another thread can have the whole call; larger ones may.
inline constexpr size_t kSmallCall = 1 << 15;

// Those that the plan compiler needs.
inline constexpr std::pair<const char*, size_t> kNames[] = {
    {"alignment", kAlignment},           {"panelWidth", kPanelWidth}, {"panelDepth", kPanelDepth},
    {"blockedProduct", kBlockedProduct}, {"fewRows", kFewRows},       {"smallCall", kSmallCall},
};

}  // namespace blasnet::sizes
