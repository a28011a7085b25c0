// Metrics that rank all rows by their outputs: the areas below the ROC curve and below precision and recall.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/registry.h"
#include "metrics/labels.h"

namespace blasnet {

namespace {

// The number of rows that are kept, which is checked to be one.
template <class Number>
size_t RowsIn(Vector<Number> place, size_t room) {
  CheckEqual("the place's length", size_t{1}, place.size);
  Check(place[0] >= 0 && place[0] <= static_cast<double>(room), "Expected no more scores than there is room for");
  return static_cast<size_t>(place[0]);
}

// Keeps a batch's outputs and labels behind those of earlier batches; place[0] counts the rows that are kept. Rows of
// which the mask has a 0 are left out.
template <class T>
void KeepScores(Context&, Matrix<const T> a, Matrix<const T> y, Vector<const T> mask, Matrix<T> scores,
                Matrix<T> labels, Vector<double> place) {
  CheckLabels(a, y);
  CheckEqual("the scores' width", a.cols, scores.cols);
  CheckEqual("the labels' width", y.cols, labels.cols);
  CheckEqual("the labels' rows", scores.rows, labels.rows);
  const size_t first = RowsIn(place, scores.rows);
  const auto counted = static_cast<size_t>(CountedRows(mask, a.rows));
  Check(counted <= scores.rows - first, "Expected room for all scores");
  size_t to = first;
  for (size_t i = 0; i < a.rows; ++i) {
    if (!Counts(mask, i)) continue;
    std::copy_n(a.row(i), a.cols, scores.row(to));
    std::copy_n(y.row(i), y.cols, labels.row(to));
    ++to;
  }
  place[0] += static_cast<double>(counted);
}

struct Ranked {
  double score;
  bool is_positive;
};

// Area below the ROC curve, and average precision, of rows in any order; NaN where they are not defined. Rows of one
// score count together: such a group is one step of the curves.
void Areas(std::vector<Ranked>& rows, double* roc, double* precision) {
  std::sort(rows.begin(), rows.end(), [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
  const auto positives =
      static_cast<double>(std::count_if(rows.begin(), rows.end(), [](const Ranked& row) { return row.is_positive; }));
  const double negatives = static_cast<double>(rows.size()) - positives;
  double found = 0, wrong = 0, area = 0, average = 0;
  for (size_t i = 0; i < rows.size();) {
    double good = 0, bad = 0;
    const double score = rows[i].score;
    for (; i < rows.size() && rows[i].score == score; ++i) (rows[i].is_positive ? good : bad) += 1;
    area += bad * (found + good / 2);
    found += good;
    wrong += bad;
    average += good * (found / (found + wrong));
  }
  constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
  *roc = positives > 0 && negatives > 0 ? area / (positives * negatives) : kUndefined;
  *precision = positives > 0 ? average / positives : kUndefined;
}

// areas[outputs × 2]: both areas for each output, whose positive rows are those of its class. byOutput is 1 where each
// output is a yes or no of its own, with a label of its own; a single output is one.
template <class T>
void RankScores(Context&, Matrix<const T> scores, Matrix<const T> labels, Vector<const double> place, double by_output,
                Matrix<double> areas) {
  CheckEqual("the areas' rows", scores.cols, areas.rows);
  CheckEqual("the areas' width", size_t{2}, areas.cols);
  CheckLabels(scores, labels);
  const bool is_yes_or_no = by_output != 0 || scores.cols == 1;
  if (is_yes_or_no) CheckEqual("the labels' width", scores.cols, labels.cols);
  const size_t count = RowsIn(place, scores.rows);
  std::vector<size_t> classes;
  for (size_t i = 0; i < count && !is_yes_or_no; ++i) classes.push_back(LabelClass(labels, i, scores.cols));
  std::vector<Ranked> rows(count);
  for (size_t j = 0; j < scores.cols; ++j) {
    for (size_t i = 0; i < count; ++i) {
      // NaN has no rank; it counts as the lowest of all.
      const double score = scores.row(i)[j];
      rows[i].score = std::isnan(score) ? -std::numeric_limits<double>::infinity() : score;
      rows[i].is_positive = is_yes_or_no ? labels.row(i)[j] > T(0.5) : classes[i] == j;
    }
    Areas(rows, areas.row(j), areas.row(j) + 1);
  }
}

const KernelModule module([](Registry& registry) {
  registry.Add<&KeepScores<float>, &KeepScores<double>>("keep_scores", {"a", "y", "mask", "scores", "labels", "place"});
  registry.Add<&RankScores<float>, &RankScores<double>>("rank_scores",
                                                        {"scores", "labels", "place", "byOutput", "areas"});
});

}  // namespace

}  // namespace blasnet
