#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace twin::kernels {

// 64-byte aligned memory that a thread keeps from call to call: fresh memory of this size comes
// from the system page by page, which takes longer than filling it. Each `Slot` is one buffer; its
// content is the last caller's.
enum class Slot { kA, kB, kActivations, kPanels, kAttention, kWidened, kHalves };

struct FreeAligned {
  void operator()(void* p) const { std::free(p); }
};

namespace {  // compiled per instruction set: see kernels_impl.h

template <Slot slot>
void* thread_scratch(size_t bytes) {
  thread_local std::unique_ptr<void, FreeAligned> buffer;
  thread_local size_t size = 0;
  if (size < bytes) {
    buffer.reset();
    size = 0;
    const size_t whole = (bytes + 63) / 64 * 64;
    buffer.reset(std::aligned_alloc(64, whole));
    if (buffer == nullptr) throw std::bad_alloc();
    size = whole;
  }
  return buffer.get();
}

}  // namespace
}  // namespace twin::kernels
