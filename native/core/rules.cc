#include "core/rules.h"

#include <algorithm>

#include "core/machine.h"
#include "core/sizes.h"

namespace blasnet {

namespace {

constexpr size_t kKilobyte = 1024;

// One core's share of a cache, between bounds: virtual machines report caches that they share with others, or none.
size_t ShareOf(const Cache& cache, const Cache& l1, size_t usual, size_t least, size_t most) {
  if (cache.bytes == 0) return usual;
  const size_t cores = std::max<size_t>(1, cache.shared_by / std::max<size_t>(1, l1.shared_by));
  return std::clamp(cache.bytes / cores, least, most);
}

}  // namespace

Rules RulesFor(const Machine& machine) {
  const size_t l2 = ShareOf(machine.l2, machine.l1, 512 * kKilobyte, 256 * kKilobyte, 2048 * kKilobyte);
  Rules rules{};
  rules.near_bytes = l2 / 2;
  // A quarter of these bytes as float32, kPanelDepth terms of each row; whole register blocks.
  rules.part_rows = rules.near_bytes / 4 / (sizes::kPanelDepth * sizeof(float)) / 32 * 32;
  rules.large_factor = std::min<size_t>(512 * kKilobyte, l2 / 2) / sizeof(float);
  rules.cached_matrix = std::min<size_t>(1024 * kKilobyte, l2);
  // Vectors of 128 bits take several times as long.
  rules.tile_product = machine.vector_bytes >= 32 ? 1 << 21 : 1 << 20;
  return rules;
}

const Rules kRules = RulesFor(ThisMachine());

}  // namespace blasnet
