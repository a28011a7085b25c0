// Losses of classifiers whose outputs are a softmax: a loss for each row from its logits z and ln Σ e^z, and its
// derivative by the logits from the probabilities a.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "losses/class_losses.cc"
#include "math/foreach_target.h"
//
#include "losses/row_sums-inl.h"
#include "losses/sums.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
void CheckClassLoss(Matrix<const T> z, Vector<const T> log_sum, Matrix<const T> y, size_t losses) {
  CheckRowLoss(z, y, losses);
  CheckEqual("log_sum's length", z.rows, log_sum.size);
}

// −Σ y ln softmax(z) = Σ y (log_sum − z), with smoothed labels y(1 − s) + s/n. A label of 0 counts nothing, whatever z
// is.
template <class T>
void CrossEntropyRows(Context& context, Matrix<const T> z, Vector<const T> log_sum, Matrix<const T> y, Vector<T> loss,
                      double smoothing) {
  CheckClassLoss(z, log_sum, y, loss.size);
  const size_t n = z.cols;
  const Tag<T> tag;
  const auto kept = hn::Set(tag, static_cast<T>(1 - smoothing));
  const auto spread = hn::Set(tag, static_cast<T>(n == 0 ? 0 : smoothing / static_cast<double>(n)));
  const auto row = [&](size_t i) {
    const auto all = hn::Set(tag, log_sum[i]);
    const auto f = [=](auto d, auto logit, auto label) {
      const auto smoothed = hn::MulAdd(kept, label, spread);
      return hn::IfThenZeroElse(hn::Eq(smoothed, hn::Zero(d)), hn::Mul(smoothed, hn::Sub(all, logit)));
    };
    loss[i] = static_cast<T>(RowSum(n, f, z.row(i), y.row(i)));
  };
  ParallelPieces(context, z.rows, z.size(), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) row(i);
  });
}

// dz = (dz +) dloss · (a Σy − y) with smoothed labels
template <class T>
void CrossEntropyRowsBackward(Context& context, Matrix<const T> a, Matrix<const T> y, Vector<const T> dloss,
                              Matrix<T> dz, double smoothing, double accumulate) {
  CheckRowLoss(a, y, dloss.size);
  CheckRowLoss(a, Matrix<const T>{dz.data, dz.rows, dz.cols}, dloss.size);
  const size_t n = a.cols;
  const Tag<T> tag;
  const auto kept = hn::Set(tag, static_cast<T>(1 - smoothing));
  const auto spread = hn::Set(tag, static_cast<T>(n == 0 ? 0 : smoothing / static_cast<double>(n)));
  const auto row = [&](size_t i) {
    const double labels = SumInDouble(y.row(i), n);
    const auto total = hn::Set(tag, static_cast<T>(labels * (1 - smoothing) + smoothing));
    const auto f = [=](auto, auto p, auto label, auto factor) {
      return hn::Mul(factor, hn::Sub(hn::Mul(p, total), hn::MulAdd(kept, label, spread)));
    };
    const Run<T> p{a.row(i), false}, label{y.row(i), false}, factor{dloss.data + i, true};
    if (accumulate != 0) {
      MapRun<true>(n, dz.row(i), f, p, label, factor);
    } else {
      MapRun<false>(n, dz.row(i), f, p, label, factor);
    }
  };
  ParallelPieces(context, a.rows, a.size(), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) row(i);
  });
}

// log_sum − z of the row's class, whose number is the label
template <class T>
void SparseCrossEntropyRows(Context&, Matrix<const T> z, Vector<const T> log_sum, Vector<const T> y, Vector<T> loss) {
  CheckEqual("log_sum's length", z.rows, log_sum.size);
  CheckEqual("y's length", z.rows, y.size);
  CheckEqual("the number of losses", z.rows, loss.size);
  for (size_t i = 0; i < z.rows; ++i) loss[i] = log_sum[i] - z.row(i)[ClassNumber(y[i], z.cols)];
}

// dz = (dz +) dloss · (a − 1 at the row's class)
template <class T>
void SparseCrossEntropyRowsBackward(Context& context, Matrix<const T> a, Vector<const T> y, Vector<const T> dloss,
                                    Matrix<T> dz, double accumulate) {
  CheckEqual("y's length", a.rows, y.size);
  CheckRowLoss(a, Matrix<const T>{dz.data, dz.rows, dz.cols}, dloss.size);
  for (size_t i = 0; i < a.rows; ++i) ClassNumber(y[i], a.cols);  // before anything is written
  MapRows(
      context, accumulate != 0, dz, [](auto, auto p, auto factor) { return hn::Mul(factor, p); }, dloss.data, a.data);
  for (size_t i = 0; i < a.rows; ++i) dz.row(i)[ClassNumber(y[i], a.cols)] -= dloss[i];
}

