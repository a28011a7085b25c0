#include "core/registry.h"

#include <algorithm>

namespace blasnet {

constinit KernelModule* KernelModule::head_ = nullptr;

void Kernel::Mark(std::initializer_list<const char*> names, bool Parameter::*mark) {
  for (const char* name : names) {
    const auto found =
        std::find_if(parameters.begin(), parameters.end(), [name](const Parameter& p) { return p.name == name; });
    Check(found != parameters.end() && !found->is_scalar, "Expected the name of a tensor of the kernel");
    (*found).*mark = true;
  }
}

Kernel& Kernel::ByRows(std::initializer_list<const char*> names) {
  Mark(names, &Parameter::by_rows);
  return *this;
}

Kernel& Kernel::ReadsSomeRows(std::initializer_list<const char*> names) {
  Mark(names, &Parameter::reads_some_rows);
  return *this;
}

bool Kernel::by_rows() const {
  return std::any_of(parameters.begin(), parameters.end(), [](const Parameter& p) { return p.by_rows; });
}

Kernel& Registry::Add(const char* name, std::initializer_list<const char*> names, std::vector<Parameter> f32,
                      const std::vector<Parameter>& f64, Invoker invoke32, Invoker invoke64) {
  CheckEqual(name, f32.size(), names.size());
  size_t i = 0;
  for (const char* parameter : names) {
    f32[i].name = parameter;
    f32[i].type[1] = f64[i].type[1];
    ++i;
  }
  const auto [place, added] = kernels_.emplace(name, Kernel{name, std::move(f32), {invoke32, invoke64}});
  if (!added) throw InvalidArgument(std::string("Two kernels are named ") + name);
  return place->second;
}

const Kernel& Registry::Find(const std::string& name) const {
  const auto found = kernels_.find(name);
  if (found == kernels_.end()) throw InvalidArgument("Expected the name of a kernel but received '" + name + "'");
  return found->second;
}

const Registry& Kernels() {
  static const Registry& registry = *[] {
    auto* built = new Registry();
    for (const KernelModule* module = KernelModule::head_; module != nullptr; module = module->next_) {
      module->add_(*built);
    }
    return built;
  }();
  return registry;
}

}  // namespace blasnet
