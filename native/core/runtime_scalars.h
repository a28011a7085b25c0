#pragma once

#include <cstddef>
#include <utility>

#include "core/check.h"

namespace blasnet {

// The block of doubles that changes from step to step while a plan stays the same. The replay loop writes the first
// ones, kernels the loss; TypeScript may append more (a learning rate, an optimizer's constants).
namespace scalars {

enum RuntimeScalar : size_t {
  kIteration,  // steps finished before this one, over all epochs
  kEpoch,      // epochs finished before this one
  kFirstRow,   // index, within the epoch's order, of the batch's first row
  // Sums since they were last set to zero: the mean loss is their quotient.
  kRows,
  kLossSum,    // Σ over rows of the loss
  kBatchLoss,  // mean loss of the newest batch alone
  kCount,
};

inline constexpr std::pair<const char*, RuntimeScalar> kNames[] = {
    {"iteration", kIteration}, {"epoch", kEpoch},         {"firstRow", kFirstRow}, {"rows", kRows},
    {"lossSum", kLossSum},     {"batchLoss", kBatchLoss}, {"count", kCount},
};

// Throws InvalidArgument if a block is too short to hold them.
inline void CheckCount(size_t count) { Check(count >= kCount, "Expected a block that holds every scalar"); }

}  // namespace scalars
}  // namespace blasnet
