#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/testing.h"

namespace blasnet::testing {

// Compares an optimizer's kernel with its formula, number by number, in long double.
// arrays: names of the tensors that it changes, theta among them. formula: receives g and the values of these arrays in
// that order, and changes the values.
template <class T>
void CheckUpdate(const std::string& kernel, const std::vector<std::string>& arrays,
                 const std::map<std::string, double>& scalars,
                 const std::function<void(long double, std::vector<long double>&)>& formula) {
  for (const size_t size : {1, 3, 17, 64, 65, 40001}) {
    CAPTURE(size);
    Numbers numbers(size);
    Tensor<T> gradient({size});
    numbers.Fill(gradient);
    // Each in place, as TypeScript gives them; those that hold squares may not be negative.
    std::vector<std::unique_ptr<Tensor<T>>> values;
    std::vector<std::vector<T>> before;
    Call<T> call(kernel);
    call.With("gradient", gradient);
    for (const std::string& name : arrays) {
      values.push_back(std::make_unique<Tensor<T>>(std::vector<size_t>{size}));
      numbers.Fill(*values.back(), name == "squares" || name == "deltas" ? 0 : -1, 1);
      before.push_back(values.back()->values());
      call.With(name.c_str(), *values.back());
    }
    for (const auto& [name, value] : scalars) call.With(name.c_str(), value);
    call.Run();
    Worst worst;
    for (size_t i = 0; i < size; ++i) {
      std::vector<long double> expected;
      for (const auto& old : before) expected.push_back(old[i]);
      formula(gradient[i], expected);
      for (size_t a = 0; a < arrays.size(); ++a) {
        worst.Add((*values[a])[i], expected[a], 16 * kEpsilon<T> * (1 + std::abs(expected[a])));
      }
    }
    CHECK(worst.ratio() <= 1);
  }
}

}  // namespace blasnet::testing
