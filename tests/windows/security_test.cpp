// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Who we are, and what is written on the objects we make. That Windows then acts on it cannot be seen here: what is
// checked is that the descriptors are the ones we mean.
#include "windows/security.hpp"

#include <sddl.h>

#include "backend/system.hpp"
#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace viaduct::windows;

namespace {

struct label {
  DWORD rights = 0;  // what lower levels may not do
  DWORD level = 0;
};

/// The label, read from the descriptor itself: Wine leaves it out of the text.
label label_of(const security_attributes& attributes) {
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  PACL list = nullptr;
  REQUIRE(::GetSecurityDescriptorSacl(attributes.get()->lpSecurityDescriptor, &present, &list, &defaulted) != FALSE);
  REQUIRE(present != FALSE);
  REQUIRE(list->AceCount == 1);
  void* entry = nullptr;
  REQUIRE(::GetAce(list, 0, &entry) != FALSE);
  auto* const made = static_cast<SYSTEM_MANDATORY_LABEL_ACE*>(entry);
  REQUIRE(made->Header.AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE);
  return {made->Mask, *::GetSidSubAuthority(&made->SidStart, 0)};
}

/// Owner and DACL, as text.
std::string text_of(const security_attributes& attributes) {
  LPWSTR text = nullptr;
  REQUIRE(::ConvertSecurityDescriptorToStringSecurityDescriptorW(
              attributes.get()->lpSecurityDescriptor, SDDL_REVISION_1,
              OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &text, nullptr) != FALSE);
  std::string copy = to_utf8(text);
  ::LocalFree(text);
  return copy;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

unique_handle make_pipe(const permission& who) {
  const auto security = must(pipe_object(who));
  const std::wstring name = L"\\\\.\\pipe\\viaduct-" + widen_ascii(unique_name());
  return must(system::create_pipe_instance({.name = name,
                                            .open_mode = PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                            .pipe_mode = PIPE_REJECT_REMOTE_CLIENTS,
                                            .instances = 1,
                                            .out_buffer = 512,
                                            .in_buffer = 512,
                                            .security = security.get()}));
}

}  // namespace

TEST_CASE("security: we know our user and level") {
  const auto me = must(own_identity());
  CHECK(must(canonical_sid(me.sid)) == me.sid);
  CHECK(me.level >= low_level);
  CHECK(user::current().id() == me.sid);
  CHECK(must(user::find(me.sid)) == user::current());
  CHECK(must(identity_of(must(system::open_process_token(::GetCurrentProcess(), TOKEN_QUERY)).get())).sid == me.sid);
}

TEST_CASE("security: everything we make names its owner, has a protected DACL and a label") {
  const auto me = must(own_identity());
  for (const auto& make : {private_object, private_directory, public_file, public_directory}) {
    const std::string text = text_of(must(make()));
    INFO(text);
    CHECK(text.rfind("O:" + me.sid, 0) == 0);
    CHECK(count(text, "D:P(") == 1);
    CHECK(count(text, ";;;SY)") == 1);
    CHECK(count(text, ";;;" + me.sid + ")") == 1);
  }
  CHECK(count(text_of(must(private_object())), ";;;WD)") == 0);
  for (const auto& make : {private_object, private_directory}) {
    const label made = label_of(must(make()));
    CHECK(made.rights == (SYSTEM_MANDATORY_LABEL_NO_READ_UP | SYSTEM_MANDATORY_LABEL_NO_WRITE_UP));
    CHECK(made.level == me.level);
  }
  for (const auto& make : {public_file, public_directory}) {
    const label made = label_of(must(make()));
    CHECK(made.rights == SYSTEM_MANDATORY_LABEL_NO_WRITE_UP);
    CHECK(made.level <= medium_level);
  }
  CHECK(count(text_of(must(public_file())), ";;;WD)") == 1);
  CHECK(must(private_object()).get()->bInheritHandle == FALSE);
}

TEST_CASE("security: clients of a pipe may not make instances of it") {
  CHECK((pipe_client_access & FILE_CREATE_PIPE_INSTANCE) == 0);
  CHECK((pipe_client_access & FILE_WRITE_DATA) != 0);
  const std::string rights = "(A;;0x12019b;;;";
  CHECK(count(text_of(must(pipe_object(permission::only_me()))), rights) == 0);
  CHECK(count(text_of(must(pipe_object(permission::everyone()))), rights + "WD)") == 1);
  const auto some = permission::users({user::from_id("S-1-5-19"), user::from_id("S-1-5-20")});
  CHECK(count(text_of(must(pipe_object(some))), rights) == 2);
  CHECK(count(text_of(must(pipe_object(permission::group("S-1-5-32-545")))), rights + "BU)") == 1);
}

TEST_CASE("security: a permission that names nobody is refused") {
  CHECK(outcome(pipe_object(permission::users({user::from_id("nobody")}))) == errc::not_found);
  CHECK(outcome(pipe_object(permission::users({user::unknown()}))) == errc::not_found);
  CHECK(outcome(pipe_object(permission::users({user::from_id("S-1-5-19)(A;;GA;;;WD")}))) == errc::not_found);
  CHECK(outcome(pipe_object(permission::group(""))) == errc::not_found);
  CHECK(outcome(pipe_object(permission::group("no such group here"))) == errc::not_found);
}

TEST_CASE("security: labels let in whom the permission lets in") {
  CHECK(pipe_level(permission::only_me(), high_level) == high_level);
  CHECK(pipe_level(permission::only_me(), low_level) == low_level);
  CHECK(pipe_level(permission::users({}), high_level) == medium_level);
  CHECK(pipe_level(permission::group("x"), low_level) == low_level);
  CHECK(pipe_level(permission::everyone(), medium_level) == low_level);
}

TEST_CASE("security: the owner and the label of an open pipe are told, and compared") {
  const auto me = must(own_identity());
  const unique_handle mine = make_pipe(permission::only_me());
  const auto found = must(security_of(mine.get()));
  CHECK(found.owner == user::current());
  CHECK(found.labelled);
  CHECK(found.level == me.level);
  CHECK(outcome(verify_owner(mine.get(), user::current(), me.level)) == success);
  CHECK(outcome(verify_owner(mine.get(), user::from_id("S-1-5-19"), 0)) == errc::name_hijacked);
  CHECK(outcome(verify_owner(mine.get(), user::unknown(), 0)) == errc::name_hijacked);
  CHECK(outcome(verify_owner(mine.get(), user::current(), me.level + 1)) == errc::name_hijacked);

  const unique_handle open = make_pipe(permission::everyone());
  CHECK(must(security_of(open.get())).level == low_level);
  CHECK(outcome(verify_owner(open.get(), user::current(), medium_level)) == errc::name_hijacked);
}

TEST_CASE("security: handles are not inheritable, duplicates neither") {
  const auto security = must(private_object());
  system::event_request request;
  request.security = security.get();
  const unique_handle event = must(system::create_event(request));
  const unique_handle copy = must(system::duplicate(event.get()));
  for (const HANDLE each : {event.get(), copy.get()}) {
    DWORD flags = HANDLE_FLAG_INHERIT;
    REQUIRE(::GetHandleInformation(each, &flags) != FALSE);
    CHECK((flags & HANDLE_FLAG_INHERIT) == 0);
  }
}

TEST_CASE("users: by name, by SID, or not at all") {
  CHECK(must(user::find("S-1-5-18")).id() == "S-1-5-18");
  CHECK(must(user::find("s-1-5-18")).id() == "S-1-5-18");
  for (const char* nobody : {"", "S-", "S-1-5-18x", "no such user here", "\xff"}) {
    INFO(nobody);
    CHECK(outcome(user::find(nobody)) == errc::not_found);
  }
}

TEST_CASE("text: UTF-8 and UTF-16, both ways") {
  for (const char* text : {"", "plain", "M\u00fcller", "\u4e2d\u6587", "\U0001F600!"})
    CHECK(to_utf8(must(to_wide(text))) == text);
  CHECK(outcome(to_wide("\xc3")) == errc::name_invalid);
  CHECK(outcome(to_wide(std::string_view("a\0b", 3))) == errc::name_invalid);
  CHECK(to_utf8(std::wstring(1, static_cast<wchar_t>(0xD800))) == "\xef\xbf\xbd");
}

TEST_CASE("errors: Windows codes become ours, with a text") {
  CHECK(failure(ERROR_BROKEN_PIPE) == errc::closed);
  CHECK(failure(ERROR_FILE_NOT_FOUND) == errc::not_found);
  CHECK(failure(ERROR_DISK_FULL) == errc::no_space);
  CHECK(failure(123456).code() == errc::os_error);
  CHECK(failure(123456).os_code() == 123456);
  CHECK_FALSE(backend::os_message(ERROR_FILE_NOT_FOUND).empty());
  CHECK(backend::os_message(ERROR_FILE_NOT_FOUND).find('\n') == std::string::npos);
}
