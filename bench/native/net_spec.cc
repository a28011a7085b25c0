#include "net_spec.h"

#include <stdexcept>

namespace handwritten {

namespace {

const std::vector<NetSpec>& Nets() {
  static const std::vector<NetSpec> nets = {
      {"curve", {1, 4, 1}, Hidden::kSigmoid, Loss::kSquaredError, 10, 0.5F, 1000},
      {"house", {14, 32, 16, 8, 4, 1}, Hidden::kRelu, Loss::kSquaredError, 16, 0.1F, 512},
      // Enough rows to fall out of the last-level cache, as a real data set of images does.
      {"mnist", {784, 128, 64, 32, 16, 10}, Hidden::kRelu, Loss::kCrossEntropy, 64, 0.1F, 16384},
      {"wide", {784, 1024, 1024, 10}, Hidden::kRelu, Loss::kCrossEntropy, 256, 0.1F, 16384},
  };
  return nets;
}

}  // namespace

NetSpec FindNet(std::string_view name) {
  std::string names;
  for (const NetSpec& net : Nets()) {
    if (net.name == name) return net;
    names += names.empty() ? net.name : ", " + net.name;
  }
  throw std::runtime_error("Expected one of " + names + " for net but received " + std::string(name));
}

}  // namespace handwritten
