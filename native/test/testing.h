#pragma once

// Helpers for tests of kernels: tensors between guard zones, calls through the registry, errors in units of their
// tolerance.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/plan.h"
#include "core/runtime_scalars.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace blasnet::testing {

// Lengths around the vectors' and blocks' ends.
inline constexpr size_t kOddSizes[] = {1, 3, 17, 64, 65};

template <class T>
inline constexpr long double kEpsilon = std::numeric_limits<T>::epsilon();

template <class T>
inline constexpr T kNaN = std::numeric_limits<T>::quiet_NaN();

template <class T>
inline constexpr T kInfinity = std::numeric_limits<T>::infinity();

// Numbers at an address that is aligned to their type only, between two guard zones of known bytes. They start as NaN,
// so that tests notice a kernel that adds to old values or leaves numbers unwritten.
template <class T>
class Tensor {
 public:
  explicit Tensor(std::vector<size_t> shape) : shape_(std::move(shape)) {
    for (const size_t dimension : shape_) size_ *= dimension;
    memory_.assign(2 * kGuard + kAlign + sizeof(T) + bytes(), kCanary);
    auto address = reinterpret_cast<uintptr_t>(memory_.data()) + kGuard;
    address = (address + kAlign - 1) / kAlign * kAlign + sizeof(T);
    data_ = reinterpret_cast<T*>(address);
    std::fill_n(data_, size_, std::is_floating_point_v<T> ? kNaN<T> : T(77));
    Poison();
  }
  Tensor(std::vector<size_t> shape, const std::vector<T>& values) : Tensor(std::move(shape)) {
    REQUIRE(values.size() == size_);
    std::copy(values.begin(), values.end(), data_);
  }
  ~Tensor() { Unpoison(); }
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;
  Tensor& operator=(T value) {
    std::fill_n(data_, size_, value);
    return *this;
  }

  const std::vector<size_t>& shape() const { return shape_; }
  size_t size() const { return size_; }
  size_t bytes() const { return size_ * sizeof(T); }
  T* data() const { return data_; }
  T& operator[](size_t i) const { return data_[i]; }
  std::vector<T> values() const { return {data_, data_ + size_}; }

  // Whether the bytes around the numbers are as they were.
  bool Intact() const {
    Unpoison();
    const auto* begin = reinterpret_cast<const unsigned char*>(data_);
    const auto is_canary = [](unsigned char byte) { return byte == kCanary; };
    const bool intact = std::all_of(memory_.data(), begin, is_canary) &&
                        std::all_of(begin + bytes(), memory_.data() + memory_.size(), is_canary);
    Poison();
    return intact;
  }

 private:
  static constexpr size_t kGuard = 256, kAlign = 64;
  static constexpr unsigned char kCanary = 0xA5;

  // Under AddressSanitizer the zones may not be read either.
  void Poison() const {
    ASAN_POISON_MEMORY_REGION(memory_.data(), reinterpret_cast<const unsigned char*>(data_) - memory_.data());
    ASAN_POISON_MEMORY_REGION(reinterpret_cast<const unsigned char*>(data_) + bytes(), kGuard);
  }
  void Unpoison() const { ASAN_UNPOISON_MEMORY_REGION(memory_.data(), memory_.size()); }

  std::vector<size_t> shape_;
  size_t size_ = 1;
  std::vector<unsigned char> memory_;
  T* data_;
};

// Names of all kernels that tests have called. main fails for those that no test has called.
inline std::set<std::string>& CalledKernels() {
  static std::set<std::string> called;
  return called;
}

// Two threads, shared by the tests that do not care.
inline Context& SharedContext() {
  static Pool pool(2);
  static Context context{pool};
  return context;
}

// One call of a kernel by its name and its parameters' names, as a plan of its own. T selects the variant.
template <class T>
class Call {
 public:
  explicit Call(const std::string& kernel) : kernel_(Kernels().Find(kernel)), given_(kernel_.parameters.size()) {
    CalledKernels().insert(kernel);
  }

  template <class U>
  Call& With(const char* parameter, Tensor<U>& tensor) {
    Given& given = given_[IndexOf(parameter)];
    given.operand.buffer = 0;  // any but kConstant: set by Run
    given.operand.shape.rank = static_cast<uint8_t>(tensor.shape().size());
    std::copy(tensor.shape().begin(), tensor.shape().end(), given.operand.shape.shape);
    given.operand.shape.type = detail::DataTypeOf<U>();
    given.memory = {reinterpret_cast<unsigned char*>(tensor.data()), tensor.bytes()};
    given.intact = [&tensor] { return tensor.Intact(); };
    return *this;
  }
  Call& With(const char* parameter, double scalar) {
    given_[IndexOf(parameter)].operand.constant = scalar;
    return *this;
  }

  // Runs the kernel, rethrows its exceptions, and checks that only outputs were written.
  void Run(Context& context = SharedContext()) {
    Plan plan(given_.size());
    std::vector<Operand> operands;
    for (size_t i = 0; i < given_.size(); ++i) {
      operands.push_back(given_[i].operand);
      if (given_[i].intact) operands.back().buffer = i;
    }
    plan.Add(kernel_, std::is_same_v<T, double>, operands);
    std::vector<std::vector<unsigned char>> before;
    for (size_t i = 0; i < given_.size(); ++i) {
      const Buffer& memory = given_[i].memory;
      plan.Bind(i, memory);
      before.emplace_back(memory.data, memory.data + memory.bytes);
    }
    std::exception_ptr error;
    try {
      plan.Run(context);
    } catch (...) {
      error = std::current_exception();
    }
    for (size_t i = 0; i < given_.size(); ++i) {
      if (!given_[i].intact) continue;
      INFO(kernel_.name << "'s " << kernel_.parameters[i].name);
      CHECK(given_[i].intact());
      if (kernel_.parameters[i].is_output) continue;
      CHECK(std::equal(before[i].begin(), before[i].end(), given_[i].memory.data));
    }
    if (error) std::rethrow_exception(error);
  }

 private:
  struct Given {
    Operand operand;
    Buffer memory;
    std::function<bool()> intact;
  };

  size_t IndexOf(const std::string& parameter) const {
    for (size_t i = 0; i < kernel_.parameters.size(); ++i) {
      if (kernel_.parameters[i].name == parameter) return i;
    }
    FAIL(kernel_.name << " has no parameter " << parameter);
    return 0;
  }

  const Kernel& kernel_;
  std::vector<Given> given_;
};

// The largest error so far, in units of its tolerance; infinite after an unexpected NaN.
class Worst {
 public:
  void Add(long double received, long double expected, long double tolerance) {
    const long double error = received == expected ? 0 : std::abs(received - expected) / tolerance;
    if (!(error <= ratio_)) ratio_ = std::isnan(error) ? kInfinity<double> : static_cast<double>(error);
  }
  double ratio() const { return ratio_; }

 private:
  double ratio_ = 0;
};

// Numbers that are the same in every run.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : random_(seed) {}
  double Uniform(double low, double high) { return low + (high - low) * std::ldexp(double(random_() >> 11), -53); }
  size_t Below(size_t end) { return random_() % end; }

  template <class T>
  void Fill(Tensor<T>& tensor, double low = -1, double high = 1) {
    for (size_t i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<T>(Uniform(low, high));
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace blasnet::testing
