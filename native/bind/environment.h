#pragma once

#include <napi.h>

#include <functional>

#include "core/context.h"
#include "core/jobs.h"
#include "core/pool.h"

namespace blasnet {

// What one JavaScript environment (the main thread, or a worker) owns. Nothing here is shared between environments.
class Environment {
 public:
  explicit Environment(Napi::Env env);
  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  Context context() { return Context{pool_}; }
  Pool& pool() { return pool_; }

  // Runs job on a thread of its own; the event loop stays alive until Finished is called.
  void Start(std::shared_ptr<AbortFlag> abort, std::function<void()> job);
  // To be called on the JavaScript thread when a started job is over.
  void Finished();

  // Tells the garbage collector how much memory kernels keep. To be called on the JavaScript thread after they ran.
  void ReportScratch();

  // Called on any thread: runs task later on the JavaScript thread.
  void Post(std::function<void(Napi::Env)> task);

  Napi::FunctionReference plan_class;

 private:
  using Task = std::function<void(Napi::Env)>;
  static void RunTask(Napi::Env env, Napi::Function, std::nullptr_t*, Task* task);
  using Channel = Napi::TypedThreadSafeFunction<std::nullptr_t, Task, RunTask>;

  Napi::Env env_;
  Pool pool_;
  Channel channel_;
  size_t active_ = 0;    // jobs started and not finished
  size_t reported_ = 0;  // bytes of scratch that the garbage collector knows of
  Jobs jobs_;            // last, so that its threads end before what they use
};

}  // namespace blasnet
