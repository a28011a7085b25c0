// Metrics of classifiers that are quotients of counts. All add to counts in double, which are exact up to 2^53. A mask
// has a number for each row, 0 for rows that do not count; without numbers, all do.

#include <cmath>

#include "core/registry.h"
#include "metrics/labels.h"

namespace blasnet {

namespace {

// Places of `sums`.
enum HitSums : size_t { kRows, kHits, kHitSums };

// Counts outputs that are right, each as a share of its row: those above the threshold belong to labels above 1/2. With
// the threshold 1/2, round(a) = y: a half rounds to the even side, as in NumPy and PyTorch.
template <class T>
void CountRounded(Context&, Matrix<const T> a, Matrix<const T> y, Vector<const T> mask, double threshold,
                  Vector<double> sums) {
  CheckEqual("the sums' length", size_t{kHitSums}, sums.size);
  CheckEqual("y's rows", a.rows, y.rows);
  CheckEqual("y's width", a.cols, y.cols);
  const double rows = CountedRows(mask, a.rows);
  size_t correct = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (mask.size != 0 && !Counts(mask, i / a.cols)) continue;
    correct += threshold == 0.5 ? std::nearbyint(a.data[i]) == y.data[i]
                                : (a.data[i] > static_cast<T>(threshold)) == (y.data[i] > T(0.5));
  }
  sums[kRows] += rows;
  sums[kHits] += static_cast<double>(correct) / static_cast<double>(std::max<size_t>(1, a.cols));
}

// Counts rows whose class is among the k largest outputs; of equal ones the first counts as larger.
template <class T>
void CountHits(Context&, Matrix<const T> a, Matrix<const T> y, Vector<const T> mask, double k, Vector<double> sums) {
  CheckEqual("the sums' length", size_t{kHitSums}, sums.size);
  CheckLabels(a, y);
  const double rows = CountedRows(mask, a.rows);
  size_t hits = 0;
  for (size_t i = 0; i < a.rows; ++i) {
    if (!Counts(mask, i)) continue;
    const T* row = a.row(i);
    const size_t label = LabelClass(y, i, a.cols);
    if (k == 1) {
      hits += ArgMax(row, a.cols) == label;
      continue;
    }
    size_t before = 0;
    for (size_t j = 0; j < a.cols; ++j) before += row[j] > row[label] || (row[j] == row[label] && j < label);
    hits += static_cast<double>(before) < k && !std::isnan(row[label]);
  }
  sums[kRows] += rows;
  sums[kHits] += static_cast<double>(hits);
}

// Adds to counts[classes × 3] how often each class was found rightly, found, and there. byOutput is 1 where each output
// is a yes or no of its own; a single output is one.
template <class T>
void CountClasses(Context&, Matrix<const T> a, Matrix<const T> y, Vector<const T> mask, double threshold,
                  double by_output, Matrix<double> counts) {
  CheckEqual("the counts' rows", a.cols, counts.rows);
  CheckEqual("the counts' width", size_t{3}, counts.cols);
  CheckLabels(a, y);
  CountedRows(mask, a.rows);
  if (by_output != 0 || a.cols == 1) {
    CheckEqual("y's width", a.cols, y.cols);
    for (size_t i = 0; i < a.rows; ++i) {
      for (size_t j = 0; j < a.cols && Counts(mask, i); ++j) {
        const bool found = a.row(i)[j] > static_cast<T>(threshold), there = y.row(i)[j] > T(0.5);
        counts.row(j)[0] += found && there;
        counts.row(j)[1] += found;
        counts.row(j)[2] += there;
      }
    }
    return;
  }
  for (size_t i = 0; i < a.rows; ++i) {
    if (!Counts(mask, i)) continue;
    const size_t found = ArgMax(a.row(i), a.cols), there = LabelClass(y, i, a.cols);
    counts.row(there)[0] += found == there;
    counts.row(found)[1] += 1;
    counts.row(there)[2] += 1;
  }
}

// Adds to counts[classes × classes] the rows by their class, downwards, and by the class of the outputs.
template <class T>
void CountConfusions(Context&, Matrix<const T> a, Matrix<const T> y, Vector<const T> mask, double threshold,
                     Matrix<double> counts) {
  CheckEqual("the counts' rows", std::max<size_t>(2, a.cols), counts.rows);
  CheckEqual("the counts' width", counts.rows, counts.cols);
  CheckLabels(a, y);
  CountedRows(mask, a.rows);
  for (size_t i = 0; i < a.rows; ++i) {
    if (!Counts(mask, i)) continue;
    counts.row(LabelClass(y, i, a.cols))[OutputClass(a, i, threshold)] += 1;
  }
}

const KernelModule module([](Registry& registry) {
  registry.Add<&CountRounded<float>, &CountRounded<double>>("count_rounded", {"a", "y", "mask", "threshold", "sums"});
  registry.Add<&CountHits<float>, &CountHits<double>>("count_hits", {"a", "y", "mask", "k", "sums"});
  registry.Add<&CountClasses<float>, &CountClasses<double>>("count_classes",
                                                            {"a", "y", "mask", "threshold", "byOutput", "counts"});
  registry.Add<&CountConfusions<float>, &CountConfusions<double>>("count_confusions",
                                                                  {"a", "y", "mask", "threshold", "counts"});
});

}  // namespace

}  // namespace blasnet
