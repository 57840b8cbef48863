// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// child_process: start a program and hand it endpoints.
//
// Only the listed endpoints are inherited, whatever other threads open or spawn meanwhile. In the child,
// inherited<pipe_reader>("frames") finds one by name.
//
// Blocking: spawn does not wait for the program to run, only to start; wait takes a deadline.
// Ownership: a child_process owns its child. Destroying a running one kills it and reaps it, at once or at the next
// spawn: no thread, no wait. Gentle is request_stop(), then wait(). detach() lets it live on.
// Threads: one thread at a time; cancel(), request_stop() and kill() from any.
// Errors of every call: closed (moved-from or detached), cancelled, forked, os_error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "viaduct/deadline.hpp"
#include "viaduct/endpoint.hpp"
#include "viaduct/export.hpp"
#include "viaduct/named_pipe.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/pipe.hpp"
#include "viaduct/result.hpp"
#include "viaduct/shared_memory.hpp"

namespace viaduct {

namespace detail {
struct child_process_impl;
struct child_process_access;
}  // namespace detail

/// What one of the child's standard streams is connected to. Standard streams are blocking in the child.
class stdio {
 public:
  enum class kind : std::uint8_t { inherit, null, piped, endpoint };

  static const stdio inherit;  ///< the parent's own
  static const stdio null;     ///< nothing: reads end at once, writes vanish
  static const stdio piped;    ///< a pipe: see child_process::standard_input() and its siblings

  stdio(endpoint which) noexcept : kind_(kind::endpoint), endpoint_(which) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] kind what() const noexcept { return kind_; }
  [[nodiscard]] const std::optional<endpoint>& which() const noexcept { return endpoint_; }

 private:
  explicit stdio(kind what) noexcept : kind_(what) {}
  kind kind_;
  std::optional<endpoint> endpoint_;
};

inline const stdio stdio::inherit{stdio::kind::inherit};
inline const stdio stdio::null{stdio::kind::null};
inline const stdio stdio::piped{stdio::kind::piped};

struct child_options {
  /// Name in the child (1 to 64 of [a-z0-9_-]) and the object it receives, each object once. At most 64.
  std::vector<std::pair<std::string, endpoint>> endpoints = {};
  stdio standard_input = stdio::inherit;
  stdio standard_output = stdio::inherit;
  stdio standard_error = stdio::inherit;
  /// The child's whole environment; unset: the parent's. Variables of the library are added.
  std::optional<std::map<std::string, std::string>> environment = {};
  /// Empty: the parent's.
  std::filesystem::path working_directory = {};
};

/// How a child ended.
struct exit_status {
  /// The code it ended with; when killed by a signal, 128 + signal.
  int code = 0;
  /// POSIX: the signal that ended it, else 0.
  int signal = 0;
  [[nodiscard]] bool success() const noexcept { return code == 0 && signal == 0; }
  friend bool operator==(const exit_status&, const exit_status&) = default;
};
VIADUCT_EXPORT std::ostream& operator<<(std::ostream& out, const exit_status& status);

class VIADUCT_EXPORT child_process {
 public:
  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&& other) noexcept;
  ~child_process();

  /// Starts `program` (an absolute path, or one relative to the current directory; never searched in PATH) with `args`
  /// (without the program's own name). A program that cannot be started is an error here, not an exit status: not_found,
  /// access_denied, invalid_argument (an argument with a NUL, no program, the wrong end of a pipe as a standard stream, an
  /// object handed over twice; Windows: .bat and .cmd), name_invalid (an endpoint's name), limit_reached, no_space.
  [[nodiscard]] static result<child_process> spawn(const std::filesystem::path& program,
                                                   const std::vector<std::string>& args,
                                                   const child_options& options = {});

  /// Waits for its end. May be repeated: the status stays known. timed_out.
  [[nodiscard]] result<exit_status> wait(deadline until);

  /// Asks it to end: SIGTERM; on Windows an event that every child using this library waits on (stop_requested).
  [[nodiscard]] result<void> request_stop();
  /// Ends it at once. Success also if it has ended already.
  [[nodiscard]] result<void> kill();

  [[nodiscard]] std::uint64_t id() const noexcept;

  /// The parent's ends of piped standard streams; closed if not piped.
  [[nodiscard]] pipe_writer& standard_input() noexcept;
  [[nodiscard]] pipe_reader& standard_output() noexcept;
  [[nodiscard]] pipe_reader& standard_error() noexcept;

  /// Lets it live on without us; afterwards calls return closed.
  void detach() noexcept;
  void cancel() noexcept;
  /// Like destruction: kills a running child.
  void close() noexcept;
  [[nodiscard]] native_view native() const noexcept;

 private:
  friend struct detail::child_process_access;
  explicit child_process(std::unique_ptr<detail::child_process_impl> impl) noexcept;
  std::unique_ptr<detail::child_process_impl> impl_;
};

/// In a child: takes the endpoint that the parent handed over under this name, once. not_found (nothing was handed over,
/// already taken, or a stale environment of a grandchild), invalid_argument (it is of another type).
template <class T>
[[nodiscard]] result<T> inherited(std::string_view endpoint_name);
template <>
[[nodiscard]] VIADUCT_EXPORT result<pipe_reader> inherited<pipe_reader>(std::string_view endpoint_name);
template <>
[[nodiscard]] VIADUCT_EXPORT result<pipe_writer> inherited<pipe_writer>(std::string_view endpoint_name);
template <>
[[nodiscard]] VIADUCT_EXPORT result<named_pipe> inherited<named_pipe>(std::string_view endpoint_name);
template <>
[[nodiscard]] VIADUCT_EXPORT result<shared_memory> inherited<shared_memory>(std::string_view endpoint_name);

/// In a child: waits for the parent's request_stop(). The first call is the program's consent to a SIGTERM handler
/// (POSIX; a handler that was there is called too). timed_out. Windows: not_found if the parent does not use the library.
[[nodiscard]] VIADUCT_EXPORT result<void> stop_requested(deadline until);

}  // namespace viaduct
