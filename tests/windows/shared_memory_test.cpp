// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What is particular to memory on Windows: its files, its sections and their rights.
#include "viaduct/shared_memory.hpp"

#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

#include "backend/shared_memory.hpp"
#include "common/entry_name.hpp"
#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/system.hpp"
#include "windows/entry.hpp"
#include "windows/section.hpp"
#include "windows/security.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

using namespace std::chrono_literals;
using namespace viaduct;
using namespace viaduct::test;
using windows::unique_handle;
namespace system_calls = viaduct::windows::system;

namespace {

constexpr std::size_t page = 4096;
constexpr DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

std::wstring file_of(const shared_memory& memory) {
  return must(windows::entry_directory()) + L'\\' + windows::widen_ascii(memory.native_name());
}

unique_handle open(const std::wstring& path, DWORD access, DWORD disposition = OPEN_EXISTING) {
  return must(
      system_calls::open_file({.path = path, .access = access, .share = share_all, .disposition = disposition}));
}

/// What DuplicateHandle makes of a handle, when it is asked for these rights.
result<HANDLE> again(native_view handle, DWORD access) {
  return system_calls::duplicate_between({.from_process = ::GetCurrentProcess(),
                                          .handle = windows::to_handle(handle),
                                          .to_process = ::GetCurrentProcess(),
                                          .access = access,
                                          .options = 0});
}

result<shared_memory> adopt_raw(HANDLE handle) { return shared_memory::adopt(native_handle(handle)); }

unique_handle raw_section(HANDLE file, DWORD protection, DWORD size) {
  unique_handle made(::CreateFileMappingW(file, nullptr, protection, 0, size, nullptr));
  REQUIRE(made);
  return made;
}

void write(shared_memory& memory, std::string_view text) {
  auto shown = must(memory.map());
  std::memcpy(shown.writable().data(), text.data(), text.size());
}
std::string read(const shared_memory& memory, std::size_t size) {
  const auto shown = must(memory.map({.mode = access::read_only}));
  return std::string(shown.readable().first(size).text());
}

}  // namespace

VIADUCT_ROLE(memory_user, args) {
  const auto memory = must(shared_memory::open_or_create(args.at(0), page, 5s));
  const auto shown = must(memory.map());
  role::say(memory.is_creator() ? "made" : "opened");
  role::expect("end");
  return 0;
}

