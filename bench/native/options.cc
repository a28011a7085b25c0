#include "options.h"

#include <charconv>
#include <map>
#include <stdexcept>
#include <string_view>

namespace handwritten {

namespace {

constexpr const char* kUsage =
    "Usage: cblas_loop machine\n"
    "       cblas_loop <curve|house|mnist|wide> <steps> [--warmup K] [--x file --y file] [--weights file]\n"
    "                  [--out file] [--check file]\n";

size_t ParseCount(const std::string& name, std::string_view text) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error("Expected a whole number for " + name + " but received " + std::string(text));
  }
  return value;
}

}  // namespace

Options ParseOptions(std::span<char*> arguments) {
  Options options;
  if (arguments.size() == 2 && std::string_view(arguments[1]) == "machine") {
    options.net = "machine";
    return options;
  }
  if (arguments.size() < 3 || arguments.size() % 2 == 0) throw std::runtime_error(kUsage);
  options.net = arguments[1];
  options.steps = ParseCount("steps", arguments[2]);
  if (options.steps == 0) throw std::runtime_error("Expected at least 1 for steps but received 0");
  const std::map<std::string_view, std::string*> files = {{"--x", &options.x},
                                                          {"--y", &options.y},
                                                          {"--weights", &options.weights},
                                                          {"--out", &options.out},
                                                          {"--check", &options.check}};
  for (size_t i = 3; i < arguments.size(); i += 2) {
    const std::string_view name = arguments[i];
    if (name == "--warmup") {
      options.warmup = ParseCount("--warmup", arguments[i + 1]);
    } else if (const auto found = files.find(name); found != files.end()) {
      *found->second = arguments[i + 1];
    } else {
      throw std::runtime_error("Expected an option but received " + std::string(name) + "\n" + kUsage);
    }
  }
  return options;
}

}  // namespace handwritten
