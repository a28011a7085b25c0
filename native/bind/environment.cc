#include "bind/environment.h"

#include <memory>
#include <utility>

namespace blasnet {

Environment::Environment(Napi::Env env) : env_(env), pool_(PhysicalCores()) {
  channel_ = Channel::New(env, "blasnet", 0, 1);
  channel_.Unref(env);
  // Hooks run in reverse order: this one, added after the channel's own, ends the threads while they can still post.
  env.AddCleanupHook([](Environment* self) { self->jobs_.Stop(); }, this);
}

void Environment::Start(std::shared_ptr<AbortFlag> abort, std::function<void()> job) {
  jobs_.Start(std::move(abort), std::move(job));
  if (active_++ == 0) channel_.Ref(env_);
}

void Environment::Finished() {
  ReportScratch();
  if (--active_ == 0) channel_.Unref(env_);
}

void Environment::ReportScratch() {
  const size_t bytes = pool_.scratch().bytes();
  if (bytes == reported_) return;
  Napi::MemoryManagement::AdjustExternalMemory(env_, static_cast<int64_t>(bytes) - static_cast<int64_t>(reported_));
  reported_ = bytes;
}

void Environment::Post(Task task) {
  auto owned = std::make_unique<Task>(std::move(task));
  if (channel_.NonBlockingCall(owned.get()) == napi_ok) owned.release();
}

void Environment::RunTask(Napi::Env env, Napi::Function, std::nullptr_t*, Task* task) {
  const std::unique_ptr<Task> owned(task);
  // Without an environment the loop is closing: nobody is left to hear.
  if (static_cast<napi_env>(env) != nullptr) (*owned)(env);
}

}  // namespace blasnet
