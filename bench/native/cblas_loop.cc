/**
 * The floor that the library is compared with: a training step written by hand, as loops and cblas calls on buffers
 * that are allocated once. Batches are consecutive rows of float32 data, so nothing is shuffled or gathered, which the
 * library does pay for. Prints one line of JSON.
 */
#include <cblas.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "data.h"
#include "machine.h"
#include "net_spec.h"
#include "options.h"
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

/** max |a − b|; infinite if a difference is not a number. */
double LargestDifference(const Buffer& a, const Buffer& b) {
  if (a.size() != b.size()) {
    throw std::runtime_error("Expected " + std::to_string(a.size()) + " floats to check against but received " +
                             std::to_string(b.size()));
  }
  double largest = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(a[i]) - b[i]);
    largest = std::isnan(difference) ? HUGE_VAL : std::max(largest, difference);
  }
  return largest;
}

void RunTraining(const Options& options) {
  const NetSpec net = FindNet(options.net);
  const Data data = LoadData(net, options.x, options.y);
  Trainer trainer(net, LoadParameters(net, options.weights));

  const size_t batches = data.rows / net.batch;
  const auto step = [&](size_t number) {
    const size_t row = number % batches * net.batch;
    return trainer.Step(data.x.data() + row * net.Inputs(), data.y.data() + row * net.Outputs());
  };
  for (size_t i = 0; i < options.warmup; ++i) step(i);

  double loss = 0.0;
  const auto start = std::chrono::steady_clock::now();
  for (size_t i = 0; i < options.steps; ++i) loss += step(options.warmup + i);
  const std::chrono::duration<double, std::micro> elapsed = std::chrono::steady_clock::now() - start;

  const auto steps = static_cast<double>(options.steps);
  std::string line =
      "{\"net\":" + Quote(net.name) + ",\"steps\":" + std::to_string(options.steps) +
      ",\"warmup\":" + std::to_string(options.warmup) + ",\"batch\":" + std::to_string(net.batch) +
      ",\"rows\":" + std::to_string(data.rows) + ",\"microsecondsPerStep\":" + Number(elapsed.count() / steps) +
      ",\"loss\":" + Number(loss / steps) + ",\"lossIs\":\"mean over the timed steps, each before its update\"";
  if (!options.out.empty()) {
    WriteFloats(options.out, trainer.Parameters());
    line += ",\"weightsOut\":" + Quote(options.out);
  }
  if (!options.check.empty()) {
    line += ",\"largestDifference\":" + Number(LargestDifference(trainer.Parameters(), ReadFloats(options.check)));
  }
  std::printf("%s,\"cpu\":%s}\n", line.c_str(), Quote(openblas_get_corename()).c_str());
}

void RunMachine() {
  const Machine machine = MeasureMachine();
  std::printf("{\"sgemm1024Gflops\":%s,\"copyGBs\":%s,\"cpu\":%s}\n", Number(machine.sgemm_gflops).c_str(),
              Number(machine.copy_gbs).c_str(), Quote(openblas_get_corename()).c_str());
}

}  // namespace

}  // namespace handwritten

int main(int count, char** arguments) {
  try {
    openblas_set_num_threads(1);
    const handwritten::Options options = handwritten::ParseOptions({arguments, static_cast<size_t>(count)});
    if (options.net == "machine") {
      handwritten::RunMachine();
    } else {
      handwritten::RunTraining(options);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
