#pragma once

#include "core/pool.h"

namespace blasnet {

// What every kernel may use besides its arguments.
struct Context {
  Pool& pool;
};

}  // namespace blasnet
