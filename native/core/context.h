#pragma once

#include "core/pool.h"

namespace blasnet {

// What is common to all kernel calls: the threads that they run on.
struct Context {
  Pool& pool;
};

}  // namespace blasnet
