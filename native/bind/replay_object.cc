#include "bind/replay_object.h"

#include <algorithm>
#include <utility>

#include "bind/operands.h"
#include "core/runtime_scalars.h"

namespace blasnet {

namespace {

const char* NameOf(Outcome::Reason reason) {
  switch (reason) {
    case Outcome::kFinished:
      return "finished";
    case Outcome::kAborted:
      return "aborted";
    case Outcome::kNotFinite:
      return "notFinite";
    case Outcome::kFailed:
      return "failed";
  }
  return "?";
}

Napi::Object ToObject(Napi::Env env, const Outcome& outcome) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("reason", NameOf(outcome.reason));
  object.Set("next", static_cast<double>(outcome.next));
  object.Set("message", outcome.message);
  return object;
}

}  // namespace

// One run on a thread, as the JavaScript side sees it. Kept alive by the tasks that refer to it.
struct ReplayObject::Running {
  Napi::Promise::Deferred deferred;
  Napi::FunctionReference on_progress;
  Napi::Reference<Napi::Value> input;  // keeps the rows
  std::string failure;                 // why the run was aborted, where not by request
};

Napi::Function ReplayObject::Define(Napi::Env env) {
  return DefineClass(env, "Replay",
                     {InstanceMethod<&ReplayObject::RunSync>("runSync"), InstanceMethod<&ReplayObject::Run>("run"),
                      InstanceMethod<&ReplayObject::Abort>("abort")});
}

ReplayObject::ReplayObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ReplayObject>(info), environment_(Environment::Of(info.Env())) {
  if (!info[0].IsObject()) throw InvalidArgument("Expected an object for options");
  const auto options = info[0].As<Napi::Object>();
  Napi::Array held = Napi::Array::New(info.Env());
  const auto plan = [&](const char* name) -> PlanObject* {
    const Napi::Value value = options.Get(name);
    if (value.IsNull()) return nullptr;
    const Napi::Function plan_class = environment_.plan_class.Value();
    if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(plan_class)) {
      throw InvalidArgument(std::string("Expected a Plan or null for ") + name);
    }
    plans_.push_back(PlanObject::Unwrap(value.As<Napi::Object>()));
    held.Set(held.Length(), value);
    return plans_.back();
  };
  const auto core_of = [](const PlanObject* object) { return object == nullptr ? nullptr : &object->plan(); };
  const auto with_input = [](PlanObject* object) {
    return object != nullptr && object->has_input() ? object : nullptr;
  };
  const auto plan_if_any = [&](const char* name) { return options.Get(name).IsUndefined() ? nullptr : plan(name); };
  PlanObject *begin = plan_if_any("begin"), *end = plan_if_any("end"), *update = plan_if_any("update");
  PlanObject* gather = plan_if_any("gather");
  PlanObject *epoch = plan("epoch"), *step = plan("step"), *last = plan("last");
  schedule_.begin = core_of(begin);
  schedule_.gather = core_of(gather);
  schedule_.end = core_of(end);
  schedule_.epoch = core_of(epoch);
  schedule_.step = core_of(step);
  schedule_.last = core_of(last);
  schedule_.update = core_of(update);
  step_ = with_input(step);
  last_ = with_input(last);
  for (PlanObject* once : {begin, gather, end}) {
    Check(with_input(once) == nullptr, "Expected no input for what runs once");
  }
  Check(with_input(epoch) == nullptr && with_input(update) == nullptr, "Expected an input for steps only");
  if (step_ != nullptr || last_ != nullptr) {
    input_row_bytes_ = IndexOf(options.Get("inputRowBytes"), "inputRowBytes");
    Check(input_row_bytes_ % sizeof(float) == 0, "Expected rows of whole numbers for the input");
    schedule_.before_step = [this](uint64_t batch, bool is_last) { BindInput(batch, is_last); };
  }
  schedule_.steps_per_epoch = IndexOf(options.Get("stepsPerEpoch"), "stepsPerEpoch");
  schedule_.batch_rows = IndexOf(options.Get("batchRows"), "batchRows");
  Check(schedule_.steps_per_epoch > 0, "Expected at least one step an epoch");
  if (update != nullptr) schedule_.steps_per_update = IndexOf(options.Get("stepsPerUpdate"), "stepsPerUpdate");
  Check(schedule_.steps_per_update > 0, "Expected at least one step an update");
  Check(schedule_.step != nullptr || (schedule_.last != nullptr && schedule_.steps_per_epoch == 1),
        "Expected a plan for a step");
  const Napi::Value scalars = options.Get("scalars");
  Check(scalars.IsTypedArray() && scalars.As<Napi::TypedArray>().TypedArrayType() == napi_float64_array,
        "Expected a Float64Array for scalars");
  slots_memory_ = MemoryOf(scalars, "scalars");
  schedule_.scalars = reinterpret_cast<double*>(slots_memory_.data);
  schedule_.slot_count = slots_memory_.bytes / sizeof(double);
  Check(schedule_.slot_count >= scalars::kCount, "Expected more scalars");
  held.Set(held.Length(), scalars);
  held_ = Hold(info, held);
}

