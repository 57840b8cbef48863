// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/handover.hpp"

#include <charconv>

#include "common/named_pipe.hpp"
#include "common/object.hpp"
#include "common/pipe.hpp"
#include "common/shared_memory.hpp"

namespace viaduct::detail {

namespace {

template <class Impl>
result<void> check_live(const Impl* impl) {
  if (impl == nullptr || !impl->is_open()) return error(errc::closed).advise("the endpoint's object is closed");
  if (impl->born.is_foreign()) return error(errc::forked);
  return {};
}

result<handover> look_at_reader(const pipe_reader_impl* impl) {
  if (result<void> live = check_live(impl); !live) return live.error();
  if (backend::is_named(*impl->end)) {
    return error(errc::not_supported).advise("a named pipe's reader owns its name and stays in its process");
  }
  return handover{backend::native(*impl->end), ""};
}

result<handover> look_at_connection(const named_pipe_impl* impl) {
  if (result<void> live = check_live(impl); !live) return live.error();
  if (!impl->incoming().is_idle()) {
    return error(errc::invalid_argument)
        .advise("messages were read ahead: receive them before handing the connection over");
  }
  const backend::stream_contract& contract = impl->contract;
  return handover{backend::native(*impl->stream),
                  make_remark(contract.how, contract.max_message, contract.accept_handles)};
}

result<handover> look_at_memory(const shared_memory_impl* impl) {
  if (result<void> live = check_live(impl); !live) return live.error();
  if (impl->nameless) return handover{backend::native(*impl->held), ""};
  return error(errc::not_supported).advise("memory with a name is not handed over: the child opens the name");
}

// Three numbers separated by single blanks.
std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty()) {
    if (text.front() != ' ') return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

}  // namespace

result<handover> look_at(const endpoint& which) {
  switch (which.what()) {
    case endpoint::kind::pipe_reader:
      return look_at_reader(endpoint_access::object<pipe_reader_impl>(which));
    case endpoint::kind::pipe_writer: {
      const auto* impl = endpoint_access::object<pipe_writer_impl>(which);
      if (result<void> live = check_live(impl); !live) return live.error();
      return handover{backend::native(*impl->end), ""};
    }
    case endpoint::kind::named_pipe:
      return look_at_connection(endpoint_access::object<named_pipe_impl>(which));
    case endpoint::kind::shared_memory:
      return look_at_memory(endpoint_access::object<shared_memory_impl>(which));
    case endpoint::kind::none:
      break;
  }
  return error(errc::invalid_argument).advise("an endpoint comes from an object's endpoint()");
}

void close_quietly(const endpoint& which) noexcept {
  switch (which.what()) {
    case endpoint::kind::pipe_reader:
      endpoint_access::object<pipe_reader_impl>(which)->end.reset();
      break;
    case endpoint::kind::pipe_writer:
      endpoint_access::object<pipe_writer_impl>(which)->end.reset();
      break;
    case endpoint::kind::named_pipe:
      endpoint_access::object<named_pipe_impl>(which)->stream.reset();
      break;
    case endpoint::kind::shared_memory:
      endpoint_access::object<shared_memory_impl>(which)->held.reset();
      break;
    case endpoint::kind::none:
      break;
  }
}

std::string make_remark(framing how, std::size_t max_message, bool accept_handles) {
  return std::to_string(static_cast<unsigned>(how)) + ' ' + std::to_string(max_message) + ' ' +
         (accept_handles ? '1' : '0');
}

std::optional<connection_remark> parse_remark(std::string_view text) {
  const std::optional<std::size_t> how = take_number(text);
  const std::optional<std::size_t> max_message = take_number(text);
  const std::optional<std::size_t> accept_handles = take_number(text);
  if (!how || !max_message || !accept_handles || !text.empty()) return std::nullopt;
  connection_remark remark;
  if (*how != static_cast<std::size_t>(framing::bytes) && *how != static_cast<std::size_t>(framing::messages))
    return std::nullopt;
  if (*accept_handles > 1) return std::nullopt;
  remark.how = static_cast<framing>(*how);
  // A connection of bytes has no limit to state.
  if (*max_message != 0) remark.options.max_message = *max_message;
  remark.options.accept_handles = *accept_handles == 1;
  return remark;
}

}  // namespace viaduct::detail
