// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A parent sends lines to a child through an anonymous pipe. The program starts itself again to be the child.
#include <filesystem>
#include <iostream>
#include <string>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;

namespace {

// [child]
// The child takes the reading end that it was handed, and reads until the writer has gone.
void reader() {
  auto lines = viaduct::inherited<viaduct::pipe_reader>("lines").value();
  char part[4096];
  for (std::string text;;) {
    const viaduct::result<std::size_t> got = lines.read_some(part, 5s);
    if (got.has_error() && got.error() == viaduct::errc::closed) {
      std::cout << "child: received \"" << text << "\", then the end\n";
      return;
    }
    text.append(part, got.value());  // any other error: throws viaduct::exception
  }
}
// [child]

// [parent]
// Hands the reading end to the child and writes. Closing the writer is what the child sees as the end.
int writer(const std::filesystem::path& program) {
  auto pipe = viaduct::make_pipe().value();
  auto child =
      viaduct::child_process::spawn(program, {"reader"}, {.endpoints = {{"lines", pipe.reader.endpoint()}}}).value();

  pipe.writer.write_all("one ", 5s).value();
  const viaduct::bytes rest[] = {"two ", "three"};  // header and body in one call
  pipe.writer.write_all(rest, 5s).value();
  pipe.writer.close();

  const viaduct::exit_status ended = child.wait(5s).value();
  std::cout << "parent: the child ended with " << ended << '\n';
  return ended.success() ? 0 : 1;
}
// [parent]

// [reader-gone]
// Nobody reads any more: an error to look at, not a signal that ends the process.
void write_to_nobody() {
  auto pipe = viaduct::make_pipe().value();
  pipe.reader.close();
  const viaduct::result<void> sent = pipe.writer.write_all("hello", 5s);
  std::cout << "without a reader: " << sent.error().code() << '\n';
}
// [reader-gone]

}  // namespace

int main(int count, char** /*args*/) try {
  if (count > 1) {
    reader();
    return 0;
  }
  const int status = writer(viaduct::identity::self().executable().value());
  write_to_nobody();
  return status;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
