// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A producer fills a frame in memory that only it can write, and hands it to a viewer without copying it; then memory by
// name. The program starts itself again to be the viewer.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;

namespace {

constexpr std::size_t frame_size = std::size_t{4} << 20;

// [viewer]
// The viewer gets a handle with the message. What it adopts cannot be resized under it, and it cannot write there.
void viewer() {
  auto line = viaduct::inherited<viaduct::named_pipe>("line").value();
  char text[100];
  auto got = line.receive_with_handles(text, 5s).value();
  const auto memory = viaduct::shared_memory::adopt(std::move(got.handles.at(0))).value();
  const auto frame = memory.map({.mode = viaduct::access::read_only}).value();
  const auto bright = std::count(frame.readable().begin(), frame.readable().end(), std::byte{0xFF});
  std::cout << "viewer: " << bright << " bright pixels; to write there: " << memory.map().error().code() << '\n';
  line.send("seen", 5s).value();
}
// [viewer]

// [producer]
// The producer's own mapping is the only one that can write. Everybody else gets read_only().
int producer(const std::filesystem::path& program) {
  const auto memory = viaduct::shared_memory::create_anonymous(frame_size, viaduct::writers::creator).value();
  auto frame = memory.map().value();
  auto line = viaduct::make_named_pipe_pair(viaduct::framing::messages, {.accept_handles = true}).value();
  auto child =
      viaduct::child_process::spawn(program, {"viewer"}, {.endpoints = {{"line", line.second.endpoint()}}}).value();

  std::fill_n(frame.writable().begin(), 1000, std::byte{0xFF});
  const auto given = memory.read_only().value();
  const viaduct::native_view handles[] = {given.native()};
  line.first.send("a frame", handles, 5s).value();

  char answer[100];
  (void)line.first.receive(answer, 5s).value();  // now the next frame may be drawn
  return child.wait(5s).value().success() ? 0 : 1;
}
// [producer]

// [by-name]
// Between one user's own programs a name is enough. Whoever comes first makes it, and it goes with the last.
void by_name(const viaduct::name& called) {
  const auto memory = viaduct::shared_memory::open_or_create(called, 64, 5s).value();
  auto mine = memory.map().value();
  mine.writable().data()[0] = std::byte{42};

  const auto other = viaduct::shared_memory::open(called, 5s).value();  // as another process would
  const auto theirs = other.map({.length = 1, .mode = viaduct::access::read_only}).value();
  std::cout << "by name: " << std::to_integer<int>(theirs.readable().data()[0]) << '\n';
}
// [by-name]

}  // namespace

int main(int count, char** /*args*/) try {
  if (count > 1) {
    viewer();
    return 0;
  }
  const int status = producer(viaduct::identity::self().executable().value());
  by_name(viaduct::name::unique());
  return status;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
