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

/** The files' rows, at least one batch of them. Throws if they do not fit the net or one another. */
Data LoadData(const NetSpec& net, const std::string& x_path, const std::string& y_path);

/** For each layer W[inputs×outputs], then B[outputs]. Throws if the count is wrong. */
Buffer LoadParameters(const NetSpec& net, const std::string& path);

}  // namespace handwritten
