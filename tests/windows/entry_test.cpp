// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What is particular to registry entries on Windows: the record, the locks beyond it, other programs that hold the
// file, the public copy, the directory.
#include "windows/entry.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>

#include "common/entry_name.hpp"
#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/plain_object.hpp"
#include "support/system.hpp"
#include "windows/entry_file.hpp"
#include "windows/security.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

using namespace std::chrono_literals;
using namespace viaduct;
using namespace viaduct::test;
using namespace viaduct::windows;
using backend::entry;
using backend::object_kind;

namespace {

constexpr DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

std::wstring file_of(const std::string& called) {
  return must(entry_directory()) + L'\\' + widen_ascii(detail::entry_name(object_kind::test, called));
}
std::wstring copy_of(const std::string& called) {
  return must(public_directory_path(user::current())) + L'\\' +
         widen_ascii(detail::entry_name(object_kind::test, called));
}
bool exists(const std::wstring& path) { return std::filesystem::exists(path); }

/// Another program's handle of an entry's file.
unique_handle foreign(const std::string& called, DWORD share = share_all, DWORD disposition = OPEN_EXISTING) {
  const std::wstring path = file_of(called);
  return must(system::open_file(
      {.path = path, .access = GENERIC_READ | GENERIC_WRITE, .share = share, .disposition = disposition}));
}

backend::entry_request request_for_all(const std::string& called) {
  backend::entry_request request = plain_request(called, lifetime::owner);
  request.who = permission::everyone();
  return request;
}

entry_record sample() {
  entry_record made;
  made.phase = entry_phase::live;
  made.kind = object_kind::test;
  made.is_public = true;
  made.level = 0x2000;
  made.boot_id = 7;
  made.name = "M\u00fcller";
  made.description.life = lifetime::users;
  made.description.contract = {.layout = 3, .values = {1, 2, 3, 4, 5, 6}};
  made.description.native_name = "test-x.0123456789abcdef";
  made.description.process_id = 11;
  made.description.start_time = 12;
  return made;
}

}  // namespace

VIADUCT_ROLE(entry_owner, args) {
  const auto held = must(entry::create(request_for_all(args.at(0)), plain_builder("theirs")));
  role::say("made");
  role::expect("never");
  return 0;
}

TEST_CASE("entry record: written and read, and nothing else is believed") {
  const entry_bytes written = encode(sample());
  const auto read = must(decode(written, "test-x"));
  REQUIRE(read);
  CHECK(read->name == sample().name);
  CHECK(read->phase == entry_phase::live);
  CHECK(read->is_public);
  CHECK(read->boot_id == 7);
  CHECK(read->description.life == lifetime::users);
  CHECK(read->description.contract == sample().description.contract);
  CHECK(read->description.native_name == sample().description.native_name);
  CHECK(read->description.process_id == 11);

  for (std::size_t index = 0; index < written.size(); ++index) {
    entry_bytes damaged = written;
    damaged[index] ^= std::byte{1};
    const auto outcome_of_it = decode(damaged, "test-x");
    INFO(index);
    CHECK((outcome_of_it && !*outcome_of_it));
  }
  CHECK_FALSE(must(decode(bytes(written).first(written.size() - 1), "test-x")));
  CHECK_FALSE(must(decode(bytes(), "test-x")));
  CHECK_FALSE(must(decode(written, "test-y")));  // an object of another entry
}

TEST_CASE("entry record: an object's name is one that we make") {
  entry_record made = sample();
  for (const char* bad : {"", "test-x", "test-x.", "test-x.0123456789abcdeF", "test-x.0123456789abcde", "../../x",
                          "test-x.0123456789abcde/", "\\\\server\\x"}) {
    made.description.native_name = bad;
    CHECK_FALSE(must(decode(encode(made), "test-x")));
  }
  made.kind = object_kind::named_pipe;
  CHECK_FALSE(must(decode(encode(made), "named_pipe-x")));
  made.description.native_name = must(new_native_name(object_kind::named_pipe, "named_pipe-x"));
  CHECK(must(decode(encode(made), "named_pipe-x")));
  CHECK(must(new_native_name(object_kind::named_pipe, "x")) != made.description.native_name);
}

