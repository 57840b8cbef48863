// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Two licences for a program of which three processes want one. One of them dies with a licence in its hands.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;

namespace {

// [user]
// Holds a permit for as long as `licence` lives. Ending without giving it back, as here, is no harm either.
int use_licence(const std::string& name) {
  auto pool = viaduct::permit_pool::open(name, 5s).value();
  auto licence = pool.acquire(5s).value();
  std::cout << "user: has a licence, and crashes" << std::endl;
  std::_Exit(3);
}
// [user]

// [owner]
void share_licences(const std::string& name, const std::filesystem::path& program) {
  auto pool = viaduct::permit_pool::create(name, 2).value();
  auto mine = pool.acquire(5s).value();
  auto crashing = viaduct::child_process::spawn(program, {name}).value();
  std::cout << "owner: the user ended with " << crashing.wait(5s).value() << '\n';

  auto second = pool.acquire(5s).value();  // the permit that the dead process held
  std::cout << "owner: " << pool.available() << " of " << pool.permits() << " left\n";
  const auto third = pool.acquire(viaduct::deadline::now());
  std::cout << "owner: a third: " << third.error().code() << '\n';
  second.release().value();
  std::cout << "owner: " << pool.available() << " of " << pool.permits() << " left\n";
}
// [owner]

}  // namespace

int main(int count, char** args) try {
  if (count > 1) return use_licence(args[1]);
  share_licences(viaduct::name::unique().text(), viaduct::identity::self().executable().value());
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
