#include "data.h"

#include <bit>
#include <fstream>
#include <stdexcept>

namespace handwritten {

static_assert(std::endian::native == std::endian::little, "files hold little-endian floats and are read as they are");

namespace {

void Require(bool holds, const std::string& expected, size_t received) {
  if (!holds) throw std::runtime_error("Expected " + expected + " but received " + std::to_string(received));
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
  Buffer values = ReadFloats(path);
  Require(values.size() == net.Parameters(), std::to_string(net.Parameters()) + " floats in " + path, values.size());
  return values;
}

}  // namespace handwritten
