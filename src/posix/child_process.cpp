// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Starting a program. posix_spawn runs no fork handlers and copies no memory; in the child the listed endpoints become
// descriptors 3, 4, 5 ..., and everything above them is closed, whatever other threads have open.
#include "posix/child_process.hpp"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "posix/error.hpp"

namespace viaduct::posix {

namespace {

std::mutex orphans_lock;
std::vector<pid_t>& orphans() {
  static auto& list = *new std::vector<pid_t>;
  return list;
}

}  // namespace

void reap_later(pid_t process) {
  const std::lock_guard lock(orphans_lock);
  orphans().push_back(process);
}

void reap_ended() noexcept {
  const std::lock_guard lock(orphans_lock);
  std::erase_if(orphans(), [](pid_t process) {
    const result<std::optional<int>> ended = system::reap(process);
    return !ended || ended->has_value();
  });
}

}  // namespace viaduct::posix

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

constexpr int first_endpoint = 3;

class file_actions {
 public:
  file_actions() noexcept { (void)::posix_spawn_file_actions_init(&value_); }
  ~file_actions() { (void)::posix_spawn_file_actions_destroy(&value_); }
  file_actions(const file_actions&) = delete;
  file_actions& operator=(const file_actions&) = delete;

  [[nodiscard]] posix_spawn_file_actions_t* get() noexcept { return &value_; }
  /// Adding allocates; the first failure is kept. A descriptor is refused only if its number is above the limit.
  void note(int code) noexcept { failure_ = failure_ != 0 ? failure_ : code == EBADF ? EMFILE : code; }
  [[nodiscard]] int failure() const noexcept { return failure_; }

 private:
  posix_spawn_file_actions_t value_{};
  int failure_ = 0;
};

/// Puts each source at its place in the child. Sources and places overlap, so they go by way of numbers above both.
void place_descriptors(file_actions& actions, const std::vector<std::pair<int, int>>& moves) {
  int above = first_endpoint;
  for (const auto& [source, place] : moves) above = std::max({above, source + 1, place + 1});
  int stop = above;
  for (const auto& [source, place] : moves) {
    actions.note(::posix_spawn_file_actions_adddup2(actions.get(), source, stop++));
  }
  stop = above;
  for (const auto& [source, place] : moves) {
    actions.note(::posix_spawn_file_actions_adddup2(actions.get(), stop, place));
    actions.note(::posix_spawn_file_actions_addclose(actions.get(), stop++));
  }
}

/// After the moves: in a parent without standard streams the source of one may have such a number.
void open_null_streams(file_actions& actions, const std::vector<int>& numbers) {
  for (const int number : numbers) {
    actions.note(::posix_spawn_file_actions_addopen(actions.get(), number, "/dev/null", O_RDWR, 0));
  }
}

struct standard_streams {
  // Ours to close after the start: the child's ends of piped streams.
  std::array<descriptor, 3> child_ends;
  std::array<descriptor, 3> parent_ends;
  // Numbers to be opened as nothing.
  std::vector<int> null_streams;
  // Endpoints that were non-blocking: a failed start has to undo that.
  std::vector<int> made_blocking;
};

result<void> make_stream(standard_streams& streams, int number) {
  result<system::pipe_descriptors> made = system::make_pipe();
  if (!made) return made.error();
  descriptor& child = number == STDIN_FILENO ? made->read : made->write;
  descriptor& parent = number == STDIN_FILENO ? made->write : made->read;
  if (result<void> set = system::set_nonblocking(child.get(), false); !set) return set;
  const auto index = static_cast<std::size_t>(number);
  streams.child_ends[index] = std::move(child);
  streams.parent_ends[index] = std::move(parent);
  return {};
}

