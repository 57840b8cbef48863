// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What memory costs above the raw calls: making, mapping and closing it against the same system calls by hand, and copying
// through a mapping against copying plain memory. Both ways in turn (A B B A) in one process; a bar is held against the lower
// quartile of the ratios.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "support/machine.hpp"
#include "support/options.hpp"
#include "support/report.hpp"
#include "support/statistics.hpp"
#include "viaduct/shared_memory.hpp"

namespace viaduct::bench {
namespace {

using action = std::function<void()>;

struct contestants {
  std::string text;
  action raw;
  action ours;
  double bar = 0;  // 0: reported, not judged
};

double time_each(const action& what, std::uint64_t count) {
  const clock::time_point begin = clock::now();
  for (std::uint64_t done = 0; done != count; ++done) what();
  return static_cast<double>(nanoseconds(clock::now() - begin).count()) / static_cast<double>(count);
}

/// How often it is done in about this long.
std::uint64_t calibrate(const action& what, nanoseconds length) {
  const auto wanted = static_cast<double>(length.count());
  for (std::uint64_t count = 1;; count *= 2) {
    const double each = time_each(what, count);
    if (each * static_cast<double>(count) > wanted / 4) return static_cast<std::uint64_t>(wanted / each) + 1;
  }
}

void compare(const options& chosen, report& findings, const contestants& which) {
  const int pairs = chosen.pairs != 0 ? chosen.pairs : chosen.quick ? 5 : 41;
  const std::uint64_t count = calibrate(which.raw, std::chrono::milliseconds(chosen.quick ? 1 : 6));
  (void)time_each(which.ours, count);
  std::vector<double> ratios, raw, ours;
  for (int pair = 0; pair < pairs; ++pair) {
    const double first = time_each(which.raw, count);
    const double second = time_each(which.ours, count);
    const double third = time_each(which.ours, count);
    const double fourth = time_each(which.raw, count);
    ratios.push_back((second + third) / (first + fourth));
    raw.insert(raw.end(), {first, fourth});
    ours.insert(ours.end(), {second, third});
  }
  const double lower = quantile(ratios, 0.25), middle = quantile(ratios, 0.5), upper = quantile(ratios, 0.75);
  char line[200];
  std::snprintf(line, sizeof line, "  %-44s %5.3f  %5.3f  %5.3f   %10s  %10s", which.text.c_str(), lower, middle, upper,
                show_time(quantile(raw, 0.5)).c_str(), show_time(quantile(ours, 0.5)).c_str());
  json_object figures;
  figures.text("comparison", which.text).number("p25", lower).number("median", middle).number("p75", upper);
  figures.number("pairs", pairs).number("base_ns", quantile(raw, 0.5)).number("other_ns", quantile(ours, 0.5));
  std::string text = line;
  std::optional<bool> holds;
  if (which.bar > 0) {
    figures.number("bar", which.bar);
    char bar[32];
    std::snprintf(bar, sizeof bar, "   <= %.2f", which.bar);
    text += bar;
    holds = lower <= which.bar;
  }
  findings.row(text, figures, holds);
}

/// The same promises by hand: mode, space reserved, sealed, mapped, one byte written, all undone.
void raw_memory(std::size_t size) {
  const int file = ::memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0 || ::fchmod(file, 0600) != 0) fail_errno("memfd_create");
  if (::fallocate(file, 0, 0, static_cast<off_t>(size)) != 0) fail_errno("fallocate");
  if (::fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) fail_errno("F_ADD_SEALS");
  void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (at == MAP_FAILED) fail_errno("mmap");
  *static_cast<volatile char*>(at) = 1;
  ::munmap(at, size);
  ::close(file);
}

void our_memory(std::size_t size) {
  const shared_memory memory = must(shared_memory::create_anonymous(size));
  mapping shown = must(memory.map());
  *reinterpret_cast<volatile char*>(shown.writable().data()) = 1;
}

/// Private memory with its pages there, as a mapping's are.
class plain_memory {
 public:
  explicit plain_memory(std::size_t size) : size_(size) {
    at_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at_ == MAP_FAILED) fail_errno("mmap");
    std::memset(at_, 1, size);
  }
  plain_memory(const plain_memory&) = delete;
  plain_memory& operator=(const plain_memory&) = delete;
  ~plain_memory() { ::munmap(at_, size_); }
  [[nodiscard]] void* data() const noexcept { return at_; }

 private:
  std::size_t size_;
  void* at_ = nullptr;
};

void compare_copies(const options& chosen, report& findings, std::size_t size) {
  const plain_memory source(size);
  const plain_memory plain(size);
  const shared_memory memory = must(shared_memory::create_anonymous(size));
  mapping shown = must(memory.map());
  std::memset(shown.writable().data(), 1, size);
  compare(chosen, findings,
          {"copy " + std::to_string(size) + " bytes in", [&] { std::memcpy(plain.data(), source.data(), size); },
           [&] { std::memcpy(shown.writable().data(), source.data(), size); }, 1.05});
  const plain_memory target(size);
  compare(chosen, findings,
          {"copy " + std::to_string(size) + " bytes out", [&] { std::memcpy(target.data(), plain.data(), size); },
           [&] { std::memcpy(target.data(), shown.readable().data(), size); }, 1.05});
}

void body(const options& chosen, report& findings) {
  pin(processors().front());
  findings.heading("ratio of times, ours by raw: p25, median, p75; then the times themselves");
  for (const std::size_t size : {std::size_t{4096}, std::size_t{1} << 20, std::size_t{16} << 20}) {
    // The larger ones ask how much memory is free: a memfd has no limit of its own.
    compare(chosen, findings,
            {"make, map, close " + std::to_string(size) + " bytes", [size] { raw_memory(size); },
             [size] { our_memory(size); }, 1.10});
  }
  for (const std::size_t size : {std::size_t{64} << 10, std::size_t{8} << 20}) compare_copies(chosen, findings, size);
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) {
  using namespace viaduct::bench;
  int exit_code = 0;
  const auto chosen = parse_options(argc, argv, "Shared memory against the raw calls and plain memory.", exit_code);
  return chosen ? run_reporting(*chosen, "shared_memory", body) : exit_code;
}
