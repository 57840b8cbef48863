// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A map<string, vector<int>> that one process builds and another reads in place. The program starts itself again to be the
// reader, and once more to die while it writes.
#include "viaduct/shared_heap.hpp"

#include <filesystem>
#include <iostream>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;
using viaduct::shared_heap;
using viaduct::shared_memory;
using table = shared_heap::map<shared_heap::string, shared_heap::vector<int>>;

namespace {

// [writer]
void build(const std::string& name, const std::filesystem::path& program) {
  auto memory = shared_memory::create(name, 1 << 20).value();
  auto heap = shared_heap::create(memory).value();
  auto* numbers = heap.construct<table>("numbers").value();
  heap.update([&] { numbers->emplace("primes", std::initializer_list<int>{2, 3, 5, 7}); }).value();
  auto reader = viaduct::child_process::spawn(program, {"read", name}).value();
  if (!reader.wait(5s).value().success()) throw std::runtime_error("the reader failed");
}
// [writer]

// [reader]
void read(const std::string& name) {
  auto memory = shared_memory::open(name, 5s).value();
  auto heap = shared_heap::open(memory, 5s).value();
  const auto* numbers = heap.find<table>("numbers").value();
  for (const auto& [key, values] : *numbers) std::cout << "reader: " << key << " has " << values.size() << " numbers, ";
  std::cout << "the last of the primes is " << numbers->find("primes")->second.back() << std::endl;
}
// [reader]

// [crash]
// Whoever comes after a writer that was killed inside is told, instead of walking through a half changed map.
void survive(const std::string& name, const std::filesystem::path& program) {
  auto memory = shared_memory::create(name, 1 << 20).value();
  auto heap = shared_heap::create(memory).value();
  auto writer = viaduct::child_process::spawn(program, {"die", name}).value();
  std::cout << "the writer ended with " << writer.wait(5s).value() << '\n';
  const auto found = heap.find<table>("numbers");
  std::cout << "after a crash: " << found.error().code() << '\n';
  heap.reset().value();  // anew and empty; other processes open it again
  const auto* numbers = heap.construct<table>("numbers").value();
  std::cout << "after reset: epoch " << heap.epoch() << ", " << numbers->size() << " entries\n";
}
// [crash]

void die(const std::string& name) {
  auto memory = shared_memory::open(name, 5s).value();
  auto heap = shared_heap::open(memory, 5s).value();
  heap.update([] { std::_Exit(3); }).value();
}

}  // namespace

int main(int count, char** args) try {
  const std::string role = count > 2 ? args[1] : "";
  if (role == "read") {
    read(args[2]);
  } else if (role == "die") {
    die(args[2]);
  } else {
    build(viaduct::name::unique().text(), viaduct::identity::self().executable().value());
    survive(viaduct::name::unique().text(), viaduct::identity::self().executable().value());
  }
  return 0;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
