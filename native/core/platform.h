#pragma once

// Functions whose implementation depends on the operating system. PhysicalCores, in pool.h, is another one.

namespace blasnet {

// Sets a variable of the environment of this process; of child processes, too.
void SetVariable(const char* name, const char* value);

void RemoveVariable(const char* name);

// Whether threads still run when a process calls the exit handlers of its libraries. Windows has ended them by then,
// wherever they were: there is nothing to stop, and what a thread had locked stays locked.
#ifdef _WIN32
inline constexpr bool kThreadsRunAtExit = false;
#else
inline constexpr bool kThreadsRunAtExit = true;
#endif

}  // namespace blasnet