TEST_CASE("memory: named memory is a temporary file of ours, which nobody can delete meanwhile") {
  const std::string called = unique_name();
  std::wstring path;
  {
    auto memory = must(shared_memory::create(called, 3 * page));
    path = file_of(memory);
    {
      const unique_handle file = open(path, GENERIC_READ);
      const auto found = must(system_calls::file_information(file.get()));
      CHECK(windows::size_of(found) == 3 * page);
      const auto security = must(windows::security_of(file.get()));
      CHECK(security.owner == user::current());
    }
    CHECK(outcome(system_calls::delete_file(path)) == errc::os_error);
    const auto shown = must(memory.map());
    CHECK(outcome(system_calls::delete_file(path)) == errc::os_error);
    memory.close();
    CHECK(std::filesystem::exists(path));
    CHECK(outcome(system_calls::delete_file(path)) == errc::os_error);
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(runtime_files(called).empty());
}

TEST_CASE("memory: what a killed user leaves is swept when the name is used again") {
  const std::string called = unique_name();
  for (int round = 0; round < 3; ++round) {
    peer other("memory_user", {called});
    other.expect("made");
    {
      const auto memory = must(shared_memory::open(called, 5s));
      CHECK(runtime_files(called).size() == 2);
      other.kill();
      CHECK(other.wait() == peer::killed);
    }
    CHECK(runtime_files(called).empty());
  }
  peer other("memory_user", {called});
  other.expect("made");
  other.kill();
  CHECK(other.wait() == peer::killed);
  CHECK_FALSE(runtime_files(called).empty());
  const auto memory = must(shared_memory::create(called, page));
  CHECK(read(memory, 4) == std::string(4, '\0'));
  CHECK(runtime_files(called).size() == 2);
}

TEST_CASE("memory: a file that is not what its entry says is not believed") {
  const std::string called = unique_name();
  const auto spoil = [&](auto&& how) {
    std::optional<backend::entry> held;  // the entry alone, without the file open
    backend::entry_request request{backend::object_kind::shared_memory, called, lifetime::users};
    request.contract.values[0] = page;
    held.emplace(must(backend::entry::create(request, [&](const backend::entry_description& of) -> result<void> {
      how(must(windows::entry_directory()) + L'\\' + windows::widen_ascii(of.native_name));
      return {};
    })));
    return outcome(shared_memory::open(called, 0s));
  };
  CHECK(spoil([](const std::wstring& /*path*/) {}) == errc::peer_corrupt);
  CHECK(spoil([](const std::wstring& path) { (void)open(path, GENERIC_WRITE, CREATE_NEW); }) == errc::peer_corrupt);
  CHECK(spoil([](const std::wstring& path) {
          must(system_calls::set_file_size(open(path, GENERIC_WRITE, CREATE_NEW).get(), page + 1));
        }) == errc::peer_corrupt);
  CHECK(spoil([](const std::wstring& path) {
          must(system_calls::set_file_size(open(path, GENERIC_WRITE, CREATE_NEW).get(), page));
        }) == success);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("memory: more than the disk has is refused before anything is made") {
  const std::string called = unique_name();
  const auto refused = shared_memory::create(called, std::size_t{1} << 50);
  CHECK(outcome(refused) == errc::no_space);
  CHECK(std::string(refused.error().hint()).find(std::to_string(std::size_t{1} << 50)) != std::string::npos);
  CHECK(std::string(refused.error().hint()).find("available: ") != std::string::npos);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("memory: persistent memory stays, and nothing else of it") {
  if (!system_calls::boot_id()) VIADUCT_SKIP("needs a Windows that counts its boots");
  const std::string called = unique_name();
  {
    auto memory = must(shared_memory::create(called, page, {.life = lifetime::persistent}));
    write(memory, "kept");
  }
  CHECK(runtime_files(called).size() == 2);
  CHECK(read(must(shared_memory::open(called, 0s)), 4) == "kept");
  CHECK(outcome(shared_memory::create(called, page)) == errc::already_exists);
  must(shared_memory::remove(called));
  CHECK(runtime_files(called).empty());
}

TEST_CASE("memory: only plain committed memory is adopted") {
  const scratch_directory scratch;
  const unique_handle file = open((scratch.path() / L"file").wstring(), GENERIC_READ | GENERIC_WRITE, CREATE_NEW);
  must(system_calls::set_file_size(file.get(), page));
  const auto adopt = [](unique_handle handle) { return outcome(adopt_raw(handle.release())); };

  CHECK(adopt(raw_section(file.get(), PAGE_READWRITE, 0)) == errc::access_denied);
  CHECK(adopt(raw_section(INVALID_HANDLE_VALUE, PAGE_READWRITE | SEC_RESERVE, page)) == errc::access_denied);
  CHECK(adopt(raw_section(INVALID_HANDLE_VALUE, PAGE_READWRITE | SEC_COMMIT | SEC_NOCACHE, page)) ==
        errc::access_denied);
  CHECK(adopt(must(system_calls::duplicate(file.get()))) == errc::invalid_argument);
  CHECK(adopt(must(system_calls::create_event())) == errc::invalid_argument);
  CHECK(outcome(adopt_raw(reinterpret_cast<HANDLE>(std::intptr_t{0x7ffffff0}))) == errc::invalid_argument);
  CHECK(adopt(raw_section(INVALID_HANDLE_VALUE, PAGE_READWRITE, page)) == success);

  const unique_handle plain = raw_section(INVALID_HANDLE_VALUE, PAGE_READWRITE, page);
  const auto with = [&](DWORD access) { return unique_handle(must(again(plain.view(), access))); };
  CHECK(adopt(with(SECTION_MAP_READ)) == errc::access_denied);  // cannot be checked
  CHECK(adopt(with(SECTION_QUERY)) == errc::access_denied);
  const auto readable = must(adopt_raw(with(SECTION_QUERY | SECTION_MAP_READ).release()));
  CHECK(readable.size() == page);
  CHECK(outcome(readable.map()) == errc::access_denied);
  CHECK(outcome(readable.map({.mode = access::read_only})) == success);
}

TEST_CASE("memory: a handle that was given away leads to no better one") {
  auto memory = must(shared_memory::create_anonymous(page, writers::creator));
  const auto given = must(memory.read_only());
  for (const native_view handle : {memory.native(), given.native()}) {
    CHECK(outcome(again(handle, SECTION_MAP_READ)) == success);
    for (const DWORD more :
         {DWORD{SECTION_MAP_WRITE}, DWORD{SECTION_ALL_ACCESS}, DWORD{GENERIC_ALL}, DWORD{GENERIC_WRITE}}) {
      CHECK(outcome(again(handle, more)) == errc::access_denied);
    }
    CHECK(::MapViewOfFile(windows::to_handle(handle), FILE_MAP_WRITE, 0, 0, page) == nullptr);
  }
  // Nor does what is mapped for reading become writable.
  const auto shown = must(given.map({.mode = access::read_only}));
  DWORD before = 0;
  CHECK(::VirtualProtect(const_cast<std::byte*>(shown.readable().data()), page, PAGE_READWRITE, &before) == FALSE);
  auto writable = must(memory.map());
  writable.writable().data()[0] = std::byte{7};
  CHECK(shown.readable().data()[0] == std::byte{7});
  CHECK(outcome(memory.map()) == errc::access_denied);
}

TEST_CASE("memory: what everyone may write allows no more than that") {
  const auto memory = must(shared_memory::create_anonymous(page));
  CHECK(must(system_calls::granted_rights(windows::to_handle(memory.native()))) ==
        (SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_WRITE));
  CHECK(outcome(again(memory.native(), SECTION_EXTEND_SIZE)) == errc::access_denied);
}

TEST_CASE("memory: mapped from any offset") {
  const auto memory = must(shared_memory::create_anonymous(300'000));
  auto all = must(memory.map());
  for (std::size_t offset : {1U, 4096U, 65535U, 65536U, 65537U, 299'999U}) {
    INFO(offset);
    all.writable().data()[offset] = std::byte{42};
    auto part = must(memory.map({.offset = offset, .length = 1}));
    REQUIRE(part.size() == 1);
    CHECK(part.readable().data()[0] == std::byte{42});
    part.writable().data()[0] = std::byte{43};
    CHECK(all.readable().data()[offset] == std::byte{43});
  }
}

TEST_CASE("memory: a file that others have open without sharing is waited for, then refused") {
  const scratch_directory scratch;
  const std::filesystem::path path = scratch.path() / L"file";
  const unique_handle held = must(system_calls::open_file(
      {.path = path.native(), .access = GENERIC_READ | GENERIC_WRITE, .share = 0, .disposition = CREATE_NEW}));
  const auto refused = shared_memory::open_file(path);
  CHECK(outcome(refused) == errc::os_error);
  CHECK(std::string(refused.error().hint()).find("held open") != std::string::npos);
  CHECK(outcome(shared_memory::open_file(L"\\\\.\\NUL")) == errc::invalid_argument);
}
