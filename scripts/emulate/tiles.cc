// Products by tiles of AMX, against the same products by tiles that plain loops compute, on a CPU without a system.
// Every bit must be the same. Prints to the serial port.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "../scripts/emulate/tiles.cc"
#include "math/foreach_target.h"
//
#include "math/bfloat16_tiles-inl.h"
#include "math/quantized_tiles-inl.h"
#include "test/tile_model.h"

// Functions that compilers call by themselves, and that no C library has here.
extern "C" {
void* memset(void* to, int byte, size_t bytes) {
  void* at = to;
  asm volatile("rep stosb" : "+D"(at), "+c"(bytes) : "a"(byte) : "memory");
  return to;
}
void* memcpy(void* to, const void* from, size_t bytes) {
  void* at = to;
  asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(bytes)::"memory");
  return to;
}
[[noreturn]] void abort() {
  while (true) asm volatile("hlt");
}
}

namespace {

constexpr uint16_t kSerialPort = 0x3F8;
// Bochs ends where its name for that is written to this port.
constexpr uint16_t kEndPort = 0x8900;

void Write(uint16_t port, char letter) { asm volatile("outb %0, %1" ::"a"(letter), "Nd"(port)); }
// Until the serial port has room for a letter, or has sent all of them.
void AwaitSerialPort() {
  unsigned char status;
  do {
    asm volatile("inb %1, %0" : "=a"(status) : "Nd"(uint16_t{kSerialPort + 5}));
  } while ((status & 0x60) != 0x60);
}
void Print(const char* text) {
  for (; *text != 0; ++text) {
    AwaitSerialPort();
    Write(kSerialPort, *text);
  }
}
void Print(size_t number) {
  char digits[24] = {};
  char* at = digits + sizeof(digits) - 1;
  do {
    *--at = static_cast<char>('0' + number % 10);
  } while ((number /= 10) != 0);
  Print(at);
}

uint64_t state = 1;
uint32_t Random() {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<uint32_t>(state >> 32);
}

constexpr size_t kMost = 1 << 17;
float a[kMost], b[kMost], start[kMost], expected[kMost], received[kMost];
alignas(64) uint32_t left[kMost], right[kMost], rows[kMost];
alignas(64) int32_t weights[kMost];
uint8_t bytes[kMost];

bool IsSame(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (std::bit_cast<uint32_t>(expected[i]) != std::bit_cast<uint32_t>(received[i])) return false;
  }
  return true;
}

void Fill(float* numbers) {
  for (size_t i = 0; i < kMost; ++i) numbers[i] = static_cast<float>(static_cast<int32_t>(Random())) * 0x1p-31f;
}

}  // namespace

