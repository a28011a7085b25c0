#pragma once

#include "core/pool.h"

namespace blasnet {

// The state that all kernel calls share: the threads that they run on.
struct Context {
  Pool& pool;
};

}  // namespace blasnet
