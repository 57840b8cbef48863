// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/child_process.hpp"

#include <algorithm>
#include <array>
#include <cwctype>
#include <mutex>

#include "windows/child_table.hpp"
#include "windows/command_line.hpp"
#include "windows/system.hpp"
#include "windows/system_stream.hpp"

namespace viaduct::backend {

using windows::unique_handle;
namespace system = windows::system;

namespace {

constexpr DWORD killed_code = 128 + 9;  // as a shell reports SIGKILL

/// cmd.exe reads the arguments of a batch file by rules of its own, so that one argument can become a command.
result<std::wstring> check_program(const std::filesystem::path& program) {
  result<std::wstring> full = system::full_path(program.native());
  if (!full) return full;
  std::wstring lower = *full;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](wchar_t letter) { return std::towlower(letter); });
  if (lower.find(L'"') != std::wstring::npos)
    return error(errc::invalid_argument).advise("a path cannot contain a quote");
  if (lower.ends_with(L".bat") || lower.ends_with(L".cmd")) {
    return error(errc::invalid_argument).advise("arguments cannot be passed safely to .bat and .cmd files");
  }
  return full;
}

struct stream_plans {
  windows::stream_plan input, output, error;
};

result<stream_plans> plan_streams(const spawn_request& request) {
  result<windows::stream_plan> input = windows::plan_stream(request.input, STD_INPUT_HANDLE);
  if (!input) return input.error();
  result<windows::stream_plan> output = windows::plan_stream(request.output, STD_OUTPUT_HANDLE);
  if (!output) return output.error();
  result<windows::stream_plan> error_output = windows::plan_stream(request.error, STD_ERROR_HANDLE);
  if (!error_output) return error_output.error();
  return stream_plans{std::move(*input), std::move(*output), std::move(*error_output)};
}

/// Held while inheritable handles exist: another spawn must not hand them to its child. A CreateProcess elsewhere in the
/// program that inherits all handles, made in this very moment, would take them too.
std::mutex& inheritance_lock() {
  static std::mutex lock;
  return lock;
}

result<unique_handle> inheritable_copy(HANDLE handle) {
  if (handle == nullptr) return unique_handle();
  const HANDLE self = ::GetCurrentProcess();
  const result<HANDLE> copy =
      system::duplicate_between({.from_process = self, .handle = handle, .to_process = self, .inheritable = true});
  if (!copy) return copy.error();
  return unique_handle(*copy);
}

struct program_texts {
  std::wstring program;
  std::wstring command_line;
  std::wstring environment;
  std::wstring directory;
};

result<program_texts> make_texts(const spawn_request& request, const std::wstring& table_name) {
  result<std::wstring> program = check_program(request.program);
  if (!program) return program.error();
  result<std::wstring> line = windows::make_command_line(*program, request.args);
  if (!line) return line.error();
  result<std::wstring> environment =
      windows::make_environment(request.environment, std::wstring(windows::table_variable) + L'=' + table_name);
  if (!environment) return environment.error();
  return program_texts{std::move(*program), std::move(*line), std::move(*environment),
                       request.working_directory.native()};
}

/// The program, suspended, with its standard streams and nothing else inherited.
result<system::created_process> start_suspended(program_texts& texts, const stream_plans& plans) {
  const std::lock_guard lock(inheritance_lock());
  std::array<unique_handle, 3> copies;
  std::vector<HANDLE> inherited;
  const std::array<HANDLE, 3> given{plans.input.given, plans.output.given, plans.error.given};
  for (std::size_t index = 0; index < given.size(); ++index) {
    result<unique_handle> copy = inheritable_copy(given[index]);
    if (!copy) return copy.error();
    copies[index] = std::move(*copy);
    if (copies[index]) inherited.push_back(copies[index].get());
  }
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = copies[0].get();
  startup.StartupInfo.hStdOutput = copies[1].get();
  startup.StartupInfo.hStdError = copies[2].get();
  std::optional<system::handle_list> list;
  if (!inherited.empty()) {
    result<system::handle_list> made = system::handle_list::make(inherited);
    if (!made) return made.error();
    list.emplace(std::move(*made));
    startup.lpAttributeList = list->get();
  }
  return system::create_process({.program = texts.program,
                                 .command_line = texts.command_line,
                                 .inherit_handles = !inherited.empty(),
                                 .flags = CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP | EXTENDED_STARTUPINFO_PRESENT,
                                 .environment = texts.environment.c_str(),
                                 .directory = texts.directory.empty() ? nullptr : texts.directory.c_str(),
                                 .startup = &startup.StartupInfo});
}