namespace blasnet::HWY_NAMESPACE {

namespace {

struct Form {
  size_t m, n, k;
  bool turn_a, turn_b;
  PairStart start;
};

template <class Tiles>
void MultiplyPairs(const Form& f, float* y) {
  using Blocks = TileBlocks<Tiles, BitRounder>;
  const size_t pairs = Blocks::PairsOf(f.k), packed = (f.k + 1) / 2;
  const size_t a_row = f.turn_a ? 1 : f.k, a_col = f.turn_a ? f.m : 1;
  const size_t b_row = f.turn_b ? 1 : f.n, b_col = f.turn_b ? f.k : 1;
  Blocks blocks;
  for (size_t j = 0; j < f.n; j += kPairColumns) {
    const size_t width = HWY_MIN(kPairColumns, f.n - j);
    PackPairs<BitRounder>(b + j * b_col, b_col, b_row, f.k, width, rows, right, kPairColumns);
    std::fill_n(right + packed * kPairColumns, (pairs - packed) * kPairColumns, 0u);
    for (size_t i = 0; i < f.m; i += Blocks::kRows) {
      const size_t count = HWY_MIN(Blocks::kRows, f.m - i);
      Blocks::PackLeft(a + i * a_row, a_row, a_col, f.k, count, rows, left);
      PairStart own = f.start;
      if (own.data != nullptr) own.data += i * own.row + j;
      blocks.Run(count, width, pairs, left, right, own, y + i * f.n + j, f.n);
    }
  }
}

size_t wrong = 0, products = 0;

void CheckPairs(const Form& f) {
  MultiplyPairs<testing::ModelTiles>(f, expected);
  MultiplyPairs<AmxTiles>(f, received);
  ++products;
  wrong += !IsSame(f.m * f.n);
}

void CheckAllPairs() {
  for (const size_t m : {1, 17, 32, 49}) {
    for (const size_t n : {1, 16, 33}) {
      for (const size_t k : {1, 31, 33, 96}) {
        for (const bool turn_a : {false, true}) {
          for (const bool turn_b : {false, true}) {
            CheckPairs({m, n, k, turn_a, turn_b, {}});
            CheckPairs({m, n, k, turn_a, turn_b, {start, n, turn_a, 0.25f}});
          }
        }
      }
    }
  }
}

// Numbers that the instruction treats apart: infinite ones, NaN, and those that are or become denormal.
void CheckPeculiarPairs() {
  const float numbers[] = {std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::quiet_NaN(),
                           1e-39f,
                           -1e-30f,
                           1e-30f,
                           -0.0f,
                           3e38f,
                           -3e38f};
  for (const float number : numbers) {
    a[40] = number;
    b[70] = number;
    CheckPairs({33, 40, 35, false, false, {}});
  }
}

template <class Tiles>
size_t MultiplyBytes(const ByteFactors& f, size_t m, size_t n, float* y) {
  ByteTiles<Tiles> tiles(f.runs);
  return tiles.Run(f, 0, m, 0, (n + kBytePanel - 1) / kBytePanel, {y, n, a, b});
}

void CheckAllBytes() {
  for (const size_t m : {16, 31, 32, 83}) {
    for (const size_t n : {1, 16, 17, 47}) {
      for (const auto& [count, quads] : {std::pair<size_t, size_t>{1, 1}, {1, 16}, {1, 33}, {3, 5}, {2, 35}}) {
        const size_t step = 4 * quads + 8;
        const ByteFactors factors{bytes, count * step, {count, quads, step}, weights, weights + kMost - 64};
        const size_t done = MultiplyBytes<testing::ModelTiles>(factors, m, n, expected);
        MultiplyBytes<AmxTiles>(factors, m, n, received);
        ++products;
        wrong += !IsSame(done * n);
      }
    }
  }
}

void Report(const char* what) {
  Print(what);
  Print(": ");
  Print(products);
  Print(" products, ");
  Print(wrong);
  Print(" with other bits\n");
  products = 0;
}

}  // namespace

void CheckTiles() {
  for (float* numbers : {a, b, start}) Fill(numbers);
  for (size_t i = 0; i < kMost; ++i) bytes[i] = static_cast<uint8_t>(Random() >> 24);
  // Bochs 3.0 takes weights below 0 for bytes from 128 to 255, where Intel's manual has numbers with a sign.
  for (size_t i = 0; i < kMost; ++i) weights[i] = static_cast<int32_t>(Random() & 0x7F7F7F7Fu);
  CheckAllBytes();
  Report("bytes");
  CheckAllPairs();
  Report("bfloat16");
  CheckPeculiarPairs();
  Report("bfloat16, infinite, NaN and denormal");
  Print(wrong == 0 ? "PASSED\n" : "FAILED\n");
}

}  // namespace blasnet::HWY_NAMESPACE

extern "C" void Main() {
  Write(kSerialPort + 3, 3);  // letters of 8 bits
  blasnet::HWY_NAMESPACE::CheckTiles();
  AwaitSerialPort();
  for (const char letter : {'S', 'h', 'u', 't', 'd', 'o', 'w', 'n'}) Write(kEndPort, letter);
}