// ln p, which rounding must not bring above 0; NaN stays.
template <class T>
double LogProbability(T z, T log_sum) {
  const double log_p = static_cast<double>(z) - static_cast<double>(log_sum);
  return log_p > 0 ? 0 : log_p;
}

// −α Σ y(1 − p)^γ ln p over the classes. Most labels are 0 and need no power.
template <class T>
void FocalRows(Context&, Matrix<const T> z, Vector<const T> log_sum, Matrix<const T> y, Vector<T> loss, double gamma,
               double alpha) {
  CheckClassLoss(z, log_sum, y, loss.size);
  for (size_t i = 0; i < z.rows; ++i) {
    double sum = 0;
    for (size_t j = 0; j < z.cols; ++j) {
      const double label = y.row(i)[j];
      if (label == 0) continue;
      const double log_p = LogProbability(z.row(i)[j], log_sum[i]);
      sum -= label * std::pow(-std::expm1(log_p), gamma) * log_p;
    }
    loss[i] = static_cast<T>(alpha * sum);
  }
}

// dz = (dz +) dloss · (t − a Σt), where t = αy (γ(1 − p)^(γ−1) p ln p − (1 − p)^γ) is p times the derivative by p
template <class T>
void FocalRowsBackward(Context&, Matrix<const T> z, Vector<const T> log_sum, Matrix<const T> a, Matrix<const T> y,
                       Vector<const T> dloss, Matrix<T> dz, double gamma, double alpha, double accumulate) {
  CheckClassLoss(z, log_sum, y, dloss.size);
  CheckRowLoss(z, a, dloss.size);
  CheckRowLoss(z, Matrix<const T>{dz.data, dz.rows, dz.cols}, dloss.size);
  const auto slope = [&](size_t i, size_t j) {
    const double label = y.row(i)[j];
    if (label == 0) return 0.0;
    const double log_p = LogProbability(z.row(i)[j], log_sum[i]);
    const double p = std::exp(log_p), rest = -std::expm1(log_p), power = std::pow(rest, gamma);
    // p ln p / (1 − p) tends to −1 where p tends to 1.
    const double ratio = rest == 0 ? -1 : p * log_p / rest;
    return alpha * label * (gamma * power * ratio - power);
  };
  for (size_t i = 0; i < z.rows; ++i) {
    double total = 0;
    for (size_t j = 0; j < z.cols; ++j) total += slope(i, j);
    for (size_t j = 0; j < z.cols; ++j) {
      const double by_logit = slope(i, j) - static_cast<double>(a.row(i)[j]) * total;
      const T term = static_cast<T>(static_cast<double>(dloss[i]) * by_logit);
      T& to = dz.row(i)[j];
      to = accumulate != 0 ? to + term : term;
    }
  }
}

BLASNET_KERNELS(ClassLosses) {
  registry
      .Add<&CrossEntropyRows<float>, &CrossEntropyRows<double>>("cross_entropy_rows",
                                                                {"z", "logSum", "y", "loss", "smoothing"})
      .ByRows({"z", "logSum", "y", "loss"});
  registry
      .Add<&CrossEntropyRowsBackward<float>, &CrossEntropyRowsBackward<double>>(
          "cross_entropy_rows_backward", {"a", "y", "dloss", "dz", "smoothing", "accumulate"})
      .ByRows({"a", "y", "dloss", "dz"});
  registry
      .Add<&SparseCrossEntropyRows<float>, &SparseCrossEntropyRows<double>>("sparse_cross_entropy_rows",
                                                                            {"z", "logSum", "y", "loss"})
      .ByRows({"z", "logSum", "y", "loss"});
  registry
      .Add<&SparseCrossEntropyRowsBackward<float>, &SparseCrossEntropyRowsBackward<double>>(
          "sparse_cross_entropy_rows_backward", {"a", "y", "dloss", "dz", "accumulate"})
      .ByRows({"a", "y", "dloss", "dz"});
  registry.Add<&FocalRows<float>, &FocalRows<double>>("focal_rows", {"z", "logSum", "y", "loss", "gamma", "alpha"})
      .ByRows({"z", "logSum", "y", "loss"});
  registry
      .Add<&FocalRowsBackward<float>, &FocalRowsBackward<double>>(
          "focal_rows_backward", {"z", "logSum", "a", "y", "dloss", "dz", "gamma", "alpha", "accumulate"})
      .ByRows({"z", "logSum", "a", "y", "dloss", "dz"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(ClassLosses)
#endif