/// What is done to standard streams.
result<void> prepare_streams(const spawn_request& request, standard_streams& streams,
                             std::vector<std::pair<int, int>>& moves) {
  const standard_stream* wanted[] = {&request.input, &request.output, &request.error};
  for (int number = 0; number < 3; ++number) {
    const standard_stream& stream = *wanted[number];
    const auto handle = static_cast<int>(stream.handle.value());
    switch (stream.what) {
      case stdio::kind::inherit:
        break;
      case stdio::kind::null:
        streams.null_streams.push_back(number);
        break;
      case stdio::kind::piped:
        if (result<void> made = make_stream(streams, number); !made) return made;
        moves.emplace_back(streams.child_ends[static_cast<std::size_t>(number)].get(), number);
        break;
      case stdio::kind::endpoint: {
        const result<bool> non_blocking = system::is_nonblocking(handle);
        if (!non_blocking) return non_blocking.error();
        if (*non_blocking) streams.made_blocking.push_back(handle);
        if (result<void> set = system::set_nonblocking(handle, false); !set) return set;
        if (result<void> set = system::set_signal_free(handle, false); !set) return set;
        moves.emplace_back(handle, number);
        break;
      }
    }
  }
  return {};
}

result<std::string> list_endpoints(const spawn_request& request, std::vector<std::pair<int, int>>& moves) {
  std::vector<posix::listed_endpoint> listed;
  for (const handed_endpoint& handed : request.endpoints) {
    const auto handle = static_cast<int>(handed.handle.value());
    const int place = first_endpoint + static_cast<int>(listed.size());
    const result<struct stat> found = system::status(handle);
    if (!found) return found.error();
    listed.push_back(
        {handed.name, handed.what, place, static_cast<std::uint64_t>(found->st_dev), found->st_ino, handed.remark});
    moves.emplace_back(handle, place);
  }
  return posix::to_text(listed);
}

std::vector<std::string> make_environment(const spawn_request& request, const std::string& endpoints) {
  std::vector<std::string> lines;
  const std::string ours = std::string(posix::endpoint_variable) + "=";
  if (request.environment) {
    for (const auto& [key, value] : *request.environment) lines.emplace_back(key).append("=").append(value);
  } else {
    for (char** line = system::environment(); line != nullptr && *line != nullptr; ++line) lines.emplace_back(*line);
  }
  std::erase_if(lines, [&](const std::string& line) { return line.starts_with(ours); });
  if (!endpoints.empty()) lines.push_back(ours + endpoints);
  return lines;
}

std::vector<char*> to_pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// A child starts with no signal blocked and with the usual SIGPIPE, whatever this thread does about them.
void reset_signals(posix_spawnattr_t& attributes) noexcept {
  sigset_t none;
  sigset_t usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  (void)::posix_spawnattr_setsigmask(&attributes, &none);
  (void)::posix_spawnattr_setsigdefault(&attributes, &usual);
  (void)::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

result<pid_t> start(const spawn_request& request, file_actions& actions, const std::string& endpoints) {
  if (!request.working_directory.empty()) {
    actions.note(system::add_child_directory(*actions.get(), request.working_directory.c_str()));
  }
  posix_spawnattr_t attributes;
  if (const int code = ::posix_spawnattr_init(&attributes); code != 0) return posix::failure(code);
  reset_signals(attributes);
  const result<void> rest = system::close_rest_in_child(*actions.get(), attributes,
                                                        first_endpoint + static_cast<int>(request.endpoints.size()));
  std::vector<std::string> args{request.program.string()};
  args.insert(args.end(), request.args.begin(), request.args.end());
  std::vector<std::string> environment = make_environment(request, endpoints);
  result<pid_t> started = !rest                    ? result<pid_t>(rest.error())
                          : actions.failure() != 0 ? result<pid_t>(posix::failure(actions.failure()))
                                                   : system::spawn({.program = request.program.c_str(),
                                                                    .actions = actions.get(),
                                                                    .attributes = &attributes,
                                                                    .args = to_pointers(args).data(),
                                                                    .environment = to_pointers(environment).data()});
  (void)::posix_spawnattr_destroy(&attributes);
  return started;
}

result<child_ptr> watch(pid_t process) {
  child_ptr made(new child);
  made->process = process;
  if (result<void> bell = made->cancel.make_bell(); !bell) return bell.error();
  result<descriptor> watched = system::watch_process(process);
  if (watched) {
    made->watch = std::move(*watched);
  } else if (watched.error().os_code() == ESRCH) {
    made->reaped = true;  // it has run and ended, and somebody else has its status: wait() says so
  } else {
    return watched.error();
  }
  return made;
}

native_handle to_native(descriptor& end) {
  return end.is_valid() ? native_handle(native_handle::value_type{end.release()}) : native_handle();
}

exit_status to_status(int status) noexcept {
  if (WIFSIGNALED(status)) return {.code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status), .signal = 0};
}