result<std::uint64_t> give(HANDLE process, HANDLE handle, DWORD access = 0) {
  const DWORD options = access == 0 ? DWORD{DUPLICATE_SAME_ACCESS} : DWORD{0};
  const result<HANDLE> value = system::duplicate_between({.from_process = ::GetCurrentProcess(),
                                                          .handle = handle,
                                                          .to_process = process,
                                                          .access = access,
                                                          .options = options});
  if (!value) return value.error();
  return std::uint64_t{reinterpret_cast<std::uintptr_t>(*value)};
}

/// Everything into the suspended child's table, and the list of it where the child will look.
result<void> hand_over(const spawn_request& request, const system::created_process& to, HANDLE stop,
                       const windows::table_section& where) {
  windows::child_table table;
  table.process_id = to.id;
  const result<std::uint64_t> created = system::process_creation_time(to.process.get());
  if (!created) return created.error();
  table.creation_time = *created;
  const result<std::uint64_t> section = give(to.process.get(), where.section.get(), FILE_MAP_READ);
  if (!section) return section.error();
  table.section = *section;
  const result<std::uint64_t> event = give(to.process.get(), stop, SYNCHRONIZE);
  if (!event) return event.error();
  table.stop_event = *event;
  for (const handed_endpoint& one : request.endpoints) {
    const result<std::uint64_t> value = give(to.process.get(), windows::to_handle(one.handle));
    if (!value) return value.error();
    table.endpoints.push_back({one.name, one.what, *value, one.remark});
  }
  return windows::write_table(where, table);
}

result<void> finish_start(const spawn_request& request, const system::created_process& made, HANDLE stop,
                          const windows::table_section& table) {
  if (result<void> handed = hand_over(request, made, stop, table); !handed) return handed;
  return system::resume_thread(made.thread.get());
}

error why_not_started(const error& told, const std::wstring& program) {
  if (!system::is_directory(program)) return told;
  return error(errc::access_denied, told.os_code()).advise("the program is a directory");
}

}  // namespace

void child_deleter::operator()(child* which) const noexcept {
  if (which != nullptr && which->process && !which->detached)
    (void)system::terminate(which->process.get(), killed_code).has_value();
  delete which;
}

result<spawned> spawn(const spawn_request& request) {
  result<windows::table_section> table = windows::make_table_section();
  if (!table) return table.error();
  result<program_texts> texts = make_texts(request, table->name);
  if (!texts) return texts.error();
  child_ptr made(new child);
  if (result<void> opened = made->cancelled.open(); !opened) return opened.error();
  result<unique_handle> stop = system::create_event();
  if (!stop) return stop.error();
  made->stop = std::move(*stop);
  result<stream_plans> plans = plan_streams(request);
  if (!plans) return plans.error();
  result<system::created_process> started = start_suspended(*texts, *plans);
  if (!started) return why_not_started(started.error(), texts->program);
  const result<void> running = finish_start(request, *started, made->stop.get(), *table);
  made->process = std::move(started->process);  // from here on it is ended with its object
  if (!running) return running.error();
  made->id = started->id;
  return spawned{std::move(made), std::move(plans->input.parent), std::move(plans->output.parent),
                 std::move(plans->error.parent)};
}

result<exit_status> wait(child& which, detail::timer& wait) {
  if (which.cancelled.raised()) return errc::cancelled;
  if (result<void> ended = windows::wait_for(which.process.get(), which.cancelled, wait); !ended) return ended.error();
  const result<DWORD> code = system::exit_code(which.process.get());
  if (!code) return code.error();
  return exit_status{static_cast<int>(*code), 0};
}

result<void> request_stop(child& which) {
  if (system::is_signalled(which.process.get())) return {};
  system::set_event(which.stop.get());
  // For programs that do not know the event. It fails where no console is shared.
  if (system::has_console()) (void)system::send_console_event(CTRL_BREAK_EVENT, which.id).has_value();
  return {};
}

result<void> kill(child& which) {
  const result<void> ended = system::terminate(which.process.get(), killed_code);
  if (!ended && !system::is_signalled(which.process.get())) return ended;
  return {};
}

std::uint64_t id(const child& which) noexcept { return which.id; }
void detach(child& which) noexcept { which.detached = true; }
void cancel(child& which) noexcept { which.cancelled.raise(); }
native_view native(const child& which) noexcept { return which.process.view(); }

}  // namespace viaduct::backend
