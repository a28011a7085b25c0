#pragma once

#include <string>

#include "buffer.h"
#include "net_spec.h"

namespace handwritten {

struct Data {
  Buffer x;  // [rows×inputs]
  Buffer y;  // [rows×outputs]
  size_t rows;
};

/** Raw little-endian float32. Throws std::runtime_error if the file is missing or not a whole number of floats. */
Buffer ReadFloats(const std::string& path);
void WriteFloats(const std::string& path, const Buffer& values);

/** The files' rows, or made-up ones if both paths are empty. Throws if they do not fit the net or one another. */
Data LoadData(const NetSpec& net, const std::string& x_path, const std::string& y_path);

/** The file's parameters, or if the path is empty He-uniform weights and zero biases. Throws if the count is wrong. */
Buffer LoadParameters(const NetSpec& net, const std::string& path);

}  // namespace handwritten
