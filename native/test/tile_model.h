#pragma once

// Tiles that plain loops compute, with the bits that Intel's manual gives: for CPUs that have none.

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "math/tiles.h"

namespace blasnet::testing {

class ModelTiles {
 public:
  explicit ModelTiles(const TileShapes& shapes) : shapes_(shapes) {}

  template <int kTile>
  void Clear() {
    std::memset(tiles_[kTile], 0, sizeof(tiles_[kTile]));
  }
  template <int kTile>
  void Load(const void* from, size_t pitch) {
    Clear<kTile>();
    for (size_t r = 0; r < shapes_.rows[kTile]; ++r) {
      std::memcpy(tiles_[kTile][r], static_cast<const char*>(from) + r * pitch, shapes_.row_bytes[kTile]);
    }
  }
  template <int kTile>
  void Store(void* to, size_t pitch) {
    for (size_t r = 0; r < shapes_.rows[kTile]; ++r) {
      std::memcpy(static_cast<char*>(to) + r * pitch, tiles_[kTile][r], shapes_.row_bytes[kTile]);
    }
  }
  template <int kSum, int kLeft, int kRight>
  void AddPairs() {
    CheckShapes<kSum, kLeft, kRight>();
    const Pairs left(tiles_[kLeft]), right(tiles_[kRight]);
    for (size_t m = 0; m < shapes_.rows[kSum]; ++m) {
      float earlier[kColumns] = {}, later[kColumns] = {}, sums[kColumns];
      for (size_t k = 0; k < shapes_.rows[kRight]; ++k) {
        for (size_t n = 0; n < kColumns; ++n) {
          earlier[n] = Flushed(left.earlier[m][k] * right.earlier[k][n] + earlier[n]);
          later[n] = Flushed(left.later[m][k] * right.later[k][n] + later[n]);
        }
      }
      std::memcpy(sums, tiles_[kSum][m], sizeof(sums));
      for (size_t n = 0; n < kColumns; ++n) sums[n] = Flushed(Flushed(sums[n]) + Flushed(earlier[n] + later[n]));
      std::memcpy(tiles_[kSum][m], sums, shapes_.row_bytes[kSum]);
    }
  }
  template <int kSum, int kLeft, int kRight>
  void AddQuads() {
    CheckShapes<kSum, kLeft, kRight>();
    for (size_t m = 0; m < shapes_.rows[kSum]; ++m) {
      for (size_t n = 0; n < shapes_.row_bytes[kSum] / sizeof(int32_t); ++n) {
        uint32_t sum = Get<uint32_t>(kSum, m, n);
        for (size_t k = 0; k < 4 * size_t{shapes_.rows[kRight]}; ++k) {
          const int32_t left = tiles_[kLeft][m][k], right = Get<int8_t>(kRight, k / 4, 4 * n + k % 4);
          sum += static_cast<uint32_t>(left * right);
        }
        Set(kSum, m, n, sum);
      }
    }
  }

 private:
  static constexpr size_t kColumns = kTileRowBytes / sizeof(float);
  using Bytes = unsigned char[kTileRows][kTileRowBytes];

  // The instructions take denormal numbers for 0 and make none.
  static float Flushed(float x) { return std::abs(x) < std::numeric_limits<float>::min() ? std::copysign(0.0f, x) : x; }

  // A tile's numbers as floats: products of two are exact, so that it makes no difference that the instruction rounds a
  // product and a sum at once.
  struct Pairs {
    explicit Pairs(const Bytes& tile) {
      for (size_t r = 0; r < kTileRows; ++r) {
        uint32_t pairs[kColumns];
        std::memcpy(pairs, tile[r], sizeof(pairs));
        for (size_t i = 0; i < kColumns; ++i) {
          earlier[r][i] = Flushed(std::bit_cast<float>(pairs[i] << 16));
          later[r][i] = Flushed(std::bit_cast<float>(pairs[i] & 0xFFFF0000u));
        }
      }
    }
    float earlier[kTileRows][kColumns], later[kTileRows][kColumns];
  };

  // Other shapes end the process on a CPU with tiles, too.
  template <int kSum, int kLeft, int kRight>
  void CheckShapes() const {
    const bool fit = shapes_.rows[kSum] == shapes_.rows[kLeft] &&
                     shapes_.row_bytes[kSum] == shapes_.row_bytes[kRight] &&
                     shapes_.row_bytes[kLeft] == 4 * shapes_.rows[kRight];
    if (!fit) std::abort();
  }

  template <class T>
  T Get(size_t tile, size_t row, size_t at) const {
    T value;
    std::memcpy(&value, tiles_[tile][row] + at * sizeof(T), sizeof(T));
    return value;
  }
  template <class T>
  void Set(size_t tile, size_t row, size_t at, T value) {
    std::memcpy(tiles_[tile][row] + at * sizeof(T), &value, sizeof(T));
  }

  const TileShapes shapes_;
  Bytes tiles_[8] = {};
};

}  // namespace blasnet::testing