TEST_CASE("entry: nothing below the gate is ever locked, so the record can always be read") {
  const std::string called = unique_name();
  const auto held = must(entry::create(plain_request(called, lifetime::users), plain_builder("ours")));
  const unique_handle other = foreign(called);
  CHECK(must(system::try_lock(other.get(), 0, gate_byte, system::lock_mode::exclusive)));
  system::unlock(other.get(), 0, gate_byte);
  CHECK(must(system::try_lock(other.get(), gate_byte, 1, system::lock_mode::exclusive)));
  CHECK_FALSE(must(system::try_lock(other.get(), members_start + entry::member_id(), 1, system::lock_mode::shared)));
}

TEST_CASE("entry: a program that merely has the file open blocks nobody") {
  const std::string called = unique_name();
  auto first = must(entry::create(plain_request(called, lifetime::owner), plain_builder("first")));
  const unique_handle reader = foreign(called);
  first.close();
  CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
  const auto second = must(entry::create(plain_request(called, lifetime::owner), plain_builder("second")));
  CHECK(must(read_plain_object(must(entry::find(object_kind::test, called)))) == "second");
  CHECK(second.description().native_name != "");
}

TEST_CASE("entry: a program that keeps the file to itself is an error after one second, not a hang") {
  const std::string called = unique_name();
  {
    const unique_handle greedy = foreign(called, 0, OPEN_ALWAYS);
    const auto begun = std::chrono::steady_clock::now();
    const auto made = entry::create(plain_request(called, lifetime::owner), plain_builder("ours"));
    CHECK(outcome(made) == errc::os_error);
    CHECK(made.error().hint().find("another program") != std::string_view::npos);
    CHECK(std::chrono::steady_clock::now() - begun >= 900ms);
    CHECK(std::chrono::steady_clock::now() - begun < 20s);
  }
  CHECK(outcome(entry::create(plain_request(called, lifetime::owner), plain_builder("ours"))) == success);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: a busy gate is waited for, but not for ever") {
  const std::string called = unique_name();
  const auto held = must(entry::create(plain_request(called, lifetime::owner), plain_builder("ours")));
  const unique_handle busy = foreign(called);
  REQUIRE(must(system::try_lock(busy.get(), gate_byte, 1, system::lock_mode::exclusive)));
  const auto made = entry::create(plain_request(called, lifetime::owner), plain_builder("ours"));
  CHECK(outcome(made) == errc::already_exists);
  CHECK(made.error().hint() == "being created or destroyed");
  CHECK(outcome(entry::open(plain_request(called, lifetime::users), blind_opener)) == errc::not_found);
  CHECK(outcome(entry::find(object_kind::test, called)) == success);  // looking needs no gate
}

TEST_CASE("entry: what its writer did not finish counts as nothing") {
  const std::string called = unique_name();
  std::ofstream(std::filesystem::path(file_of(called)), std::ios::binary) << "half a record";
  CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
  CHECK(outcome(entry::create(plain_request(called, lifetime::owner), plain_builder("ours"))) == success);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: a directory in the way is not ours") {
  const std::string called = unique_name();
  REQUIRE(std::filesystem::create_directory(file_of(called)));
  // Windows says "access denied", which could also mean "being deleted": it takes a second to be sure.
  CHECK_FALSE(entry::create(plain_request(called, lifetime::owner), plain_builder("ours")).has_value());
  std::filesystem::remove(file_of(called));
}

TEST_CASE("entry: the public copy comes with the object and goes with it") {
  const std::string called = unique_name();
  auto held = must(entry::create(request_for_all(called), plain_builder("ours")));
  REQUIRE(exists(copy_of(called)));
  CHECK(must(find_entry(object_kind::test, called)).level == low_level);
  CHECK_FALSE(must(find_entry(object_kind::test, called)).is_copy);
  held.close();
  CHECK_FALSE(exists(copy_of(called)));
  CHECK(outcome(find_entry(object_kind::test, called)) == errc::not_found);
}

