#pragma once

#include <cstddef>
#include <cstdint>

namespace blasnet {

enum class DataType : uint8_t { kFloat32, kFloat64, kUint8, kInt32 };

inline constexpr size_t SizeOf(DataType type) {
  switch (type) {
    case DataType::kFloat32:
    case DataType::kInt32:
      return 4;
    case DataType::kFloat64:
      return 8;
    case DataType::kUint8:
      return 1;
  }
  return 0;
}

inline constexpr const char* NameOf(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return "float32";
    case DataType::kFloat64:
      return "float64";
    case DataType::kUint8:
      return "uint8";
    case DataType::kInt32:
      return "int32";
  }
  return "?";
}

inline constexpr size_t kMaxRank = 8;

// One argument of a recorded call before it is typed: a tensor, or a scalar (a double that lies in the plan's
// constants or in the scalar block, rank 0).
struct Argument {
  void* data = nullptr;
  size_t shape[kMaxRank] = {};
  uint8_t rank = 0;
  DataType type = DataType::kFloat64;

  size_t rows() const { return rank == 0 ? 1 : shape[0]; }
  size_t row_size() const {
    size_t product = 1;
    for (size_t i = 1; i < rank; ++i) product *= shape[i];
    return product;
  }
  size_t size() const { return rows() * row_size(); }
};

// The types of kernel arguments. All are row-major and contiguous. T is const if the kernel only reads.

// Any tensor as a flat run of numbers.
template <class T>
struct Vector {
  T* data;
  size_t size;
  T& operator[](size_t i) const { return data[i]; }
};

// rows × cols: a tensor of higher rank is seen as its rows, each flattened.
template <class T>
struct Matrix {
  T* data;
  size_t rows, cols;
  T* row(size_t i) const { return data + i * cols; }
  size_t size() const { return rows * cols; }
};

// Any tensor with its shape, which lies in the call's argument: for kernels that broadcast or go by axes.
template <class T>
struct Array {
  T* data;
  const size_t* shape;
  size_t rank;
  size_t size() const {
    size_t product = 1;
    for (size_t i = 0; i < rank; ++i) product *= shape[i];
    return product;
  }
};

}  // namespace blasnet
