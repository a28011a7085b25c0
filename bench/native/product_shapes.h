#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/** The arguments, the clock and the output of the programs that time products of matrices. */
namespace handwritten {

/** c[m×n] = op(a)[m×k] · op(b)[k×n]; what is transposed lies in memory with rows and columns exchanged. */
struct ProductShape {
  size_t m, n, k;
  bool a_transposed, b_transposed;

  size_t ARow() const { return a_transposed ? m : k; }
  size_t BRow() const { return b_transposed ? k : n; }
};

/** A shape of words such as `nt:64x128x784`: how the factors lie, and m, n and k. */
inline ProductShape ParseProduct(std::string_view word) {
  const auto fail = [&] { throw std::runtime_error("Expected nn:64x128x784 but received " + std::string(word)); };
  if (word.size() < 4 || word[2] != ':') fail();
  size_t sizes[3] = {};
  const char* at = word.data() + 3;
  const char* const end = word.data() + word.size();
  for (size_t i = 0; i < 3; ++i) {
    const auto [next, error] = std::from_chars(at, end, sizes[i]);
    if (error != std::errc() || sizes[i] == 0 || (i < 2 && (next == end || *next != 'x'))) fail();
    at = next + 1;
  }
  return {sizes[0], sizes[1], sizes[2], word[0] == 't', word[1] == 't'};
}

/** Microseconds of a call: the least of blocks of calls that take so many seconds together, since noise only adds. */
template <typename Call>
double LeastMicroseconds(double seconds, const Call& call) {
  using Clock = std::chrono::steady_clock;
  const auto taken = [&](size_t calls) {
    const auto start = Clock::now();
    for (size_t i = 0; i < calls; ++i) call();
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  size_t block = 1;
  while (taken(block) < 1e-3) block *= 2;
  double least = 1e300;
  for (double total = 0; total < seconds;) {
    const double one = taken(block);
    least = std::min(least, one / static_cast<double>(block));
    total += one;
  }
  return least * 1e6;
}

/** Numbers from −1 to 1, the same in each run. */
inline void FillFactor(float* numbers, size_t count) {
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<float>(i * 7919 % 2001) / 1000.0F - 1.0F;
}

/** Times each of the shapes and prints {"name": …, "microseconds": […]}. time(shape) → µs */
template <typename Time>
void PrintProducts(const std::string& name, std::span<char*> words, const Time& time) {
  std::vector<ProductShape> shapes;
  for (const char* word : words) shapes.push_back(ParseProduct(word));
  std::printf("{\"name\":\"%s\",\"microseconds\":[", name.c_str());
  for (size_t i = 0; i < shapes.size(); ++i) std::printf("%s%.6g", i > 0 ? "," : "", time(shapes[i]));
  std::printf("]}\n");
}

}  // namespace handwritten
