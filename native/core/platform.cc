#include "core/platform.h"

#include <cstdlib>

namespace blasnet {

#ifdef _WIN32

void SetVariable(const char* name, const char* value) { _putenv_s(name, value); }
void RemoveVariable(const char* name) { _putenv_s(name, ""); }

#else

void SetVariable(const char* name, const char* value) { setenv(name, value, 1); }
void RemoveVariable(const char* name) { unsetenv(name); }

#endif

}  // namespace blasnet
