// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "source_file.hpp"

#include <system_error>

#include "options.hpp"

namespace tour {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t smallest = 8u << 20;    // so that a measured second means something
constexpr std::uintmax_t largest = 100'000'000;  // so that the tour stays short
constexpr int most_entries = 20'000;             // looked at in one folder

void check_sendable(const fs::path& path) {
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (status.type() == fs::file_type::not_found) throw user_error(text_of(path) + ": there is no such file");
  if (failure) throw user_error(text_of(path) + ": " + failure.message());
  if (fs::is_directory(status)) throw user_error(text_of(path) + ": is a directory; name a file");
  if (!fs::is_regular_file(status)) throw user_error(text_of(path) + ": is not a regular file");
}

bool suits(const fs::directory_entry& entry, std::uintmax_t at_least) {
  std::error_code failure;
  if (entry.is_symlink(failure) || !entry.is_regular_file(failure) || failure) return false;
  const std::uintmax_t size = entry.file_size(failure);
  return !failure && size >= at_least && size <= largest && std::ifstream(entry.path(), std::ios::binary).good();
}

// The largest that suits, or an empty path.
fs::path largest_below(const fs::path& folder) {
  fs::path best;
  std::uintmax_t size = smallest;
  std::error_code failure;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, failure);
  for (int looked = 0; !failure && at != fs::end(at) && looked < most_entries; ++looked, at.increment(failure)) {
    if (!suits(*at, size)) continue;
    best = at->path();
    size = at->file_size(failure);
  }
  return best;
}

}  // namespace

std::string text_of(const fs::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

source_file::source_file(const fs::path& path) : path_(path) {
  check_sendable(path);
  stream_.open(path, std::ios::binary);
  if (!stream_) throw user_error(text_of(path) + ": cannot be read: " + std::generic_category().message(errno));
  whole_ = sum_up();
  if (whole_.size == 0) throw user_error(text_of(path) + ": is empty; there is nothing to send");
}

source_file::summary source_file::sum_up() {
  rewind();
  checksum sum;
  summary made;
  std::vector<std::byte> part(std::size_t{1} << 20);
  while (const std::size_t got = read(part)) {
    sum.process_bytes(part.data(), got);
    made.size += got;
  }
  made.crc = sum.checksum();
  return made;
}

bool source_file::is_unchanged() {
  const summary now = sum_up();
  return now.size == whole_.size && now.crc == whole_.crc;
}

void source_file::rewind() {
  stream_.clear();
  stream_.seekg(0);
}

std::size_t source_file::read(viaduct::buffer into) {
  stream_.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
  if (stream_.bad()) throw user_error(text_of(path_) + ": reading it failed");
  return static_cast<std::size_t>(stream_.gcount());
}

fs::path find_large_file(const fs::path& program) {
  for (const char* folder : {"/usr/lib/gcc", "/usr/libexec/gcc", "/usr/lib", "/usr/bin", "/usr/share",
                             "/Library/Developer/CommandLineTools/usr/bin", "/System/Library", "C:/Windows/System32"}) {
    fs::path found = largest_below(folder);
    if (!found.empty()) return found;
  }
  std::error_code failure;
  if (suits(fs::directory_entry(program, failure), smallest)) return program;
  throw user_error("no file of 8 MB or more was found on this machine; name one: tour FILE");
}

}  // namespace tour
