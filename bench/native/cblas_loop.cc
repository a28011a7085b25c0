/**
 * The floor that the library is compared with: a training step written by hand, as loops and cblas calls on buffers
 * that are allocated once. Batches are consecutive rows of float32 data, so nothing is shuffled or gathered, which the
 * library does pay for. Prints one line of JSON.
 */
#include <cblas.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "data.h"
#include "machine.h"
#include "net_spec.h"
#include "options.h"
#include "product_times.h"
#include "trainer.h"

namespace handwritten {

namespace {

std::string Quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

/** JSON has no word for a number that is none. */
std::string Number(double value) {
  if (!std::isfinite(value)) return "null";
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

/** Seconds that so many steps take, on batch after batch of the data; loss is the sum over them. */
class Loop {
 public:
  explicit Loop(const TrainingOptions& options)
      : net_(options.net),
        data_(LoadData(net_, options.x, options.y)),
        batches_(data_.rows / net_.batch),
        trainer_(net_, LoadParameters(net_, options.weights)) {}

  double Run(size_t steps) {
    const auto start = std::chrono::steady_clock::now();
    for (size_t i = 0; i < steps; ++i) {
      const size_t row = next_++ % batches_ * net_.batch;
      loss_ += trainer_.Step(data_.x.data() + row * net_.Inputs(), data_.y.data() + row * net_.Outputs());
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  double MeanLoss() const { return loss_ / static_cast<double>(next_); }
  Buffer Parameters() const { return trainer_.Parameters(); }

 private:
  NetSpec net_;
  Data data_;
  size_t batches_;
  Trainer trainer_;
  size_t next_ = 0;
  double loss_ = 0.0;
};

struct Pace {
  size_t steps = 0;
  double seconds = 0.0;
};

/** Steps for about so long, in blocks that grow until the clock costs nothing beside them. */
Pace RunFor(Loop& loop, double seconds) {
  Pace pace;
  for (size_t block = 1; pace.seconds < seconds;) {
    const double taken = loop.Run(block);
    pace.steps += block;
    pace.seconds += taken;
    if (taken < seconds / 20) block *= 2;
  }
  return pace;
}

void RunTraining(const TrainingOptions& options) {
  Loop loop(options);
  if (options.steps > 0) {
    loop.Run(options.steps);
    std::printf("{\"loss\":%s}\n", Number(loop.MeanLoss()).c_str());
  } else {
    RunFor(loop, options.seconds / 4);  // to warm up
    const Pace pace = RunFor(loop, options.seconds);
    std::printf("{\"steps\":%zu,\"microsecondsPerStep\":%s}\n", pace.steps,
                Number(pace.seconds / static_cast<double>(pace.steps) * 1e6).c_str());
  }
  if (!options.out.empty()) WriteFloats(options.out, loop.Parameters());
}

void RunMachine() {
  const Machine machine = MeasureMachine();
  std::printf("{\"sgemmGflops\":%s,\"copyGBs\":%s,\"blas\":%s}\n", Number(machine.sgemm_gflops).c_str(),
              Number(machine.copy_gbs).c_str(), Quote(openblas_get_config()).c_str());
}

}  // namespace

}  // namespace handwritten

constexpr const char* kUsage =
    "Usage: cblas_loop machine <threads>\n"
    "       cblas_loop products <threads> <seconds> nn:64x128x784 tn:784x128x64 …\n"
    "       cblas_loop train --widths 784,…,10 --hidden relu|sigmoid --last softmax|identity --batch 64\n"
    "                  --optimizer sgd|adam --rate 0.1 --x file --y file --weights file [--out file] [--threads 1]\n"
    "                  --steps 20 | --seconds 0.5";

int main(int count, char** words) {
  try {
    const std::span arguments(words, static_cast<size_t>(count));
    const std::string_view mode = count > 2 ? words[1] : "";
    if (mode == "machine") {
      openblas_set_num_threads(std::stoi(words[2]));
      handwritten::RunMachine();
    } else if (mode == "products" && count > 4) {
      openblas_set_num_threads(std::stoi(words[2]));
      handwritten::TimeBlasProducts(std::stod(words[3]), arguments.subspan(4));
    } else if (mode == "train" && count % 2 == 0) {
      const handwritten::TrainingOptions options = handwritten::ParseTraining(arguments.subspan(2));
      openblas_set_num_threads(options.threads);
      handwritten::RunTraining(options);
    } else {
      throw std::runtime_error(kUsage);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
