#include <cstdlib>
#include <string>

#include "core/platform.h"
#include "test/testing.h"

namespace blasnet::testing {

TEST_CASE("variables of the environment are set, replaced and removed") {
  const char name[] = "BLASNET_TEST_VARIABLE";
  CHECK(std::getenv(name) == nullptr);
  SetVariable(name, "first");
  CHECK(std::string(std::getenv(name)) == "first");
  SetVariable(name, "second");
  CHECK(std::string(std::getenv(name)) == "second");
  RemoveVariable(name);
  CHECK(std::getenv(name) == nullptr);
}

}  // namespace blasnet::testing
