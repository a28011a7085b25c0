#include "options.h"

#include <charconv>
#include <stdexcept>

namespace handwritten {

namespace {

using Values = std::map<std::string_view, std::string_view>;

template <typename T>
T ParseNumber(std::string_view name, std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error("Expected a number for " + std::string(name) + " but received " + std::string(text));
  }
  return value;
}

/** The option's value, which is then no longer among the rest. */
std::string_view Take(Values& values, std::string_view name, std::string_view otherwise = {}) {
  const auto found = values.find(name);
  if (found == values.end()) {
    if (otherwise.data() != nullptr) return otherwise;
    throw std::runtime_error("Expected the option " + std::string(name));
  }
  const std::string_view value = found->second;
  values.erase(found);
  return value;
}

template <typename Choice>
Choice TakeOne(Values& values, std::string_view name, std::map<std::string_view, Choice> choices) {
  const std::string_view word = Take(values, name);
  const auto found = choices.find(word);
  if (found != choices.end()) return found->second;
  std::string words;
  for (const auto& [choice, _] : choices) words += (words.empty() ? "" : " or ") + std::string(choice);
  throw std::runtime_error("Expected " + words + " for " + std::string(name) + " but received " + std::string(word));
}

std::vector<size_t> ParseList(std::string_view name, std::string_view text) {
  std::vector<size_t> numbers;
  for (size_t from = 0; from <= text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    numbers.push_back(ParseNumber<size_t>(name, text.substr(from, comma - from)));
    from = comma + 1;
  }
  return numbers;
}

}  // namespace

TrainingOptions ParseTraining(std::span<char*> arguments) {
  Values values;
  for (size_t i = 0; i + 1 < arguments.size(); i += 2) values[arguments[i]] = arguments[i + 1];
  TrainingOptions options{
      .net = {
          .widths = ParseList("--widths", Take(values, "--widths")),
          .hidden = TakeOne<Hidden>(values, "--hidden", {{"sigmoid", Hidden::kSigmoid}, {"relu", Hidden::kRelu}}),
          .loss =
              TakeOne<Loss>(values, "--last", {{"identity", Loss::kSquaredError}, {"softmax", Loss::kCrossEntropy}}),
          .batch = ParseNumber<size_t>("--batch", Take(values, "--batch")),
          .optimizer =
              TakeOne<Optimizer>(values, "--optimizer", {{"sgd", Optimizer::kSgd}, {"adam", Optimizer::kAdam}}),
          .learning_rate = ParseNumber<float>("--rate", Take(values, "--rate")),
      }};
  options.x = Take(values, "--x");
  options.y = Take(values, "--y");
  options.weights = Take(values, "--weights");
  options.out = Take(values, "--out", "");
  options.steps = ParseNumber<size_t>("--steps", Take(values, "--steps", "0"));
  options.seconds = ParseNumber<double>("--seconds", Take(values, "--seconds", "0"));
  options.threads = ParseNumber<int>("--threads", Take(values, "--threads", "1"));
  if (!values.empty()) throw std::runtime_error("Unknown option " + std::string(values.begin()->first));
  if (options.net.widths.size() < 2) throw std::runtime_error("Expected at least two widths");
  if ((options.steps == 0) == (options.seconds <= 0)) throw std::runtime_error("Expected --steps or --seconds");
  return options;
}

}  // namespace handwritten
