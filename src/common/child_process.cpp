// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/child_process.hpp"

#include <algorithm>
#include <ostream>
#include <set>

#include "backend/child_process.hpp"
#include "common/handover.hpp"
#include "common/named_pipe.hpp"
#include "common/object.hpp"
#include "common/pipe.hpp"
#include "common/shared_memory.hpp"

namespace viaduct {

using detail::check_open;
using detail::endpoint_access;
using detail::failed_on;
using detail::make_label;
using detail::timer;

struct detail::child_process_impl : object_base {
  explicit child_process_impl(label name) : object_base(std::move(name)) {}
  [[nodiscard]] bool is_open() const noexcept { return process != nullptr; }

  backend::child_ptr process;
  std::optional<exit_status> ended;
  pipe_writer input = pipe_access::make(nullptr, backend::pipe_sink_ptr());
  pipe_reader output = pipe_access::make(nullptr, backend::pipe_source_ptr());
  pipe_reader error_output = pipe_access::make(nullptr, backend::pipe_source_ptr());
};

namespace {

constexpr std::size_t most_endpoints = 64;

error invalid(const char* hint) { return error(errc::invalid_argument).advise(hint); }

bool has_nul(const std::string& text) noexcept { return text.find('\0') != std::string::npos; }

result<void> check_endpoint_name(const std::string& endpoint_name) {
  const bool plain = std::all_of(endpoint_name.begin(), endpoint_name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
  });
  if (plain && !endpoint_name.empty() && endpoint_name.size() <= 64) return {};
  return error(errc::name_invalid)
      .advise("\"" + endpoint_name + "\" cannot name an endpoint: 1 to 64 of [a-z0-9_-] can");
}

result<void> check_texts(const std::filesystem::path& program, const std::vector<std::string>& args,
                         const child_options& options) {
  if (program.empty() || has_nul(program.string())) return invalid("the program is a path without NUL");
  if (std::any_of(args.begin(), args.end(), has_nul)) return invalid("an argument must not contain NUL");
  if (has_nul(options.working_directory.string())) return invalid("the working directory is a path without NUL");
  if (!options.environment) return {};
  for (const auto& [key, value] : *options.environment) {
    if (key.empty() || key.find('=') != std::string::npos || has_nul(key) || has_nul(value)) {
      return invalid("an environment variable has a name without '=' and no NUL");
    }
  }
  return {};
}

result<void> check_endpoints(const child_options& options) {
  if (options.endpoints.size() > most_endpoints) return invalid("at most 64 endpoints");
  std::set<std::string_view> seen;
  std::set<const void*> objects;
  // Standard streams may share an object, as 2>&1 does. A name gives its object to one user alone, who makes it wait in
  // another way than a standard stream does.
  for (const stdio* stream : {&options.standard_input, &options.standard_output, &options.standard_error}) {
    if (stream->which()) objects.insert(endpoint_access::object<const void>(*stream->which()));
  }
  for (const auto& [endpoint_name, which] : options.endpoints) {
    if (result<void> valid = check_endpoint_name(endpoint_name); !valid) return valid;
    if (!seen.insert(endpoint_name).second) return invalid("two endpoints have the same name");
    const void* const object = endpoint_access::object<const void>(which);
    if (object != nullptr && !objects.insert(object).second) return invalid("one object is handed over twice");
  }
  return {};
}

result<backend::standard_stream> resolve(const stdio& stream) {
  if (stream.what() != stdio::kind::endpoint) return backend::standard_stream{stream.what(), native_view()};
  const result<detail::handover> found = detail::look_at(*stream.which());
  if (!found) return found.error();
  if (stream.which()->what() == endpoint::kind::shared_memory) return invalid("memory is no stream");
  return backend::standard_stream{stdio::kind::endpoint, found->handle};
}

/// A connection goes both ways, a pipe's end one.
result<void> check_direction(const stdio& stream, endpoint::kind fits) {
  if (!stream.which()) return {};
  const endpoint::kind what = stream.which()->what();
  if (what == fits || what == endpoint::kind::named_pipe || what == endpoint::kind::none) return {};
  return invalid(fits == endpoint::kind::pipe_reader ? "standard_input is read by the child: give it a pipe_reader"
                                                     : "the child writes to its output: give it a pipe_writer");
}

result<void> resolve_streams(const child_options& options, backend::spawn_request& request) {
  const std::pair<const stdio*, backend::standard_stream*> streams[] = {{&options.standard_input, &request.input},
                                                                        {&options.standard_output, &request.output},
                                                                        {&options.standard_error, &request.error}};
  for (const auto& [stream, place] : streams) {
    const auto fits = stream == &options.standard_input ? endpoint::kind::pipe_reader : endpoint::kind::pipe_writer;
    if (result<void> right = check_direction(*stream, fits); !right) return right;
    const result<backend::standard_stream> resolved = resolve(*stream);
    if (!resolved) return resolved.error();
    *place = *resolved;
  }
  return {};
}

result<backend::spawn_request> make_request(const std::filesystem::path& program, const std::vector<std::string>& args,
                                            const child_options& options) {
  if (result<void> valid = check_texts(program, args, options); !valid) return valid.error();
  if (result<void> valid = check_endpoints(options); !valid) return valid.error();
  backend::spawn_request request;
  // A relative program is relative to us, not to the directory the child starts in.
  std::error_code failed;
  request.program = program.is_absolute() ? program : std::filesystem::absolute(program, failed);
  if (failed) return error(errc::os_error, failed.value()).advise("the current directory cannot be read");
  request.args = args;
  request.environment = options.environment;
  request.working_directory = options.working_directory;
  for (const auto& [endpoint_name, which] : options.endpoints) {
    result<detail::handover> found = detail::look_at(which);
    if (!found) return found.error();
    request.endpoints.push_back({endpoint_name, which.what(), found->handle, std::move(found->remark)});
  }
  if (result<void> resolved = resolve_streams(options, request); !resolved) return resolved.error();
  return request;
}

/// The child has its copies: the parent's are closed.
void close_handed_over(const child_options& options) noexcept {
  for (const auto& [endpoint_name, which] : options.endpoints) detail::close_quietly(which);
  for (const stdio* stream : {&options.standard_input, &options.standard_output, &options.standard_error}) {
    if (stream->which()) detail::close_quietly(*stream->which());
  }
}

result<pipe_reader> adopt_reader(native_handle handle, std::string called) {
  result<backend::pipe_source_ptr> made = backend::adopt_pipe_source(std::move(handle));
  if (!made) return made.error();
  return detail::pipe_access::make(make_label(std::move(called)), std::move(*made));
}

result<pipe_writer> adopt_writer(native_handle handle, std::string called) {
  result<backend::pipe_sink_ptr> made = backend::adopt_pipe_sink(std::move(handle));
  if (!made) return made.error();
  return detail::pipe_access::make(make_label(std::move(called)), std::move(*made));
}

result<named_pipe> adopt_connection(backend::inherited_endpoint found, std::string called) {
  const std::optional<detail::connection_remark> remark = detail::parse_remark(found.remark);
  if (!remark || !detail::check_options(remark->how, remark->options)) {
    return error(errc::peer_corrupt).advise("the endpoint's description does not parse");
  }
  result<backend::opened_connection> made =
      backend::adopt_connection(std::move(found.handle), remark->how, remark->options);
  if (!made) return made.error();
  return detail::named_pipe_access::make(make_label(std::move(called)), std::move(*made));
}

result<shared_memory> adopt_memory(backend::inherited_endpoint found, std::string called) {
  result<backend::memory_ptr> made = backend::adopt_memory(std::move(found.handle));
  if (!made) return made.error();
  return detail::shared_memory_access::make_nameless(make_label(std::move(called)), std::move(*made));
}

result<void> adopt_streams(detail::child_process_impl& impl, backend::spawned& made) {
  if (made.input.is_valid()) {
    result<pipe_writer> adopted = adopt_writer(std::move(made.input), *impl.called + " (standard input)");
    if (!adopted) return adopted.error();
    impl.input = std::move(*adopted);
  }
  for (auto [handle, place] : {std::pair(&made.output, &impl.output), std::pair(&made.error, &impl.error_output)}) {
    if (!handle->is_valid()) continue;
    const char* const which = place == &impl.output ? " (standard output)" : " (standard error)";
    result<pipe_reader> adopted = adopt_reader(std::move(*handle), *impl.called + which);
    if (!adopted) return adopted.error();
    *place = std::move(*adopted);
  }
  return {};
}

/// What the system's code does not tell: which of the paths it is about, and what is usually behind it.
error why_not_started(error told, const std::filesystem::path& given, const backend::spawn_request& request) {
  // The system may speak of a registry of names here; what it means is a path with a file where a directory should be.
  if (told == errc::name_hijacked) {
    told = error(errc::not_found, told.os_code()).advise("something on the path of the program is no directory");
  }
  if (told != errc::not_found && told != errc::access_denied) return told;
  std::error_code unknown;
  const std::filesystem::path& place = request.working_directory;
  if (!place.empty() && !std::filesystem::is_directory(place, unknown)) {
    return error(errc::not_found, told.os_code())
        .advise("the working directory " + place.string() + " is not there, or is no directory");
  }
  if (std::filesystem::is_directory(request.program, unknown)) return told.advise("the program is a directory");
  if (told == errc::access_denied) {
    return told.advise(place.empty() ? "this user may not execute the program"
                                     : "this user may not execute the program, or not enter the working directory");
  }
  if (std::filesystem::exists(request.program, unknown)) {
    return told.advise(
        "the program is there; what it needs is not: a script's first line names it, or a system library");
  }
  if (!given.has_parent_path()) return told.advise("PATH is not searched: say in which directory the program is");
  return told;
}

template <class T, class Adopt>
result<T> inherit(std::string_view endpoint_name, endpoint::kind what, Adopt&& adopt) {
  result<backend::inherited_endpoint> found = backend::take_inherited(endpoint_name, what);
  if (!found) return failed_on(std::string(endpoint_name), found.error(), "inherited");
  result<T> adopted = adopt(std::move(*found), std::string(endpoint_name) + " (inherited)");
  if (!adopted) return failed_on(std::string(endpoint_name), adopted.error(), "inherited");
  return adopted;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const exit_status& status) {
  if (status.signal != 0) return out << "killed by signal " << status.signal;
  return out << "exit code " << status.code;
}

child_process::child_process(std::unique_ptr<detail::child_process_impl> impl) noexcept : impl_(std::move(impl)) {}
child_process::child_process(child_process&& other) noexcept = default;
child_process& child_process::operator=(child_process&& other) noexcept = default;
child_process::~child_process() = default;

result<child_process> child_process::spawn(const std::filesystem::path& program, const std::vector<std::string>& args,
                                           const child_options& options) {
  constexpr const char* operation = "child_process::spawn";
  const result<backend::spawn_request> request = make_request(program, args, options);
  if (!request) return failed_on(program.string(), request.error(), operation);
  auto impl = std::make_unique<detail::child_process_impl>(make_label(program.string()));
  result<backend::spawned> made = backend::spawn(*request);
  if (!made) return impl->failed(why_not_started(made.error(), program, *request), operation);
  impl->process = std::move(made->process);
  if (result<void> adopted = adopt_streams(*impl, *made); !adopted) return impl->failed(adopted.error(), operation);
  close_handed_over(options);
  return child_process(std::move(impl));
}

result<exit_status> child_process::wait(deadline until) {
  constexpr const char* operation = "child_process::wait";
  if (result<void> open = check_open(impl_, operation); !open) return open.error();
  if (impl_->ended) return *impl_->ended;
  timer patience(until);
  result<exit_status> status = backend::wait(*impl_->process, patience);
  if (!status) return impl_->failed(status.error(), operation);
  impl_->ended = *status;
  return status;
}

result<void> child_process::request_stop() {
  constexpr const char* operation = "child_process::request_stop";
  if (result<void> open = check_open(impl_, operation); !open) return open;
  if (result<void> asked = backend::request_stop(*impl_->process); !asked)
    return impl_->failed(asked.error(), operation);
  return {};
}

result<void> child_process::kill() {
  constexpr const char* operation = "child_process::kill";
  if (result<void> open = check_open(impl_, operation); !open) return open;
  if (result<void> killed = backend::kill(*impl_->process); !killed) return impl_->failed(killed.error(), operation);
  return {};
}

namespace {

// What the accessors of a moved-from object refer to: always closed.
template <class End>
End& closed_end() noexcept {
  static End none = [] {
    if constexpr (std::is_same_v<End, pipe_writer>) {
      return detail::pipe_access::make(nullptr, backend::pipe_sink_ptr());
    } else {
      return detail::pipe_access::make(nullptr, backend::pipe_source_ptr());
    }
  }();
  return none;
}

}  // namespace

std::uint64_t child_process::id() const noexcept { return check_open(impl_, "") ? backend::id(*impl_->process) : 0; }

pipe_writer& child_process::standard_input() noexcept { return impl_ ? impl_->input : closed_end<pipe_writer>(); }
pipe_reader& child_process::standard_output() noexcept { return impl_ ? impl_->output : closed_end<pipe_reader>(); }
pipe_reader& child_process::standard_error() noexcept {
  return impl_ ? impl_->error_output : closed_end<pipe_reader>();
}

void child_process::detach() noexcept {
  if (!check_open(impl_, "")) return;
  backend::detach(*impl_->process);
  impl_->process.reset();
}

void child_process::cancel() noexcept {
  if (check_open(impl_, "")) backend::cancel(*impl_->process);
}

void child_process::close() noexcept {
  if (!impl_) return;
  impl_->process.reset();
  impl_->input.close();
  impl_->output.close();
  impl_->error_output.close();
}

native_view child_process::native() const noexcept {
  return check_open(impl_, "") ? backend::native(*impl_->process) : native_view();
}

template <>
result<pipe_reader> inherited<pipe_reader>(std::string_view endpoint_name) {
  return inherit<pipe_reader>(endpoint_name, endpoint::kind::pipe_reader,
                              [](backend::inherited_endpoint found, std::string called) {
                                return adopt_reader(std::move(found.handle), std::move(called));
                              });
}

template <>
result<pipe_writer> inherited<pipe_writer>(std::string_view endpoint_name) {
  return inherit<pipe_writer>(endpoint_name, endpoint::kind::pipe_writer,
                              [](backend::inherited_endpoint found, std::string called) {
                                return adopt_writer(std::move(found.handle), std::move(called));
                              });
}

template <>
result<named_pipe> inherited<named_pipe>(std::string_view endpoint_name) {
  return inherit<named_pipe>(endpoint_name, endpoint::kind::named_pipe, adopt_connection);
}

template <>
result<shared_memory> inherited<shared_memory>(std::string_view endpoint_name) {
  return inherit<shared_memory>(endpoint_name, endpoint::kind::shared_memory, adopt_memory);
}

result<void> stop_requested(deadline until) {
  timer patience(until);
  result<void> asked = backend::wait_stop_requested(patience);
  if (!asked) return failed_on("(this process)", asked.error(), "stop_requested");
  return asked;
}

}  // namespace viaduct
