#include "core/scratch.h"

#include <algorithm>
#include <bit>
#include <new>

#include "core/spin.h"

namespace blasnet {

namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

Scratch::~Scratch() {
  for (const Block::Memory& memory : free_) ::operator delete(memory.data, kAlignment);
}

Scratch::Block::Memory Scratch::Take(size_t bytes) {
  Block::Memory memory;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    free_.reserve(free_.size() + 1);  // so that Return cannot fail
    if (!free_.empty()) {
      memory = free_.back();
      free_.pop_back();
    }
  }
  if (memory.bytes >= bytes) return memory;
  ::operator delete(memory.data, kAlignment);
  bytes_ -= memory.bytes;
  memory = {};
  memory.data = static_cast<unsigned char*>(::operator new(bytes, kAlignment));
  memory.bytes = bytes;
  bytes_ += bytes;
  return memory;
}

void Scratch::Return(Block::Memory memory) {
  std::lock_guard<std::mutex> lock(mutex_);
  free_.push_back(memory);
}

size_t ScratchPieces::Claim() {
  Spinner spinner;
  uint64_t free = free_.load(std::memory_order_relaxed);
  while (true) {
    if (free == 0) {
      spinner.Wait();
      free = free_.load(std::memory_order_relaxed);
      continue;
    }
    const auto index = static_cast<size_t>(std::countr_zero(free));
    if (free_.compare_exchange_weak(free, free & (free - 1), std::memory_order_acquire)) return index;
  }
}

}  // namespace blasnet
