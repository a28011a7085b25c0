#pragma once

// Memory between two pages that the process may not touch: whoever reads or writes beyond it ends the tests.

#include <cstddef>

#include "test/testing.h"

#ifdef _WIN32
#define NOMINMAX
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace blasnet::testing {

class GuardedPages {
 public:
  // Of at least so many bytes, in whole pages.
  explicit GuardedPages(size_t bytes) {
    const size_t page = PageSize();
    inner_ = (bytes + page - 1) / page * page;
    memory_ = Reserve(inner_ + 2 * page);
    REQUIRE(memory_ != nullptr);
    begin_ = memory_ + page;
    REQUIRE(Open(begin_, inner_));
  }
  ~GuardedPages() { Release(memory_, inner_ + 2 * PageSize()); }
  GuardedPages(const GuardedPages&) = delete;
  GuardedPages& operator=(const GuardedPages&) = delete;

  unsigned char* begin() const { return begin_; }
  unsigned char* end() const { return begin_ + inner_; }

 private:
#ifdef _WIN32
  static size_t PageSize() {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
  }
  static unsigned char* Reserve(size_t bytes) {
    return static_cast<unsigned char*>(VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_NOACCESS));
  }
  static bool Open(unsigned char* begin, size_t bytes) {
    return bytes == 0 || VirtualAlloc(begin, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr;
  }
  static void Release(unsigned char* begin, size_t) { VirtualFree(begin, 0, MEM_RELEASE); }
#else
  static size_t PageSize() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }
  static unsigned char* Reserve(size_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : static_cast<unsigned char*>(memory);
  }
  static bool Open(unsigned char* begin, size_t bytes) {
    return bytes == 0 || mprotect(begin, bytes, PROT_READ | PROT_WRITE) == 0;
  }
  static void Release(unsigned char* begin, size_t bytes) { munmap(begin, bytes); }
#endif

  size_t inner_;
  unsigned char* memory_;
  unsigned char* begin_;
};

}  // namespace blasnet::testing
