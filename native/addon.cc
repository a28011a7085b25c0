// The addon's door: everything that JavaScript can call.

#include <hwy/targets.h>
#include <napi.h>

#include "bind/environment.h"
#include "bind/operands.h"
#include "bind/plan_object.h"
#include "bind/replay_object.h"
#include "core/exchange.h"
#include "core/float_mode.h"
#include "core/machine.h"
#include "core/rules.h"
#include "core/runtime_scalars.h"
#include "core/sizes.h"
#include "math/bfloat16.h"
#include "math/gemm.h"

namespace blasnet {
namespace {

// execute(dtype, kernel, operands): runs one kernel at once, on this thread and the pool
void Execute(const Napi::CallbackInfo& info) {
  if (!info[2].IsArray()) throw InvalidArgument("Expected an array for operands");
  // Names first: converting them may run JavaScript, which must not move the memory that is looked at next.
  const int variant = VariantOf(info[0]);
  const Kernel& kernel = Kernels().Find(info[1].ToString());
  std::vector<Buffer> memory;
  std::vector<Operand> operands = EagerOperands(info[2].As<Napi::Array>(), &memory);
  Plan plan(memory.size());
  plan.Add(kernel, variant, std::move(operands));
  for (size_t i = 0; i < memory.size(); ++i) plan.Bind(i, memory[i]);
  Environment& environment = Environment::Of(info.Env());
  Context context = environment.context();
  {
    const FlushDenormals flush;
    plan.Run(context);
  }
  environment.ReportScratch();
}

// misalignment(arrayBuffer) → bytes from the last multiple of the alignment to its start
Napi::Value Misalignment(const Napi::CallbackInfo& info) {
  const auto address = reinterpret_cast<uintptr_t>(MemoryOf(info[0], "buffer").data);
  return Napi::Number::New(info.Env(), static_cast<double>(address % sizes::kAlignment));
}

void SetThreads(const Napi::CallbackInfo& info) {
  const size_t threads = IndexOf(info[0], "threads");
  Check(threads >= 1 && threads <= 256, "Expected 1 to 256 for threads");
  Environment::Of(info.Env()).pool().Resize(threads);
}

Napi::Value GetThreads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(Environment::Of(info.Env()).pool().threads()));
}

// registerExchange(external) → the number by which kernels name the communicator
Napi::Value AddExchange(const Napi::CallbackInfo& info) {
  if (!info[0].IsExternal()) throw InvalidArgument("Expected the functions of the addon for MPI");
  const size_t number = RegisterExchange(info[0].As<Napi::External<Exchange>>().Data());
  return Napi::Number::New(info.Env(), static_cast<double>(number));
}

// { name: [{ name, scalar, output }] }
Napi::Object DescribeKernels(Napi::Env env) {
  Napi::Object kernels = Napi::Object::New(env);
  for (const auto& [name, kernel] : Kernels().kernels()) {
    Napi::Array parameters = Napi::Array::New(env);
    for (const Parameter& parameter : kernel.parameters) {
      Napi::Object described = Napi::Object::New(env);
      described.Set("name", parameter.name);
      described.Set("scalar", parameter.is_scalar);
      described.Set("output", parameter.is_output);
      parameters.Set(parameters.Length(), described);
    }
    kernels.Set(name, parameters);
  }
  return kernels;
}

Napi::Object DescribeScalars(Napi::Env env) {
  Napi::Object names = Napi::Object::New(env);
  for (const auto& [name, scalar] : scalars::kNames) names.Set(name, static_cast<double>(scalar));
  return names;
}

Napi::Object DescribeSizes(Napi::Env env) {
  Napi::Object described = Napi::Object::New(env);
  for (const auto& [name, size] : sizes::kNames) described.Set(name, static_cast<double>(size));
  described.Set("largeProduct", static_cast<double>(kRules.large_product()));
  return described;
}

// Properties of the machine, and the sizes derived from them.
Napi::Object DescribeMachine(Napi::Env env) {
  const Machine& machine = ThisMachine();
  Napi::Object described = Napi::Object::New(env);
  const std::pair<const char*, size_t> numbers[] = {
      {"l1Bytes", machine.l1.bytes},
      {"l2Bytes", machine.l2.bytes},
      {"l3Bytes", machine.l3.bytes},
      {"l2SharedBy", machine.l2.shared_by},
      {"l3SharedBy", machine.l3.shared_by},
      {"vectorBits", machine.vector_bytes * 8},
      {"cpus", machine.cpus},
      {"cores", machine.cores},
      {"numaNodes", machine.numa_nodes},
      {"nearBytes", kRules.near_bytes},
      {"partRows", kRules.part_rows},
      {"largeFactor", kRules.large_factor},
      {"cachedMatrix", kRules.cached_matrix},
      {"tileProduct", kRules.tile_product},
  };
  for (const auto& [name, number] : numbers) described.Set(name, static_cast<double>(number));
  const std::pair<const char*, bool> instructions[] = {
      {"avx512Bf16", machine.avx512_bf16},
      {"vnni", machine.vnni},
      {"amxBf16", machine.amx_bf16},
      {"amxInt8", machine.amx_int8},
  };
  for (const auto& [name, has] : instructions) described.Set(name, has);
  return described;
}

// OpenBLAS's name for kernels with the vector instructions of this CPU.
const char* BlasCore() {
#if HWY_ARCH_X86
  if ((hwy::SupportedTargets() & HWY_AVX3) != 0) return "SkylakeX";
  if ((hwy::SupportedTargets() & HWY_AVX2) != 0) return "Haswell";
#endif
  return nullptr;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
#if HWY_ARCH_X86
  Check((hwy::SupportedTargets() & HWY_SSE4) != 0, "Expected a CPU with SSE4.1");
#endif
  PrepareBlas(BlasCore());
  auto* environment = new Environment(env);
  env.SetInstanceData(environment);
  const Napi::Function plan = PlanObject::Define(env);
  environment->plan_class = Napi::Persistent(plan);
  exports.Set("Plan", plan);
  exports.Set("Replay", ReplayObject::Define(env));
  exports.Set("execute", Napi::Function::New<Execute>(env, "execute"));
  exports.Set("misalignment", Napi::Function::New<Misalignment>(env, "misalignment"));
  exports.Set("setThreads", Napi::Function::New<SetThreads>(env, "setThreads"));
  exports.Set("getThreads", Napi::Function::New<GetThreads>(env, "getThreads"));
  exports.Set("registerExchange", Napi::Function::New<AddExchange>(env, "registerExchange"));
  exports.Set("kernels", DescribeKernels(env));
  exports.Set("scalars", DescribeScalars(env));
  exports.Set("sizes", DescribeSizes(env));
  exports.Set("blas", BlasVersion());
  exports.Set("simd", hwy::TargetName(hwy::SupportedTargets() & -hwy::SupportedTargets()));
  exports.Set("machine", DescribeMachine(env));
  exports.Set("bfloat16", NameOf(WayOfBfloat16()));
  exports.Set("physicalCores", static_cast<double>(PhysicalCores()));
  return exports;
}

NODE_API_MODULE(blasnet, Init)

}  // namespace
}  // namespace blasnet
