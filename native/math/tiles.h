#pragma once

// Tiles: the eight registers of AMX, of up to 16 rows of 64 bytes, and the instructions that multiply them. Kernels
// take them as a type, so that tests can run the same kernels on tiles that are computed by plain loops.

#include <cstddef>
#include <cstdint>

// Asked for by name in assembly, since a function that is compiled for further instructions could not be inlined. Other
// systems than Linux have their own ways to be asked for the registers.
#if defined(__linux__) && defined(__x86_64__) && ((defined(__clang__) && __clang_major__ >= 12) || __GNUC__ >= 11)
#define BLASNET_CAN_AMX 1
#else
#define BLASNET_CAN_AMX 0
#endif

namespace blasnet {

inline constexpr size_t kTileRows = 16, kTileRowBytes = 64;

// Rows and bytes of a row of each tile, as the instruction ldtilecfg reads them.
struct alignas(64) TileShapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};

  constexpr void Set(size_t tile, size_t tile_rows, size_t bytes) {
    rows[tile] = static_cast<uint8_t>(tile_rows);
    row_bytes[tile] = static_cast<uint16_t>(bytes);
  }
};
static_assert(sizeof(TileShapes) == 64);

#if BLASNET_CAN_AMX

// This thread's tiles while it lives. The system saves what they hold whenever it takes the thread from its core, until
// they are given back.
class AmxTiles {
 public:
  explicit AmxTiles(const TileShapes& shapes) { asm volatile("ldtilecfg %0" ::"m"(shapes)); }
  ~AmxTiles() { asm volatile("tilerelease"); }
  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;

  template <int kTile>
  void Clear() {
    asm volatile("tilezero %%tmm%c0" ::"i"(kTile));
  }
  // Rows lie `pitch` bytes apart.
  template <int kTile>
  void Load(const void* from, size_t pitch) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(pitch), "i"(kTile) : "memory");
  }
  template <int kTile>
  void Store(void* to, size_t pitch) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(pitch), "i"(kTile) : "memory");
  }
  // Adds left · right, rows of quads of bytes from 0 to 255 times quads of rows of those from −128 to 127, to sums in
  // int32.
  template <int kSum, int kLeft, int kRight>
  void AddQuads() {
    asm volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSum), "i"(kLeft), "i"(kRight));
  }
  // Adds left · right, rows of pairs of bfloat16 numbers times pairs of rows, to sums in float32.
  template <int kSum, int kLeft, int kRight>
  void AddPairs() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSum), "i"(kLeft), "i"(kRight));
  }
};

#endif  // BLASNET_CAN_AMX

// Whether this process may multiply tiles of bfloat16 numbers, or of bytes: the CPU and this build have the
// instructions, the system has given leave, for which it is asked once, and BLASNET_AMX is not 0.
bool CanUsePairTiles();
bool CanUseByteTiles();

}  // namespace blasnet
