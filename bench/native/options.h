#pragma once

#include <span>
#include <string>

namespace handwritten {

struct Options {
  std::string net;         // or "machine"
  size_t steps = 0;        // timed
  size_t warmup = 0;       // trained before them, untimed; the batches go on from there
  std::string x, y;        // data files
  std::string weights;     // the parameters to start from
  std::string out, check;  // where to write the final ones; what to compare them with
};

/** Throws std::runtime_error that says how to call the program. */
Options ParseOptions(std::span<char*> arguments);

}  // namespace handwritten