TEST_CASE("entry: the copy of a dead owner is taken over, and is not believed before") {
  const std::string called = unique_name();
  peer owner("entry_owner", {called});
  owner.expect("made");
  owner.kill();
  CHECK(owner.wait() == peer::killed);
  CHECK(exists(copy_of(called)));
  CHECK(outcome(find_entry(object_kind::test, called)) == errc::not_found);
  auto held = must(entry::create(plain_request(called, lifetime::owner), plain_builder("ours")));
  CHECK_FALSE(exists(copy_of(called)));
  held.close();
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: what another integrity level of ours has made is seen in the copy") {
  const std::string called = unique_name();
  const auto held = must(entry::create(request_for_all(called), plain_builder("ours")));
  const auto bytes_of_copy = [&] {
    std::ifstream file(std::filesystem::path(copy_of(called)), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  const std::string elsewhere = unique_name();
  // As if the other level had its private entry where we cannot look.
  entry_record copied = *must(decode(bytes_of_copy, detail::entry_name(object_kind::test, called)));
  copied.name = elsewhere;
  copied.description.native_name = detail::object_name(detail::entry_name(object_kind::test, elsewhere), 1);
  REQUIRE(outcome(publish_copy(detail::entry_name(object_kind::test, elsewhere), copied)) == success);
  const auto found = must(find_entry(object_kind::test, elsewhere));
  CHECK(found.is_copy);
  CHECK(found.owner == user::current());
  withdraw_copy(detail::entry_name(object_kind::test, elsewhere));
  CHECK(outcome(find_entry(object_kind::test, elsewhere)) == errc::not_found);
  CHECK_FALSE(exists(copy_of(elsewhere)));
}

TEST_CASE("entry: of another user only what they made public can be found") {
  CHECK(outcome(entry::find(object_kind::test, name::of(user::from_id("S-1-5-19"), "x"))) == errc::not_found);
  CHECK(outcome(entry::find(object_kind::test, name::of(user::from_id("..\\.."), "x"))) == errc::name_invalid);
  CHECK(outcome(entry::find(object_kind::test, name::of(user::from_id("s-1-5-19"), "x"))) == errc::name_invalid);
}

TEST_CASE("entry: a persistent object outlives its process's hold and goes by remove") {
  if (!system::boot_id()) VIADUCT_SKIP("needs a Windows that counts its boots");
  const std::string called = unique_name();
  auto held = must(entry::create(plain_request(called, lifetime::persistent), plain_builder("kept")));
  held.close();
  CHECK(must(read_plain_object(must(entry::find(object_kind::test, called)))) == "kept");
  CHECK(outcome(entry::create(plain_request(called, lifetime::persistent), plain_builder("new"))) ==
        errc::already_exists);
  std::string content;
  CHECK(outcome(entry::open(plain_request(called, lifetime::persistent), plain_opener(content))) == success);
  CHECK(content == "kept");
  CHECK(outcome(entry::remove(object_kind::test, called)) == success);
  CHECK(outcome(entry::remove(object_kind::test, called)) == errc::not_found);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry directory: ours, another parent, or an error that says why", "[serial]") {
  const auto set = [](const wchar_t* value) { ::SetEnvironmentVariableW(L"VIADUCT_RUNTIME_DIR", value); };
  CHECK(must(own_directory())->owner == user::current());
  set(L"relative\\path");
  CHECK(outcome(own_directory()) == errc::invalid_argument);
  const scratch_directory parent;
  set((parent.path() / L"missing").c_str());
  CHECK(outcome(own_directory()) == errc::not_found);
  const std::wstring name = std::filesystem::path(([&] {
                              set(nullptr);
                              return must(own_directory())->path;
                            })())
                                .filename();
  std::ofstream(parent.path() / name) << "in the way";
  set(parent.path().c_str());
  CHECK(outcome(own_directory()) == errc::name_hijacked);
  set(nullptr);
}
