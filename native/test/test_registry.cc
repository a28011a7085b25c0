#include "core/registry.h"
#include "test/testing.h"

namespace blasnet::testing {

namespace {

template <class T>
void Mixed(Context&, Matrix<const uint8_t>, Vector<const int32_t>, Vector<const T>, Matrix<T>, double) {}

}  // namespace

TEST_CASE("a registry describes a kernel's parameters for both variants") {
  Registry registry;
  registry.Add<&Mixed<float>, &Mixed<double>>("mixed", {"bytes", "order", "in", "out", "factor"});
  const Kernel& kernel = registry.Find("mixed");
  CHECK(kernel.name == "mixed");
  REQUIRE(kernel.parameters.size() == 5);
  const auto check = [&](size_t i, const char* name, bool scalar, bool output, DataType f32, DataType f64) {
    const Parameter& parameter = kernel.parameters[i];
    CHECK(parameter.name == name);
    CHECK(parameter.is_scalar == scalar);
    CHECK(parameter.is_output == output);
    CHECK(parameter.type[0] == f32);
    CHECK(parameter.type[1] == f64);
  };
  check(0, "bytes", false, false, DataType::kUint8, DataType::kUint8);
  check(1, "order", false, false, DataType::kInt32, DataType::kInt32);
  check(2, "in", false, false, DataType::kFloat32, DataType::kFloat64);
  check(3, "out", false, true, DataType::kFloat32, DataType::kFloat64);
  check(4, "factor", true, false, DataType::kFloat64, DataType::kFloat64);
}

TEST_CASE("a kernel's parameters are marked by their names") {
  Registry registry;
  Kernel& kernel = registry.Add<&Mixed<float>, &Mixed<double>>("mixed", {"bytes", "order", "in", "out", "factor"});
  kernel.ReadsSomeRows({"bytes", "order"}).ByRows({"in", "out"});
  const bool reads_some_rows[] = {true, true, false, false, false}, by_rows[] = {false, false, true, true, false};
  for (size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(kernel.parameters[i].reads_some_rows == reads_some_rows[i]);
    CHECK(kernel.parameters[i].by_rows == by_rows[i]);
  }
  CHECK_THROWS_AS(kernel.ReadsSomeRows({"byte"}), InvalidArgument);
  CHECK_THROWS_AS(kernel.ByRows({"factor"}), InvalidArgument);
}

TEST_CASE("gathering picks rows: the size of a data set says nothing of its work") {
  for (const char* name : {"gather_rows", "gather_byte_rows", "gather_images", "augment_images"}) {
    CAPTURE(name);
    for (const Parameter& parameter : Kernels().Find(name).parameters) {
      CHECK(parameter.reads_some_rows == (parameter.name == "source" || parameter.name == "order"));
    }
  }
}

TEST_CASE("a registry refuses unknown names, names used twice and names that do not fit the parameters") {
  Registry registry;
  registry.Add<&Mixed<float>, &Mixed<double>>("mixed", {"a", "b", "c", "d", "e"});
  const auto add = [&](const char* name, std::initializer_list<const char*> names) {
    registry.Add<&Mixed<float>, &Mixed<double>>(name, names);
  };
  CHECK_THROWS_WITH_AS(registry.Find("mixd"), "Expected the name of a kernel but received 'mixd'", InvalidArgument);
  CHECK_THROWS_AS(registry.Find(""), InvalidArgument);
  CHECK_THROWS_WITH_AS(add("mixed", {"a", "b", "c", "d", "e"}), "Two kernels are named mixed", InvalidArgument);
  CHECK_THROWS_WITH_AS(add("short", {"a", "b"}), "Expected 5 for short but received 2", InvalidArgument);
  CHECK(registry.kernels().size() == 1);
}

TEST_CASE("every kernel of the process has a name for each of its parameters") {
  CHECK(Kernels().kernels().size() >= 30);
  for (const auto& [name, kernel] : Kernels().kernels()) {
    CAPTURE(kernel.name);
    CHECK(kernel.name == name);
    CHECK((kernel.invoke[0] != nullptr && kernel.invoke[1] != nullptr));
    std::set<std::string> names;
    for (const Parameter& parameter : kernel.parameters) names.insert(parameter.name);
    CHECK(names.size() == kernel.parameters.size());
    CHECK(!names.contains(""));
  }
}

TEST_CASE("an argument counts rows and numbers for every rank") {
  Argument argument;
  CHECK(argument.rows() == 1);
  CHECK(argument.size() == 1);
  argument.rank = 1;
  argument.shape[0] = 5;
  CHECK(argument.rows() == 5);
  CHECK(argument.row_size() == 1);
  argument.rank = 4;
  argument.shape[1] = 2, argument.shape[2] = 3, argument.shape[3] = 4;
  CHECK(argument.row_size() == 24);
  CHECK(argument.size() == 120);
}

}  // namespace blasnet::testing
