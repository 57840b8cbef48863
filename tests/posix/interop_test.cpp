// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// With framing::bytes nothing is added to the wire: a Python program that uses only its standard library is the client of
// our listener, and the server of our connection. Sockets of other programs are adopted, and ours given away.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/children.hpp"
#include "support/names.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path python = "/usr/bin/python3";

constexpr const char* client_program = R"(
import socket, sys
connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
connection.connect(sys.argv[1])
connection.sendall(b"from python\n")
connection.shutdown(socket.SHUT_WR)
sys.stdout.write(connection.makefile().read())
)";

constexpr const char* server_program = R"(
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(sys.argv[1] + ".new")
listener.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])
connection, _ = listener.accept()
connection.sendall(connection.makefile().readline().upper().encode())
)";

child_process start_python(const char* program, const std::string& path) {
  return must(child_process::spawn(python, {"-c", program, path}, {.standard_output = stdio::piped}));
}

TEST_CASE("interop: a Python client of our listener") {
  if (!std::filesystem::exists(python)) VIADUCT_SKIP("needs python3");
  auto listener = must(named_pipe_listener::create(unique_name(), framing::bytes));
  auto child = start_python(client_program, listener.native_name());
  auto server = must(listener.accept(8s));
  std::string line(12, '\0');
  must(server.read_exactly(line, 8s));
  CHECK(line == "from python\n");
  CHECK(outcome(server.read_some(line, 8s)) == errc::closed);
  must(server.write_all("from us", 8s));
  server.close();
  CHECK(read_all(child.standard_output()) == "from us");
  CHECK(must(child.wait(8s)).success());
}

TEST_CASE("interop: a Python server, found by its native name as soon as it is there") {
  if (!std::filesystem::exists(python)) VIADUCT_SKIP("needs python3");
  const scratch_directory scratch;
  const std::string path = (scratch.path() / "server").string();
  auto child = start_python(server_program, path);
  auto client = must(named_pipe::connect(name::native(path), 8s, {.framing = framing::bytes}));
  must(client.write_all("quiet\n", 8s));
  std::string line(6, '\0');
  must(client.read_exactly(line, 8s));
  CHECK(line == "QUIET\n");
  CHECK(must(child.wait(8s)).success());
}

int plain_listener(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(socket, 4) == 0);
  return socket;
}

TEST_CASE("interop: a listening socket of another program is adopted, ours is given away") {
  const scratch_directory scratch;
  const std::string path = (scratch.path() / "adopted").string();
  auto listener = must(
      named_pipe_listener::adopt(native_handle(native_handle::value_type{plain_listener(path)}), framing::messages));
  auto client = must(named_pipe::connect(name::native(path), 1s, {.framing = framing::messages}));
  auto server = must(listener.accept(1s));
  must(client.send("hello", 1s));
  std::string into(100, '\0');
  CHECK(must(server.receive(into, 1s)) == 5);
  const native_handle given = must(listener.release());
  CHECK(given.is_valid());
  CHECK_FALSE(listener.is_open());
}

TEST_CASE("interop: what is not the right kind of handle is not adopted") {
  auto ends = must(make_pipe());
  native_handle reader = must(ends.reader.release());
  CHECK(outcome(named_pipe::adopt(must(reader.duplicate()), framing::bytes)) == errc::invalid_argument);
  CHECK(outcome(named_pipe_listener::adopt(must(reader.duplicate()), framing::bytes)) == errc::invalid_argument);
  CHECK(outcome(pipe_writer::adopt(must(reader.duplicate()))) == errc::invalid_argument);
  auto pair = must(make_named_pipe_pair(framing::bytes));
  CHECK(outcome(pipe_reader::adopt(must(pair.first.release()))) == errc::invalid_argument);
  const scratch_directory scratch;
  const int listening = plain_listener((scratch.path() / "plain").string());
  CHECK(outcome(named_pipe::adopt(native_handle(native_handle::value_type{listening}), framing::bytes)) ==
        errc::invalid_argument);
}

TEST_CASE("interop: a native path too long for a socket address still works") {
  const scratch_directory scratch;
  std::filesystem::path deep = scratch.path();
  for (int count = 0; count < 4; ++count) deep /= std::string(40, static_cast<char>('a' + count));
  std::filesystem::create_directories(deep);
  const std::string path = (scratch.path() / "short").string();
  auto listener =
      must(named_pipe_listener::adopt(native_handle(native_handle::value_type{plain_listener(path)}), framing::bytes));
  std::filesystem::rename(path, deep / "long");
  CHECK(outcome(named_pipe::connect(name::native((deep / "long").string()), 1s, {.framing = framing::bytes})) ==
        success);
}

}  // namespace
}  // namespace viaduct::test