void ReplayObject::Prepare(const Napi::Value& input) {
  Check(abort_ == nullptr, "Expected the replay not to be running");
  CheckBuffers();
  // Last, when nothing can move it any more.
  if (schedule_.before_step) input_ = MemoryOf(input, "the input");
}

void ReplayObject::BindInput(uint64_t batch, bool is_last) {
  PlanObject* plan = is_last ? last_ : step_;
  if (plan == nullptr) return;
  const size_t offset = batch * schedule_.batch_rows * input_row_bytes_;
  Check(offset <= input_.bytes, "Expected an input of more rows");
  plan->BindInput({input_.data + offset, input_.bytes - offset});
}

void ReplayObject::CheckBuffers() const {
  const Napi::HandleScope scope(Env());
  for (const PlanObject* plan : plans_) plan->CheckBuffers();
  const Napi::Array held = held_.Value();
  Check(MemoryOf(held.Get(static_cast<uint32_t>(plans_.size())), "scalars").data == slots_memory_.data,
        "Expected the scalars to stay where they were");
}

Range ReplayObject::RangeOf(const Napi::CallbackInfo& info) const {
  return {IndexOf(info[0], "first"), IndexOf(info[1], "end"), info[2].ToBoolean().Value()};
}

Napi::Value ReplayObject::RunSync(const Napi::CallbackInfo& info) {
  const Range range = RangeOf(info);
  Prepare(info[3]);
  Context context = environment_.context();
  const AbortFlag never{false};
  const Outcome outcome = Replay(context, schedule_, range, never);
  environment_.ReportScratch();
  // An object with its names takes longer than a small net.
  return outcome.reason == Outcome::kFinished ? info.Env().Null() : ToObject(info.Env(), outcome);
}

Napi::Value ReplayObject::Run(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Range range = RangeOf(info);
  Prepare(info[4]);
  const auto running = std::make_shared<Running>(Running{Napi::Promise::Deferred::New(env), {}, {}, {}});
  if (schedule_.before_step) running->input = Napi::Persistent(info[4]);
  ProgressCallback progress;
  if (info[3].IsFunction()) {
    running->on_progress = Napi::Persistent(info[3].As<Napi::Function>());
    progress = [this, running](uint64_t next, std::vector<double> scalars) {
      environment_.Post([this, running, next, scalars = std::move(scalars)](Napi::Env env) {
        OnProgress(env, *running, next, scalars);
      });
    };
  }
  const auto abort = std::make_shared<AbortFlag>(false);
  environment_.Start(abort, [this, running, range, progress = std::move(progress), abort] {
    Context context = environment_.context();
    Outcome outcome = Replay(context, schedule_, range, *abort, progress);
    environment_.Post([this, running, outcome = std::move(outcome)](Napi::Env env) { OnEnd(env, *running, outcome); });
  });
  abort_ = abort;
  Ref();  // the object outlives its run
  return running->deferred.Promise();
}

void ReplayObject::Abort(const Napi::CallbackInfo&) {
  if (abort_ != nullptr) *abort_ = true;
}

void ReplayObject::OnProgress(Napi::Env env, Running& running, uint64_t next, const std::vector<double>& scalars) {
  const Napi::HandleScope scope(env);
  try {
    // A buffer that was transferred away may be freed by its new owner: end the run while it is still there.
    CheckBuffers();
  } catch (const InvalidArgument& error) {
    running.failure = error.what();
    if (abort_ != nullptr) *abort_ = true;
    return;
  }
  auto copy = Napi::Float64Array::New(env, scalars.size());
  std::copy(scalars.begin(), scalars.end(), copy.Data());
  try {
    running.on_progress.Call({Napi::Number::New(env, static_cast<double>(next)), copy});
  } catch (const Napi::Error& error) {
    // A throwing listener ends the run rather than the process.
    running.failure = error.Message();
    if (abort_ != nullptr) *abort_ = true;
  }
}

void ReplayObject::OnEnd(Napi::Env env, Running& running, const Outcome& outcome) {
  const Napi::HandleScope scope(env);
  abort_ = nullptr;
  environment_.Finished();
  Outcome told = outcome;
  if (!running.failure.empty()) {
    told.reason = Outcome::kFailed;
    told.message = running.failure;
  }
  running.deferred.Resolve(ToObject(env, told));
  running.on_progress.Reset();
  running.input.Reset();
  Unref();
}

}  // namespace blasnet
