// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/stream_contract.hpp"

namespace viaduct::detail {

backend::entry_contract state_contract(const backend::stream_contract& contract) noexcept {
  backend::entry_contract made;
  made.values = {static_cast<std::uint64_t>(contract.how), contract.max_message, contract.accept_handles ? 1U : 0U};
  return made;
}

result<backend::stream_contract> read_contract(const backend::entry_contract& stated) {
  constexpr std::uint64_t largest_message = std::uint64_t{1} << 30;
  const bool known = stated.values[0] == static_cast<std::uint64_t>(framing::bytes) ||
                     stated.values[0] == static_cast<std::uint64_t>(framing::messages);
  if (stated.layout != 1 || !known || stated.values[1] == 0 || stated.values[1] > largest_message ||
      stated.values[2] > 1) {
    return error(errc::layout_mismatch).advise("the listener was made by another version of the library");
  }
  return backend::stream_contract{static_cast<framing>(stated.values[0]), static_cast<std::size_t>(stated.values[1]),
                                  stated.values[2] == 1};
}

result<backend::stream_contract> agree(const backend::stream_contract& theirs, const connect_options& options) {
  if (options.framing && *options.framing != theirs.how) {
    return error(errc::layout_mismatch)
        .advise(theirs.how == framing::bytes ? "the listener speaks framing::bytes"
                                             : "the listener speaks framing::messages");
  }
  if (options.accept_handles && !theirs.accept_handles) {
    return error(errc::layout_mismatch).advise("the listener does not accept handles");
  }
  return backend::stream_contract{theirs.how, theirs.max_message, options.accept_handles};
}

}  // namespace viaduct::detail
