#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "net_spec.h"

namespace handwritten {

/** What to train, on which files, and how long. */
struct TrainingOptions {
  NetSpec net;
  std::string x, y;     // data files: raw float32
  std::string weights;  // the parameters to start from
  std::string out;      // where to write the final ones, if anywhere
  size_t steps = 0;     // either so many steps, to be compared with others'
  double seconds = 0;   // or so long, to be timed
  int threads = 1;      // of OpenBLAS
};

/** Takes `--name value` pairs. Throws std::runtime_error that says what was expected. */
TrainingOptions ParseTraining(std::span<char*> arguments);

}  // namespace handwritten
