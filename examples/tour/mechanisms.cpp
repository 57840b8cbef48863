// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include <stdexcept>

#include "road.hpp"

namespace tour {

namespace {

std::string handover_missing() {
  return viaduct::capabilities().named_pipe.handle_passing == viaduct::handle_passing::absent
             ? "handles are not passed on this system"
             : "";
}

std::vector<mechanism> make_list() {
  const viaduct::capability_list& can = viaduct::capabilities();
  const std::string pipe(can.pipe.backed_by);
  const std::string stream(can.named_pipe.backed_by);
  return {
      {"pipe", "anonymous pipe", pipe, "", prepare_pipe, join_pipe},
      {"fifo", "named one-way pipe", pipe, "", prepare_fifo, join_fifo},
      {"bytes", "named pipe, bytes", stream, "", prepare_bytes, join_bytes},
      {"messages", "named pipe, messages", stream, "", prepare_messages, join_messages},
      {"handover", "handed-over pipe ends", pipe + " by " + stream, handover_missing(), prepare_handover,
       join_handover},
      {"memory", "shared memory", std::string(can.shared_memory.backed_by), "", prepare_memory, join_memory},
      {"lock", "mutex, notification", std::string(can.synchronisation.backed_by), "", prepare_lock, join_lock},
  };
}

}  // namespace

const std::vector<mechanism>& mechanisms() {
  static const std::vector<mechanism> list = make_list();
  return list;
}

const mechanism& find_mechanism(std::string_view key) {
  for (const mechanism& one : mechanisms()) {
    if (one.key == key) return one;
  }
  throw std::runtime_error("unknown mechanism " + std::string(key));
}

}  // namespace tour
