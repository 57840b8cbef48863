// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The one list of error codes. docs/errors.md is generated from the comments below.
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/is_error_code_enum.hpp>
#include <iosfwd>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "viaduct/export.hpp"

namespace viaduct {

enum class errc {
  timed_out = 1,        // the deadline passed first; the object is as it was and the call may be repeated
  closed = 2,           // the stream has ended, the peer has gone, or this object was closed or moved from
  peer_died = 3,        // the peer vanished without saying goodbye: killed, crashed, or gone in the middle of a message
  owner_died = 4,       // the holder of a lock died inside it: what it protects may be half changed
  peer_corrupt = 5,     // the peer broke the protocol: what came before stands, what follows is not received
  layout_mismatch = 6,  // what exists under this name differs in size, framing, limit or layout from what was asked for
  wrong_peer = 7,       // the process at the other end belongs to another user than the one required; nothing was sent
  not_found = 8,        // nothing live has this name, or the file, program or endpoint does not exist
  already_exists = 9,   // a live process owns this name
  name_invalid = 10,    // the name is empty, too long, not UTF-8, or has control characters
  name_hijacked = 11,   // something that is not ours sits where this name lives; it was not opened
  access_denied = 12,   // the operating system or the other side's permission refuses this user
  message_too_large = 13,  // the message is longer than the limit of the connection; nothing was sent
  buffer_too_small = 14,   // the message is longer than the buffer; it is kept, error.size() is what it needs
  no_space = 15,           // no memory or disk space left for the object
  limit_reached = 16,      // a limit of the process, the user or the system is used up, for example descriptors
  invalid_argument = 17,   // an argument makes no sense; nothing was done
  not_supported = 18,      // this operating system cannot do it; capabilities() says so beforehand
  cancelled = 19,          // cancel() was called on this object; only close() remains
  forked = 20,     // the object belongs to the parent of this process: open the name here, or release() and adopt()
  deadlock = 21,   // waiting would never end: the processes wait for each other
  not_owner = 22,  // what is to be released is not held by the caller
  os_error = 23,   // any other failure of the operating system; error.os_code() tells
};

/// The code's name, e.g. "timed_out"; "unknown" for a value that is not in the list.
[[nodiscard]] VIADUCT_EXPORT std::string_view to_string(errc code) noexcept;
VIADUCT_EXPORT std::ostream& operator<<(std::ostream& out, errc code);

/// Category of errc for Boost.System and, through its conversion, for std::error_code.
[[nodiscard]] VIADUCT_EXPORT const boost::system::error_category& error_category() noexcept;

[[nodiscard]] inline boost::system::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

}  // namespace viaduct

template <>
struct boost::system::is_error_code_enum<viaduct::errc> : std::true_type {};
