// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/error.hpp"

#include <array>
#include <ostream>

#include "backend/system.hpp"
#include "common/printable.hpp"

namespace viaduct {

namespace {

struct code_row {
  errc code;
  std::string_view name;
  std::string_view text;
};

constexpr std::array codes{
    code_row{errc::timed_out, "timed_out", "the deadline passed"},
    code_row{errc::closed, "closed", "the other side or this object is closed"},
    code_row{errc::peer_died, "peer_died", "the peer vanished without saying goodbye"},
    code_row{errc::owner_died, "owner_died", "the holder of the lock died"},
    code_row{errc::peer_corrupt, "peer_corrupt", "the peer broke the protocol"},
    code_row{errc::layout_mismatch, "layout_mismatch", "what exists differs from what was asked for"},
    code_row{errc::wrong_peer, "wrong_peer", "the other end belongs to another user"},
    code_row{errc::not_found, "not_found", "nothing of that name is there"},
    code_row{errc::already_exists, "already_exists", "a live process owns this name"},
    code_row{errc::name_invalid, "name_invalid", "the name is not allowed"},
    code_row{errc::name_hijacked, "name_hijacked", "something that is not ours sits where this name lives"},
    code_row{errc::access_denied, "access_denied", "access denied"},
    code_row{errc::message_too_large, "message_too_large", "the message is longer than the limit"},
    code_row{errc::buffer_too_small, "buffer_too_small", "the message is longer than the buffer"},
    code_row{errc::no_space, "no_space", "no space left"},
    code_row{errc::limit_reached, "limit_reached", "a limit is used up"},
    code_row{errc::invalid_argument, "invalid_argument", "an argument makes no sense"},
    code_row{errc::not_supported, "not_supported", "this system cannot do it"},
    code_row{errc::cancelled, "cancelled", "cancelled"},
    code_row{errc::forked, "forked", "the object belongs to the parent process"},
    code_row{errc::deadlock, "deadlock", "the processes wait for each other"},
    code_row{errc::not_owner, "not_owner", "what is to be released is not held"},
    code_row{errc::os_error, "os_error", "the operating system failed"},
};

const code_row* find(int value) noexcept {
  for (const code_row& row : codes) {
    if (static_cast<int>(row.code) == value) return &row;
  }
  return nullptr;
}

// Boost's categories are not deleted through their base, whose destructor is therefore not virtual.
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
#endif
class category final : public boost::system::error_category {
 public:
  // A fixed id, so that the library and a program that carries a static copy of it agree.
  constexpr category() noexcept : error_category(0x76a1d0c7e57b1a01ULL) {}
  [[nodiscard]] const char* name() const noexcept override { return "viaduct"; }
  [[nodiscard]] std::string message(int value) const override {
    const code_row* row = find(value);
    return row != nullptr ? std::string(row->text) : "unknown viaduct error " + std::to_string(value);
  }
};
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

}  // namespace

std::string_view to_string(errc code) noexcept {
  const code_row* row = find(static_cast<int>(code));
  return row != nullptr ? row->name : std::string_view("unknown");
}

std::ostream& operator<<(std::ostream& out, errc code) { return out << to_string(code); }

const boost::system::error_category& error_category() noexcept {
  static const category instance;
  return instance;
}

std::string error::message() const {
  std::string text(operation().empty() ? std::string_view("viaduct") : operation());
  if (!object().empty()) text.append(" \"").append(detail::printable(object())).append("\"");
  text.append(": ").append(error_category().message(static_cast<int>(code_)));
  text.append(" [").append(to_string(code_));
  if (os_code_ != 0) {
    text.append("; ").append(backend::os_code_label()).append(" ").append(std::to_string(os_code_));
    text.append(": ").append(backend::os_message(os_code_));
  }
  if (size_ != 0) text.append("; size ").append(std::to_string(size_));
  text.append("]");
  if (!hint().empty()) text.append(" (").append(detail::printable(hint())).append(")");
  return text;
}

std::ostream& operator<<(std::ostream& out, const error& failure) { return out << failure.message(); }

exception::exception(const class error& failure) : std::runtime_error(failure.message()), error_(failure) {}
exception::~exception() = default;

void throw_exception_from_error(const error& failure, const boost::source_location& /*where*/) {
  throw exception(failure);
}

}  // namespace viaduct
