// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The program of README.md: it listens, and starts itself again to be its own client.
// [program]
#include <iostream>
#include "viaduct/viaduct.hpp"
using namespace std::chrono_literals;

int main(int count, char** args) {
  if (count > 1) {  // the client, in a process of its own
    return viaduct::named_pipe::connect(args[1], 5s).value().send("hello", 5s).has_value() ? 0 : 1;
  }
  auto listener = viaduct::named_pipe_listener::create("greeting", viaduct::framing::messages).value();
  const auto program = viaduct::identity::self().executable().value();
  auto client = viaduct::child_process::spawn(program, {"greeting"}).value();
  auto pipe = listener.accept(5s).value();
  char text[64];
  const std::size_t size = pipe.receive(text, 5s).value();
  std::cout << "process " << pipe.peer().process_id() << " says " << std::string_view(text, size) << '\n';
}
// [program]
