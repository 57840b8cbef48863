// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/machine.hpp"

#include <sched.h>
#include <sys/utsname.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace viaduct::bench {

std::vector<int> processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) fail_errno("sched_getaffinity");
  std::vector<int> found;
  for (std::size_t index = 0; index < CPU_SETSIZE; ++index) {
    if (CPU_ISSET(index, &allowed)) found.push_back(static_cast<int>(index));
  }
  return found;
}

void pin(int processor) {
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  CPU_SET(static_cast<std::size_t>(processor), &wanted);
  if (::sched_setaffinity(0, sizeof wanted, &wanted) != 0) fail_errno("sched_setaffinity");
}

std::string describe_machine() {
  std::string model = "unknown processor";
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name") && line.find(": ") != std::string::npos) {
      model = line.substr(line.find(": ") + 2);
      break;
    }
  }
  utsname system{};
  if (::uname(&system) != 0) fail_errno("uname");
  return model + ", " + std::to_string(processors().size()) + " processors, " + system.sysname + " " + system.release;
}

double load_average() {
  double load = -1;
  return ::getloadavg(&load, 1) == 1 ? load : -1;
}

void fail(const std::string& what) { throw std::runtime_error(what); }

void fail_errno(const std::string& what) {
  const int code = errno;
  fail(what + ": " + std::strerror(code));
}

}  // namespace viaduct::bench
