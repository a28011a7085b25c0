// Kernels and replays on several threads.

#include <condition_variable>
#include <future>
#include <mutex>

#include "core/jobs.h"
#include "test/activations.h"
#include "test/replays.h"
#include "test/threads.h"

namespace blasnet::testing {

namespace {

struct Size {
  size_t m, k, n;
};

// Tiles of columns, of rows, and a last one that is short: math/matmul-inl.h.
constexpr Size kTiledProducts[] = {{70, 257, 300}, {300, 257, 70}, {257, 256, 265}, {33, 4000, 33}, {1, 1500, 2900}};

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE_TEMPLATE("products have the same bits on any number of threads", T, float, double) {
  for (const auto& size : kTiledProducts) {
    Tensor<T> x({size.m, size.k}), w({size.k, size.n}), b({size.n}), dz({size.m, size.n});
    Numbers numbers(size.m);
    numbers.Fill(x), numbers.Fill(w), numbers.Fill(b), numbers.Fill(dz);
    CheckThreadsDoNotMatter<T>({size.m, size.n}, [&](Context& context, Tensor<T>& z) {
      Call<T>("fully_connected_forward").With("x", x).With("w", w).With("b", b).With("z", z).Run(context);
    });
    CheckThreadsDoNotMatter<T>({size.m, size.k}, [&](Context& context, Tensor<T>& dx) {
      Call<T>("fully_connected_backward_input").With("w", w).With("dz", dz).With("dx", dx).Run(context);
    });
    CheckThreadsDoNotMatter<T>({size.k, size.n}, [&](Context& context, Tensor<T>& dw) {
      Tensor<T> db({size.n});
      Call<T>("fully_connected_backward_weights")
          .With("x", x)
          .With("dz", dz)
          .With("dw", dw)
          .With("db", db)
          .Run(context);
    });
  }
}

TEST_CASE_TEMPLATE("layers with weights in panels have the same bits on any number of threads", T, float, double) {
  const size_t m = 70, k = 500, n = 160;
  Tensor<T> x({m, k}), b({n}), dz({m, n}), weights({n / 32, k, 32});
  Numbers numbers(m);
  numbers.Fill(x), numbers.Fill(b), numbers.Fill(dz), numbers.Fill(weights);
  CheckThreadsDoNotMatter<T>({m, n}, [&](Context& context, Tensor<T>& z) {
    Call<T> forward("fully_connected_forward_panels");
    forward.With("x", x).With("panels", weights).With("b", b).With("z", z).Run(context);
  });
  CheckThreadsDoNotMatter<T>({n / 32, k, 32}, [&](Context& context, Tensor<T>& panels) {
    std::copy_n(weights.data(), weights.size(), panels.data());
    Tensor<T> bias({n}, b.values());
    Call<T> descend("fully_connected_descend_panels");
    descend.With("x", x).With("dz", dz).With("panels", panels).With("b", bias).With("learningRate", 0.3).Run(context);
  });
}

TEST_CASE_TEMPLATE("activations have the same bits on any number of threads", T, float, double) {
  const std::vector<size_t> shape = {1000, 101};
  Tensor<T> x(shape), dy(shape);
  Numbers numbers(1);
  numbers.Fill(x, -5, 5), numbers.Fill(dy);
  for (const Activation& activation : kActivations) {
    CAPTURE(activation.name);
    Tensor<T> y(shape);
    const double parameter = activation.parameter;
    CheckThreadsDoNotMatter<T>(shape, [&](Context& context, Tensor<T>& out) {
      Call<T>(activation.forward()).With("x", x).With("y", out).With("parameter", parameter).Run(context);
      std::copy_n(out.data(), out.size(), y.data());
    });
    CheckThreadsDoNotMatter<T>(shape, [&](Context& context, Tensor<T>& dx) {
      Call<T> call(activation.backward());
      call.With("x", x).With("y", y).With("dy", dy).With("dx", dx).With("parameter", parameter).Run(context);
    });
  }
}

TEST_CASE_TEMPLATE("softmax has the same bits on any number of threads", T, float, double) {
  const std::vector<size_t> shape = {2049, 37};
  Tensor<T> z(shape);
  Numbers(1).Fill(z, -9, 9);
  CheckThreadsDoNotMatter<T>(shape, [&](Context& context, Tensor<T>& a) {
    Tensor<T> log_sum({shape[0]});
    Call<T>("softmax_forward").With("z", z).With("a", a).With("logSum", log_sum).Run(context);
  });
}

TEST_CASE_TEMPLATE("sgd_update has the same bits on any number of threads", T, float, double) {
  const std::vector<size_t> shape = {300, 501};
  Tensor<T> gradient(shape);
  Numbers(1).Fill(gradient);
  CheckThreadsDoNotMatter<T>(shape, [&](Context& context, Tensor<T>& theta) {
    Numbers(2).Fill(theta);
    Call<T>("sgd_update").With("theta", theta).With("gradient", gradient).With("learningRate", 0.3).Run(context);
  });
}

TEST_CASE("a job's replay reports progress to another thread and is aborted by it") {
  RecordingSchedule schedule(50, true, true);
  Recorder::Current().pause = std::chrono::microseconds(200);
  struct Report {
    uint64_t next;
    std::vector<double> scalars;
  };
  std::mutex mutex;
  std::condition_variable came;
  std::vector<Report> reports;
  std::promise<Outcome> ended;
  Jobs jobs;
  const auto abort = std::make_shared<AbortFlag>(false);
  jobs.Start(abort, [&, abort] {
    const auto progress = [&](uint64_t next, std::vector<double> scalars) {
      const std::lock_guard<std::mutex> lock(mutex);
      reports.push_back({next, std::move(scalars)});
      came.notify_one();
    };
    Pool pool(2);
    Context context{pool};
    ended.set_value(Replay(context, schedule.schedule(), {0, uint64_t{1} << 40, true}, *abort, progress));
  });
  {
    std::unique_lock<std::mutex> lock(mutex);
    came.wait(lock, [&] { return reports.size() >= 2; });
    *abort = true;
  }
  const Outcome outcome = ended.get_future().get();
  CHECK(outcome.reason == Outcome::kAborted);
  CHECK(outcome.next >= reports.back().next);
  for (const Report& report : reports) {
    CHECK(report.scalars[scalars::kIteration] == static_cast<double>(report.next - 1));
  }
  // The step that was running when the flag was set is the last one.
  CHECK(Recorder::Current().records.back().iteration == static_cast<double>(outcome.next - 1));
}

TEST_CASE("Stop ends a replay after a step") {
  RecordingSchedule schedule(50, true, true);
  Recorder::Current().pause = std::chrono::microseconds(200);
  Jobs jobs;
  const auto abort = std::make_shared<AbortFlag>(false);
  std::promise<void> began;
  Outcome outcome;
  jobs.Start(abort, [&, abort] {
    began.set_value();
    outcome = Replay(SharedContext(), schedule.schedule(), {0, uint64_t{1} << 40, true}, *abort);
  });
  began.get_future().wait();
  jobs.Stop();
  CHECK(outcome.reason == Outcome::kAborted);
}

TEST_SUITE_END();

}  // namespace blasnet::testing
