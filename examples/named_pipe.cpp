// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// An echo server and its client, by name, with whole messages. The program starts itself again to be the client.
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;

namespace {

// [server]
// Answers every message of one client until the client says goodbye. The listener owns the name.
int server(const std::filesystem::path& program) {
  const viaduct::name name = viaduct::name::unique();  // or any text both sides know: "echo"
  auto listener = viaduct::named_pipe_listener::create(name, viaduct::framing::messages).value();
  auto child = viaduct::child_process::spawn(program, {name.text()}).value();

  auto pipe = listener.accept(5s).value();
  std::cout << "server: same user: " << std::boolalpha << (pipe.peer().user() == viaduct::user::current()) << std::endl;
  std::vector<char> message(pipe.max_message());
  for (;;) {
    const viaduct::result<std::size_t> size = pipe.receive(message, 5s);
    if (size.has_error() && size.error() == viaduct::errc::closed) break;  // the client's end mark; else peer_died
    pipe.send(viaduct::bytes(message).first(size.value()), 5s).value();
  }
  std::cout << "server: the client has said goodbye" << std::endl;
  return child.wait(5s).value().code;
}
// [server]

// [client]
// connect() waits until the listener is there, and has checked that the server is the user who owns the name.
void client(const std::string& name) {
  auto pipe = viaduct::named_pipe::connect(name, 5s).value();
  char answer[64];
  for (const char* word : {"good", "morning", ""}) {  // an empty message is a message
    pipe.send(word, 5s).value();
    const std::size_t size = pipe.receive(answer, 5s).value();
    std::cout << "client: echo \"" << std::string_view(answer, size) << '"' << std::endl;
  }
  pipe.shutdown_write(5s).value();  // the end mark has gone out: the server will see closed, not peer_died
}
// [client]

// [nobody]
// Nobody has this name: not_found, once the deadline has passed.
void connect_to_nobody() {
  const auto pipe = viaduct::named_pipe::connect(viaduct::name::unique(), 10ms);
  std::cout << "without a server: " << pipe.error().code() << std::endl;
}
// [nobody]

}  // namespace

int main(int count, char** args) try {
  if (count > 1) {
    client(args[1]);
    return 0;
  }
  connect_to_nobody();
  return server(viaduct::identity::self().executable().value());
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
