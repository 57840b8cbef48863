// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// FIFOs that another program made, and handles of foreign kinds.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "viaduct/named_pipe.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

struct foreign_fifo {
  foreign_fifo() : path((place.path() / "fifo").string()) { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
  scratch_directory place;
  std::string path;
};

TEST_CASE("a foreign FIFO is opened at both ends by its path") {
  const foreign_fifo fifo;
  auto reader = must(pipe_reader::open(name::native(fifo.path), 1s));
  std::string into(4, '\0');
  CHECK(outcome(reader.read_some(into, 5ms)) == errc::timed_out);
  auto writer = must(pipe_writer::open(name::native(fifo.path), 1s));
  must(writer.write_all("text", 1s));
  CHECK(outcome(reader.read_exactly(into, 1s)) == success);
  CHECK(into == "text");
  writer.close();
  CHECK(outcome(reader.read_some(into, 8s)) == errc::closed);
}

TEST_CASE("a plain program writes to our reader of a foreign FIFO") {
  const foreign_fifo fifo;
  auto reader = must(pipe_reader::open(name::native(fifo.path), 1s));
  companion plain([&] { std::ofstream(fifo.path) << "from a stream"; });
  std::string into(13, '\0');
  CHECK(outcome(reader.read_exactly(into, 8s)) == success);
  CHECK(into == "from a stream");
}

TEST_CASE("a writer waits for the reader of a foreign FIFO") {
  const foreign_fifo fifo;
  CHECK_FALSE(outcome(pipe_writer::open(name::native(fifo.path), 10ms)) == success);
  generator random(1);
  std::optional<pipe_reader> reader;
  const auto writer = while_inside([&] { return pipe_writer::open(name::native(fifo.path), 8s); },
                                   [&] { reader = must(pipe_reader::open(name::native(fifo.path), 1s)); }, random);
  CHECK(outcome(writer) == success);
}

TEST_CASE("a missing FIFO is not_found at the deadline") {
  const scratch_directory place;
  const name missing = name::native((place.path() / "missing").string());
  CHECK(outcome(pipe_reader::open(missing, 5ms)) == errc::not_found);
  CHECK(outcome(pipe_writer::open(missing, 5ms)) == errc::not_found);
}

TEST_CASE("what is no FIFO is invalid_argument, and is not touched") {
  const scratch_directory place;
  const auto file = place.path() / "file";
  std::ofstream(file) << "content";
  for (const auto& path : {file, place.path(), std::filesystem::path("/dev/zero")}) {
    CHECK(outcome(pipe_reader::open(name::native(path.string()), 1s)) == errc::invalid_argument);
    CHECK(outcome(pipe_writer::open(name::native(path.string()), 1s)) == errc::invalid_argument);
  }
  CHECK(std::filesystem::file_size(file) == 7);
}

TEST_CASE("what exists and is no socket is not waited for") {
  const scratch_directory place;
  const auto file = place.path() / "file";
  std::ofstream(file) << "content";
  const connect_options plain{.framing = framing::bytes};
  for (const auto& path : {file, place.path(), std::filesystem::path("/dev/zero")}) {
    const auto refused = named_pipe::connect(name::native(path.string()), deadline::never(), plain);
    CHECK(outcome(refused) == errc::invalid_argument);
  }
}

TEST_CASE("a socket that was never connected is not adopted as a connection") {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(outcome(named_pipe::adopt(native_handle(socket), framing::bytes)) == errc::invalid_argument);
  auto pair = must(make_named_pipe_pair(framing::bytes));
  pair.second.close();
  auto left_alone = must(named_pipe::adopt(must(pair.first.release()), framing::bytes));
  std::string into(4, '\0');
  CHECK(outcome(left_alone.read_some(into, 1s)) == errc::closed);
}

TEST_CASE("adopt refuses descriptors of another kind") {
  const auto file = [] { return native_handle(native_handle::value_type{::open("/dev/null", O_RDWR | O_CLOEXEC)}); };
  CHECK(outcome(pipe_reader::adopt(file())) == errc::invalid_argument);
  CHECK(outcome(pipe_writer::adopt(file())) == errc::invalid_argument);
  CHECK(outcome(named_pipe::adopt(file(), framing::bytes)) == errc::invalid_argument);
  CHECK(outcome(named_pipe_listener::adopt(file(), framing::bytes)) == errc::invalid_argument);
  auto pair = must(make_named_pipe_pair(framing::bytes));
  CHECK(outcome(pipe_reader::adopt(must(pair.first.release()))) == errc::invalid_argument);
  CHECK(outcome(named_pipe_listener::adopt(must(pair.second.release()), framing::bytes)) == errc::invalid_argument);
  CHECK(outcome(named_pipe::adopt(must(must(make_pipe()).reader.release()), framing::bytes)) == errc::invalid_argument);
}

}  // namespace
}  // namespace viaduct::test
