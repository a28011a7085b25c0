#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace handwritten {

/** Zeroed floats at a 64-byte aligned address, where the library keeps its own. */
class Buffer {
 public:
  explicit Buffer(size_t count) : count_(count) {
    const size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
    data_.reset(static_cast<float*>(std::aligned_alloc(64, bytes == 0 ? 64 : bytes)));
    if (data_ == nullptr) throw std::bad_alloc();
    for (size_t i = 0; i < count; ++i) data_[i] = 0.0F;
  }

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  size_t size() const { return count_; }
  float& operator[](size_t i) { return data_[i]; }
  float operator[](size_t i) const { return data_[i]; }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  size_t count_;
  std::unique_ptr<float[], Free> data_;
};

}  // namespace handwritten
