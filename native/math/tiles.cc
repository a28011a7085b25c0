#include "math/tiles.h"

#include <cstdlib>
#include <string_view>

#include "core/machine.h"

#if BLASNET_CAN_AMX
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace blasnet {

namespace {

bool IsSwitchedOff() {
  const char* value = std::getenv("BLASNET_AMX");
  return value != nullptr && std::string_view(value) == "0";
}

// Linux makes room for the tiles in a thread's state only for processes that ask. Threads share the answer.
bool AskForTiles() {
#if BLASNET_CAN_AMX && defined(SYS_arch_prctl)
  constexpr long kRequestState = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestState, kTileData) == 0;
#else
  return false;
#endif
}

bool MayUseTiles() {
  static const bool may = !IsSwitchedOff() && AskForTiles();
  return may;
}

}  // namespace

bool CanUsePairTiles() { return ThisMachine().amx_bf16 && MayUseTiles(); }

bool CanUseByteTiles() { return ThisMachine().amx_int8 && MayUseTiles(); }

}  // namespace blasnet
