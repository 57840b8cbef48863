// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/memory.hpp"

#include <cstdint>
#include <cstdlib>
#include <new>

namespace {
thread_local std::uint64_t count = 0;
thread_local std::size_t refused_from = SIZE_MAX;
thread_local std::uint64_t refused = 0;  // the number of the one that fails; 0: none

void* allocate(std::size_t size) noexcept {
  ++count;
  if (size >= refused_from || count == refused) return nullptr;
  return std::malloc(size != 0 ? size : 1);
}
}  // namespace

namespace viaduct::test {
std::uint64_t allocations() noexcept { return count; }

scarce_memory::scarce_memory(std::size_t too_large) noexcept { refused_from = too_large; }
scarce_memory::~scarce_memory() { refused_from = SIZE_MAX; }

failing_allocation::failing_allocation(std::uint64_t number) noexcept { refused = count + number; }
failing_allocation::~failing_allocation() { refused = 0; }
bool failing_allocation::has_failed() const noexcept { return count >= refused; }
}  // namespace viaduct::test

void* operator new(std::size_t size) {
  void* const memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