/// Somebody else in this process may have taken its status (SIGCHLD is ignored, wait()): its id may be another's by now.
bool has_ended(const child& which) {
  if (!which.watch.is_valid()) return false;
  pollfd ended{which.watch.get(), POLLIN, 0};
  detail::timer now{deadline::now()};
  const result<int> ready = system::wait({&ended, 1}, now);
  return ready && *ready > 0;
}

result<void> signal(child& which, int number) {
  const std::lock_guard lock(which.state);
  if (which.reaped || has_ended(which)) return {};
  result<void> sent = system::send_signal(which.process, number);
  if (!sent && sent.error() == errc::not_found) return {};  // it has ended
  return sent;
}

/// One look, under the lock that keeps signals away from a process id that is free again.
result<std::optional<exit_status>> try_reap(child& which) {
  const std::lock_guard lock(which.state);
  if (!which.reaped) {
    const result<std::optional<int>> ended = system::reap(which.process);
    if (ended && !ended->has_value()) return std::optional<exit_status>();
    if (!ended && ended.error() != errc::not_found) return ended.error();
    which.reaped = true;
    if (ended) return std::optional<exit_status>(to_status(**ended));
  }
  return error(errc::not_found, ECHILD)
      .advise("somebody else in this process took the child's status (wait(), or SIGCHLD is ignored)");
}

}  // namespace

result<spawned> spawn(const spawn_request& request) {
  posix::reap_ended();
  file_actions actions;
  standard_streams streams;
  std::vector<std::pair<int, int>> moves;
  result<void> ready = prepare_streams(request, streams, moves);
  result<std::string> endpoints = ready ? list_endpoints(request, moves) : result<std::string>(ready.error());
  if (endpoints) place_descriptors(actions, moves);
  open_null_streams(actions, streams.null_streams);
  result<pid_t> started = endpoints ? start(request, actions, *endpoints) : result<pid_t>(endpoints.error());
  if (!started) {
    for (const int handle : streams.made_blocking) {  // as it was
      (void)system::set_nonblocking(handle, true).has_value();
      (void)system::set_signal_free(handle, true).has_value();
    }
    return started.error();
  }
  result<child_ptr> watched = watch(*started);
  if (!watched) return watched.error();  // its deleter has killed the child
  return spawned{std::move(*watched), to_native(streams.parent_ends[0]), to_native(streams.parent_ends[1]),
                 to_native(streams.parent_ends[2])};
}

void child_deleter::operator()(child* which) const noexcept {
  const bool ours = !which->reaped && which->process > 0 && !which->born.is_foreign();
  if (ours && !which->detached) (void)signal(*which, SIGKILL).has_value();
  if (ours) {
    const result<std::optional<int>> ended = system::reap(which->process);
    if (ended && !ended->has_value()) posix::reap_later(which->process);
  }
  delete which;
}

result<exit_status> wait(child& which, detail::timer& wait) {
  for (;;) {
    if (which.cancel.is_cancelled()) return errc::cancelled;
    const result<std::optional<exit_status>> ended = try_reap(which);
    if (!ended) return ended.error();
    if (*ended) return **ended;
    const result<short> ready = which.cancel.wait(which.watch.get(), POLLIN, wait);
    if (!ready) return ready.error();
  }
}

result<void> request_stop(child& which) { return signal(which, SIGTERM); }
result<void> kill(child& which) { return signal(which, SIGKILL); }
std::uint64_t id(const child& which) noexcept { return static_cast<std::uint64_t>(which.process); }
void detach(child& which) noexcept { which.detached = true; }
void cancel(child& which) noexcept { which.cancel.cancel(); }
native_view native(const child& which) noexcept { return native_view(which.watch.get()); }

}  // namespace viaduct::backend
