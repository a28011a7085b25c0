// The addon for MPI, compiled where MPI is: what ts/mpi/ calls.

#include <napi.h>

#include <memory>
#include <string>
#include <utility>

#include "mpi/collectives.h"
#include "mpi/engine.h"
#include "mpi/kernel_functions.h"
#include "mpi/shard_sums.h"

namespace blasnet::mpi {
namespace {

using Task = std::function<void(Napi::Env)>;

void RunTask(Napi::Env env, Napi::Function, std::nullptr_t*, Task* task) {
  const std::unique_ptr<Task> owned(task);
  if (static_cast<napi_env>(env) != nullptr) (*owned)(env);
}

using Channel = Napi::TypedThreadSafeFunction<std::nullptr_t, Task, RunTask>;

// To the JavaScript thread. Referenced while promises are open, so that the process does not end before they settle.
struct Door {
  Channel channel;
  size_t open = 0;
};

Door& TheDoor() {
  static Door& door = *new Door();
  return door;
}

// A promise for what a job leaves in its result, once the engine's thread has done it.
template <class Result>
Napi::Value Promise(Napi::Env env, std::function<void(Result&)> job,
                    std::function<Napi::Value(Napi::Env, Result&)> value) {
  auto result = std::make_shared<Result>();
  const auto deferred = std::make_shared<Napi::Promise::Deferred>(Napi::Promise::Deferred::New(env));
  Engine::Get().Post([job = std::move(job), result] { job(*result); },
                     [result, deferred, value = std::move(value)](const std::string& failure) {
                       auto task = std::make_unique<Task>([=](Napi::Env env) {
                         Door& door = TheDoor();
                         if (--door.open == 0) door.channel.Unref(env);
                         if (failure.empty()) {
                           deferred->Resolve(value(env, *result));
                         } else {
                           deferred->Reject(Napi::Error::New(env, failure).Value());
                         }
                       });
                       if (TheDoor().channel.NonBlockingCall(task.get()) == napi_ok) task.release();
                     });
  Door& door = TheDoor();
  if (door.open++ == 0) door.channel.Ref(env);
  return deferred->Promise();
}

struct Nothing {};

Napi::Value Undefined(Napi::Env env, Nothing&) { return env.Undefined(); }

Bytes BytesOf(const Napi::Value& value) {
  if (!value.IsTypedArray()) throw std::invalid_argument("Expected a Uint8Array for bytes");
  const auto array = value.As<Napi::Uint8Array>();
  const unsigned char* data = static_cast<const unsigned char*>(array.ArrayBuffer().Data()) + array.ByteOffset();
  return Bytes(data, data + array.ByteLength());
}

Napi::Value ToJs(Napi::Env env, const Bytes& bytes) {
  return Napi::Buffer<unsigned char>::Copy(env, bytes.data(), bytes.size());
}

// start(timeoutMs) → promise of { rank, size, library, exchange }
Napi::Value Start(const Napi::CallbackInfo& info) {
  const std::chrono::milliseconds timeout(info[0].ToNumber().Int64Value());
  return Promise<Engine::World>(
      info.Env(), [timeout](Engine::World& world) { world = Engine::Get().Initialize(timeout); },
      [](Napi::Env env, Engine::World& world) -> Napi::Value {
        Napi::Object object = Napi::Object::New(env);
        object.Set("rank", world.rank);
        object.Set("size", world.size);
        object.Set("library", world.library);
        object.Set("exchange", Napi::External<Exchange>::New(env, &Functions(world.rank, world.size)));
        return object;
      });
}

// barrier()
Napi::Value JsBarrier(const Napi::CallbackInfo& info) {
  return Promise<Nothing>(
      info.Env(), [](Nothing&) { Barrier(); }, Undefined);
}

// broadcast(bytes, root) → the bytes of root
Napi::Value JsBroadcast(const Napi::CallbackInfo& info) {
  const int root = info[1].ToNumber().Int32Value();
  return Promise<Bytes>(
      info.Env(),
      [bytes = BytesOf(info[0]), root](Bytes& result) {
        result = bytes;
        Broadcast(result, root);
      },
      [](Napi::Env env, Bytes& result) { return ToJs(env, result); });
}

// allGather(bytes) → those of each rank
Napi::Value JsAllGather(const Napi::CallbackInfo& info) {
  return Promise<std::vector<Bytes>>(
      info.Env(), [bytes = BytesOf(info[0])](std::vector<Bytes>& result) { result = AllGather(bytes); },
      [](Napi::Env env, std::vector<Bytes>& result) -> Napi::Value {
        Napi::Array parts = Napi::Array::New(env, result.size());
        for (size_t i = 0; i < result.size(); ++i) parts.Set(static_cast<uint32_t>(i), ToJs(env, result[i]));
        return parts;
      });
}

template <class T>
Napi::Value AllReduceOf(Napi::Env env, const Bytes& bytes) {
  return Promise<Bytes>(
      env,
      [bytes](Bytes& result) {
        result.resize(bytes.size());
        SumShards(reinterpret_cast<const T*>(bytes.data()), 1, bytes.size() / sizeof(T),
                  reinterpret_cast<T*>(result.data()), true);
      },
      [](Napi::Env env, Bytes& result) { return ToJs(env, result); });
}

// allReduce(bytes, isDouble) → the bytes of the sum
Napi::Value JsAllReduce(const Napi::CallbackInfo& info) {
  const Bytes bytes = BytesOf(info[0]);
  return info[1].ToBoolean() ? AllReduceOf<double>(info.Env(), bytes) : AllReduceOf<float>(info.Env(), bytes);
}

// heldBytes() → bytes that sums hold for numbers of other ranks
Napi::Value JsHeldBytes(const Napi::CallbackInfo& info) {
  return Promise<size_t>(
      info.Env(), [](size_t& bytes) { bytes = HeldBytes(); },
      [](Napi::Env env, size_t& bytes) -> Napi::Value { return Napi::Number::New(env, static_cast<double>(bytes)); });
}

// leave(code): at the end of the process; see Engine
void JsLeave(const Napi::CallbackInfo& info) { Engine::Get().Leave(info[0].ToNumber().Int32Value()); }

// abort(code): ends all ranks; does not return
void JsAbort(const Napi::CallbackInfo& info) { Engine::Get().Abort(info[0].ToNumber().Int32Value()); }

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  TheDoor().channel = Channel::New(env, "blasnet-mpi", 0, 1);
  TheDoor().channel.Unref(env);
  exports.Set("start", Napi::Function::New<Start>(env, "start"));
  exports.Set("barrier", Napi::Function::New<JsBarrier>(env, "barrier"));
  exports.Set("broadcast", Napi::Function::New<JsBroadcast>(env, "broadcast"));
  exports.Set("allGather", Napi::Function::New<JsAllGather>(env, "allGather"));
  exports.Set("allReduce", Napi::Function::New<JsAllReduce>(env, "allReduce"));
  exports.Set("heldBytes", Napi::Function::New<JsHeldBytes>(env, "heldBytes"));
  exports.Set("leave", Napi::Function::New<JsLeave>(env, "leave"));
  exports.Set("abort", Napi::Function::New<JsAbort>(env, "abort"));
  return exports;
}

NODE_API_MODULE(blasnet_mpi, Init)

}  // namespace
}  // namespace blasnet::mpi
