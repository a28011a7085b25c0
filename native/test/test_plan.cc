#include "test/testing.h"

namespace blasnet::testing {

namespace {

// out[i] = factor · in[i]
template <class T>
void Scale(Context&, Vector<const T> in, double factor, Vector<T> out) {
  CheckEqual("out's size", in.size, out.size);
  for (size_t i = 0; i < in.size; ++i) out[i] = static_cast<T>(in[i] * factor);
}

// shape = rows and columns of x
template <class T>
void ShapeOf(Context&, Matrix<const T> x, Vector<double> shape) {
  shape[0] = static_cast<double>(x.rows);
  shape[1] = static_cast<double>(x.cols);
}

const Registry& TestRegistry() {
  static const Registry& registry = *[] {
    auto* built = new Registry();
    built->Add<&Scale<float>, &Scale<double>>("scale", {"in", "factor", "out"});
    built->Add<&ShapeOf<float>, &ShapeOf<double>>("shape_of", {"x", "shape"});
    return built;
  }();
  return registry;
}

const Kernel& ScaleKernel() { return TestRegistry().Find("scale"); }

Operand At(size_t buffer, size_t offset, DataType type, std::initializer_list<size_t> shape) {
  Operand operand;
  operand.buffer = buffer;
  operand.offset = offset;
  operand.shape.type = type;
  operand.shape.rank = static_cast<uint8_t>(shape.size());
  std::copy(shape.begin(), shape.end(), operand.shape.shape);
  return operand;
}

Operand Constant(double value) {
  Operand operand;
  operand.constant = value;
  return operand;
}

template <class T>
Buffer BufferOf(std::vector<T>& values) {
  return {reinterpret_cast<unsigned char*>(values.data()), values.size() * sizeof(T)};
}

constexpr DataType kF32 = DataType::kFloat32, kF64 = DataType::kFloat64;

}  // namespace

TEST_CASE("a plan runs its calls in order, in both variants") {
  std::vector<float> singles = {1, 2, 3, 0, 0, 0};
  Plan plan(1);
  plan.Add(ScaleKernel(), 0, {At(0, 0, kF32, {3}), Constant(2), At(0, 12, kF32, {3})});
  plan.Add(ScaleKernel(), 0, {At(0, 12, kF32, {3}), Constant(10), At(0, 0, kF32, {3})});
  plan.Bind(0, BufferOf(singles));
  plan.Run(SharedContext());
  CHECK(singles == std::vector<float>{20, 40, 60, 2, 4, 6});

  std::vector<double> doubles = {1, 2, 0, 0};
  Plan exact(1);
  exact.Add(ScaleKernel(), 1, {At(0, 0, kF64, {2}), Constant(0.1), At(0, 16, kF64, {2})});
  exact.Bind(0, BufferOf(doubles));
  exact.Run(SharedContext());
  CHECK(doubles == std::vector<double>{1, 2, 0.1, 0.2});
}

TEST_CASE("a plan refuses operands that do not fit the kernel") {
  Plan plan(1);
  const Operand tensor = At(0, 0, kF32, {3});
  const auto add = [&](int variant, std::vector<Operand> operands) { plan.Add(ScaleKernel(), variant, operands); };
  CHECK_THROWS_WITH_AS(add(0, {tensor, Constant(1)}), "Expected 3 for scale's arguments but received 2",
                       InvalidArgument);
  CHECK_THROWS_AS(add(0, {tensor, Constant(1), tensor, tensor}), InvalidArgument);
  CHECK_THROWS_AS(add(0, {}), InvalidArgument);
  CHECK_THROWS_WITH_AS(add(1, {tensor, Constant(1), tensor}), "Expected float64 for scale's in but received float32",
                       InvalidArgument);
  CHECK_THROWS_AS(add(0, {tensor, Constant(1), At(0, 0, DataType::kInt32, {3})}), InvalidArgument);
  CHECK_THROWS_WITH_AS(add(0, {Constant(1), Constant(1), tensor}),
                       "Expected 0 for scale's in (0: tensor, 1: scalar) but received 1", InvalidArgument);
  CHECK_THROWS_AS(add(0, {tensor, At(0, 0, kF64, {1}), tensor}), InvalidArgument);
  CHECK_THROWS_AS(add(0, {tensor, Constant(1), At(1, 0, kF32, {3})}), InvalidArgument);
  // A scalar that lies in a buffer is a float64 as well.
  CHECK_THROWS_AS(add(0, {tensor, At(0, 0, kF32, {}), tensor}), InvalidArgument);
  // A tensor cannot be a constant of the plan.
  CHECK_THROWS_AS(add(0, {tensor, Constant(1), At(Operand::kConstant, 0, kF32, {3})}), InvalidArgument);
}

TEST_CASE("a plan refuses memory that its tensors do not lie in") {
  std::vector<float> memory(8);
  const auto bind = [&](const Operand& in, size_t bytes) {
    Plan plan(1);
    plan.Add(ScaleKernel(), 0, {in, Constant(1), At(0, 0, kF32, {1})});
    plan.Bind(0, {reinterpret_cast<unsigned char*>(memory.data()), bytes});
  };
  CHECK_NOTHROW(bind(At(0, 20, kF32, {3}), 32));
  CHECK_NOTHROW(bind(At(0, 32, kF32, {0}), 32));
  CHECK_THROWS_WITH_AS(bind(At(0, 24, kF32, {3}), 32), "Expected a tensor to lie within its buffer", InvalidArgument);
  CHECK_THROWS_AS(bind(At(0, 20, kF32, {3}), 31), InvalidArgument);
  CHECK_THROWS_AS(bind(At(0, 36, kF32, {0}), 32), InvalidArgument);
  CHECK_THROWS_AS(bind(At(0, 4, kF32, {static_cast<size_t>(-1) / 4}), 32), InvalidArgument);
  CHECK_THROWS_AS(bind(At(0, static_cast<size_t>(-4), kF32, {1}), 32), InvalidArgument);
  CHECK_THROWS_WITH_AS(bind(At(0, 2, kF32, {1}), 32), "Expected a tensor to be aligned to its type", InvalidArgument);
  Plan plan(1);
  CHECK_THROWS_AS(plan.Bind(1, BufferOf(memory)), InvalidArgument);
  CHECK_THROWS_AS(plan.BindRows(1, BufferOf(memory), 1), InvalidArgument);
}

TEST_CASE("rows of a port can be bound anew") {
  std::vector<float> memory(12);
  std::vector<double> shape(2);
  Plan plan(2);
  plan.Add(TestRegistry().Find("shape_of"), 0, {At(0, 0, kF32, {2, 1, 3}), At(1, 0, kF64, {2})});
  plan.Bind(1, BufferOf(shape));
  for (const size_t rows : {2, 4, 0, 1}) {
    plan.BindRows(0, BufferOf(memory), rows);
    plan.Run(SharedContext());
    CHECK(shape == std::vector<double>{static_cast<double>(rows), 3});
  }
  CHECK_THROWS_AS(plan.BindRows(0, BufferOf(memory), 5), InvalidArgument);
  // Three times this many rows of 4 bytes wraps around to 4 bytes.
  CHECK_THROWS_AS(plan.BindRows(0, BufferOf(memory), static_cast<size_t>(-1) / 3 + 1), InvalidArgument);
  CHECK_THROWS_AS(plan.BindRows(0, BufferOf(memory), static_cast<size_t>(-1)), InvalidArgument);
}

TEST_CASE("a plan whose new memory was refused stays bound as it was") {
  std::vector<float> memory = {1, 2, 3, 0, 0, 0}, small = {7, 8, 9};
  Plan plan(1);
  plan.Add(ScaleKernel(), 0, {At(0, 0, kF32, {3}), Constant(2), At(0, 12, kF32, {3})});
  plan.Bind(0, BufferOf(memory));
  CHECK_THROWS_AS(plan.Bind(0, BufferOf(small)), InvalidArgument);
  CHECK_THROWS_AS(plan.BindRows(0, BufferOf(memory), 4), InvalidArgument);
  CHECK(plan.buffer(0).data == BufferOf(memory).data);
  plan.Run(SharedContext());
  CHECK(memory == std::vector<float>{1, 2, 3, 2, 4, 6});
  CHECK(small == std::vector<float>{7, 8, 9});
}

TEST_CASE("a scalar is read anew from its buffer in every run, wherever rows are bound") {
  std::vector<double> memory = {3, 1, 10, 0, 0};
  Plan plan(1);
  plan.Add(ScaleKernel(), 1, {At(0, 8, kF64, {2}), At(0, 0, kF64, {}), At(0, 24, kF64, {2})});
  plan.Bind(0, BufferOf(memory));
  plan.Run(SharedContext());
  CHECK(memory == std::vector<double>{3, 1, 10, 3, 30});
  memory[0] = 5;
  plan.BindRows(0, BufferOf(memory), 1);
  plan.Run(SharedContext());
  CHECK(memory == std::vector<double>{5, 1, 10, 5, 30});
}

TEST_CASE("constants stay where they are when calls are added and the plan is moved") {
  constexpr size_t kCalls = 1000;
  std::vector<double> memory(kCalls + 1);
  memory[0] = 1;
  Plan plan(1);
  for (size_t i = 0; i < kCalls; ++i) {
    const size_t out = (i + 1) * sizeof(double);
    plan.Add(ScaleKernel(), 1, {At(0, 0, kF64, {1}), Constant(static_cast<double>(i)), At(0, out, kF64, {1})});
  }
  Plan moved(0);
  moved = std::move(plan);
  CHECK(moved.buffer_count() == 1);
  moved.Bind(0, BufferOf(memory));
  moved.Run(SharedContext());
  bool right = true;
  for (size_t i = 0; i < kCalls; ++i) right = right && memory[i + 1] == static_cast<double>(i);
  CHECK(right);
}

TEST_CASE("what a kernel throws comes out of the plan, and later calls do not run") {
  std::vector<float> memory = {1, 2, 3, 0, 0, 0};
  Plan plan(1);
  plan.Add(ScaleKernel(), 0, {At(0, 0, kF32, {3}), Constant(2), At(0, 12, kF32, {2})});
  plan.Add(ScaleKernel(), 0, {At(0, 0, kF32, {3}), Constant(2), At(0, 12, kF32, {3})});
  plan.Bind(0, BufferOf(memory));
  CHECK_THROWS_WITH_AS(plan.Run(SharedContext()), "Expected 3 for out's size but received 2", InvalidArgument);
  CHECK(memory[3] == 0);
}

}  // namespace blasnet::testing
