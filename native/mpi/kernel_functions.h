#pragma once

#include "core/exchange.h"

namespace blasnet::mpi {

// The functions for kernels, which wait for the engine's thread. The first call sets the ranks.
Exchange& Functions(int rank, int size);

}  // namespace blasnet::mpi
