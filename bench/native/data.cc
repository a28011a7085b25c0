#include "data.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <stdexcept>

namespace handwritten {

static_assert(std::endian::native == std::endian::little, "files hold little-endian floats and are read as they are");

namespace {

/** Knuth's MMIX constants; the same numbers on every machine. */
class LinearCongruential {
 public:
  explicit LinearCongruential(uint64_t seed) : state_(seed) {}
  uint32_t Next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<uint32_t>(state_ >> 33U);
  }
  float Uniform() { return static_cast<float>(Next() >> 7U) * 0x1p-24F; }  // [0, 1)

 private:
  uint64_t state_;
};

void Require(bool holds, const std::string& expected, size_t received) {
  if (!holds) throw std::runtime_error("Expected " + expected + " but received " + std::to_string(received));
}

Data MakeUp(const NetSpec& net) {
  LinearCongruential random(1);
  Data data{Buffer(net.generated_rows * net.Inputs()), Buffer(net.generated_rows * net.Outputs()), net.generated_rows};
  for (size_t i = 0; i < data.x.size(); ++i) data.x[i] = random.Uniform();
  for (size_t r = 0; r < data.rows; ++r) {
    if (net.loss == Loss::kCrossEntropy) {
      data.y[r * net.Outputs() + random.Next() % net.Outputs()] = 1.0F;
    } else {
      for (size_t c = 0; c < net.Outputs(); ++c) data.y[r * net.Outputs() + c] = random.Uniform();
    }
  }
  return data;
}

}  // namespace

Buffer ReadFloats(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw std::runtime_error("Expected a readable file but received " + path);
  const auto bytes = static_cast<size_t>(file.tellg());
  Require(bytes % sizeof(float) == 0, "whole float32 values in " + path, bytes);
  Buffer values(bytes / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(bytes));
  if (!file) throw std::runtime_error("Expected to read all of " + path);
  return values;
}

void WriteFloats(const std::string& path, const Buffer& values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
  file.close();
  if (!file) throw std::runtime_error("Expected a writable file but received " + path);
}

Data LoadData(const NetSpec& net, const std::string& x_path, const std::string& y_path) {
  if (x_path.empty() != y_path.empty()) throw std::runtime_error("Expected --x and --y together but received one");
  if (x_path.empty()) return MakeUp(net);
  Data data{ReadFloats(x_path), ReadFloats(y_path), 0};
  data.rows = data.x.size() / net.Inputs();
  const std::string rows = std::to_string(data.rows);
  Require(data.x.size() == data.rows * net.Inputs(), "rows of " + std::to_string(net.Inputs()) + " floats in " + x_path,
          data.x.size());
  Require(data.y.size() == data.rows * net.Outputs(),
          rows + " rows of " + std::to_string(net.Outputs()) + " floats in " + y_path, data.y.size());
  Require(data.rows >= net.batch, "at least " + std::to_string(net.batch) + " rows in " + x_path, data.rows);
  return data;
}

Buffer LoadParameters(const NetSpec& net, const std::string& path) {
  if (!path.empty()) {
    Buffer values = ReadFloats(path);
    Require(values.size() == net.Parameters(), std::to_string(net.Parameters()) + " floats in " + path, values.size());
    return values;
  }
  LinearCongruential random(2);
  Buffer values(net.Parameters());
  size_t next = 0;
  for (size_t i = 0; i < net.Layers(); ++i) {
    const float limit = std::sqrt(6.0F / static_cast<float>(net.widths[i]));
    const size_t weights = net.widths[i] * net.widths[i + 1];
    for (size_t k = 0; k < weights; ++k) values[next + k] = (2.0F * random.Uniform() - 1.0F) * limit;
    next += weights + net.widths[i + 1];
  }
  return values;
}

}  // namespace handwritten
