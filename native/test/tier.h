#pragma once

// `npm test` without --all sets BLASNET_TESTS=quick: long sweeps then take a part of their cases.

#include <cstdlib>
#include <string_view>

namespace blasnet::testing {

inline bool IsQuick() {
  const char* tier = std::getenv("BLASNET_TESTS");
  return tier != nullptr && std::string_view(tier) == "quick";
}

}  // namespace blasnet::testing
