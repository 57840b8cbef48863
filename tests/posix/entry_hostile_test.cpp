// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What may lie where an entry belongs: damage, other formats, things that are no files, another user's forgeries; and
// locks held by those who have no business with them.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "backend/system.hpp"
#include "common/entry_name.hpp"
#include "posix/directory.hpp"
#include "posix/entry.hpp"
#include "posix/entry_actor.hpp"
#include "posix/entry_file.hpp"
#include "posix/entry_format.hpp"
#include "posix/system.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/names.hpp"
#include "support/peer.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"

using namespace std::chrono_literals;
using namespace viaduct;
using namespace viaduct::test;
using backend::entry;
using backend::object_kind;

namespace {

result<entry> create(const std::string& called, lifetime life = lifetime::owner) {
  return entry::create(plain_request(called, life), plain_builder("ours"));
}

result<entry> open(const std::string& called) {
  return entry::open(plain_request(called, lifetime::users), blind_opener);
}

std::string file_of(const std::string& called) { return detail::entry_name(object_kind::test, called); }

std::filesystem::path path_of(const std::string& file) {
  return std::filesystem::path(must(posix::own_directory())->path) / file;
}

posix::entry_record sound_record(const std::string& called) {
  posix::entry_record record;
  record.full_name = called;
  record.native_name = detail::object_name(file_of(called), 0x1234);
  record.process_id = this_process_id();
  record.boot_id = posix::system::boot_id().value_or("");
  return record;
}

void put_file(const std::string& called, bytes content) {
  const auto file = must(posix::system::open_at(must(posix::own_directory())->handle.get(), file_of(called),
                                                O_RDWR | O_CREAT | O_TRUNC, 0600));
  must(posix::system::write_at(file.get(), content, 0));
}

void check_refused(const std::string& called, errc code) {
  const auto begun = std::chrono::steady_clock::now();
  CHECK(outcome(open(called)) == code);
  CHECK(outcome(entry::find(object_kind::test, called)) == code);
  CHECK(std::chrono::steady_clock::now() - begun < 100ms);
}

}  // namespace

TEST_CASE("entry bytes: what is written is read") {
  const std::string called = "bytes";
  posix::entry_record record = sound_record(called);
  record.life = lifetime::users;
  record.is_public = true;
  record.start_time = ~std::uint64_t{0};
  record.contract = {9, {1, 2, 3, 4, 5, ~std::uint64_t{0}}};
  const auto read = must(posix::decode(posix::encode(record, posix::entry_phase::dying), file_of(called)));
  CHECK(read.phase == posix::entry_phase::dying);
  CHECK(read.record.life == record.life);
  CHECK(read.record.is_public);
  CHECK(read.record.full_name == called);
  CHECK(read.record.native_name == record.native_name);
  CHECK(read.record.contract == record.contract);
  CHECK(read.record.process_id == record.process_id);
  CHECK(read.record.start_time == record.start_time);
  CHECK(read.record.boot_id == record.boot_id);
}

TEST_CASE("entry bytes: any change is noticed") {
  const std::string called = "bytes";
  const posix::entry_image sound = posix::encode(sound_record(called), posix::entry_phase::published);
  for (std::size_t at = 0; at < sound.size(); ++at) {
    if (at == static_cast<std::size_t>(posix::writer_mark_offset)) continue;  // the one byte that others may change
    for (int bit = 0; bit < 8; ++bit) {
      posix::entry_image changed = sound;
      changed[at] ^= static_cast<std::byte>(1 << bit);
      const auto read = posix::decode(changed, file_of(called));
      INFO(at << ' ' << bit);
      CHECK_FALSE(read.has_value());
    }
  }
  for (std::size_t size = 0; size < sound.size(); ++size) {
    CHECK(outcome(posix::decode(bytes(sound).first(size), file_of(called))) == errc::peer_corrupt);
  }
  CHECK(outcome(posix::decode(sound, file_of("other"))) == errc::peer_corrupt);
}

TEST_CASE("entry bytes: rubbish with a right checksum is rubbish") {
  // Random bytes do not pass a checksum, so the fields are forged through encode().
  const std::string called = "bytes";
  const auto rejected = [&](const posix::entry_record& forged) {
    return outcome(posix::decode(posix::encode(forged, posix::entry_phase::published), file_of(called))) ==
           errc::peer_corrupt;
  };
  const std::string sound = sound_record(called).native_name;
  for (const std::string& native :
       {std::string("../../etc/passwd"), file_of(called), file_of(called) + ".", sound + "0", std::string(),
        file_of("other") + ".0000000000001234", std::string("/dev/shm/x"), file_of(called) + ".000000000000/../",
        file_of(called) + "-0000000000001234"}) {
    posix::entry_record forged = sound_record(called);
    forged.native_name = native;
    INFO(native);
    CHECK(rejected(forged));
  }
  for (const std::string& full : {std::string(), std::string("a\nb"), std::string("\xFF")}) {
    posix::entry_record forged = sound_record(called);
    forged.full_name = full;
    CHECK(rejected(forged));
  }
  posix::entry_record forged = sound_record(called);
  forged.kind = static_cast<object_kind>(99);
  CHECK(rejected(forged));
  forged = sound_record(called);
  forged.life = static_cast<lifetime>(3);
  CHECK(rejected(forged));
  generator random(1);
  for (int round = 0; round < rounds(20'000, 1'000'000); ++round) {
    posix::entry_image image = posix::encode(sound_record(called), posix::entry_phase::published);
    for (std::size_t changes = 1 + random.below(8); changes > 0; --changes) {
      image[8 + random.below(image.size() - 8)] = static_cast<std::byte>(random.next());
    }
    const auto read = posix::decode(image, file_of(called));
    if (read.has_value()) CHECK(read->record.full_name == called);
  }
}

TEST_CASE("entry hostile: a damaged entry is believed by nobody, and replaced") {
  const std::string called = unique_name();
  posix::entry_image damaged = posix::encode(sound_record(called), posix::entry_phase::published);
  damaged[200] ^= std::byte{1};
  for (const bytes content : {bytes(), bytes("rubbish"), bytes(damaged)}) {
    put_file(called, content);
    check_refused(called, errc::name_hijacked);
    CHECK(outcome(create(called)) == success);
    put_file(called, content);
    CHECK(outcome(entry::remove(object_kind::test, called)) == success);
    CHECK(runtime_files(called).empty());
  }
  put_file(called, "rubbish");
  const auto file = must(posix::system::open_at(must(posix::own_directory())->handle.get(), file_of(called), O_RDWR));
  REQUIRE(must(posix::system::try_write_lock(file.get(), 77, 1)));
  CHECK(outcome(create(called)) == errc::name_hijacked);  // somebody lives in it
  CHECK(std::filesystem::file_size(path_of(file_of(called))) == 7);
  must(posix::system::unlock(file.get(), 77, 1));
  CHECK(outcome(create(called)) == success);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry hostile: a damaged entry cannot make us delete what it lists") {
  const std::string called = unique_name();
  const std::string bystander = file_of(called) + ".0000000000005678";
  std::ofstream(path_of(bystander)) << "keep";
  posix::entry_image damaged = posix::encode(sound_record(called), posix::entry_phase::published);
  std::memcpy(damaged.data() + 404, bystander.data(), bystander.size());
  put_file(called, damaged);
  CHECK(outcome(create(called)) == success);
  CHECK(std::filesystem::exists(path_of(bystander)));
  std::filesystem::remove(path_of(bystander));
}

TEST_CASE("entry hostile: an entry of another version is left alone") {
  const std::string called = unique_name();
  posix::entry_image newer = posix::encode(sound_record(called), posix::entry_phase::published);
  newer[16] = std::byte{2};
  put_file(called, newer);
  check_refused(called, errc::layout_mismatch);
  CHECK(outcome(create(called)) == errc::layout_mismatch);
  CHECK(outcome(entry::remove(object_kind::test, called)) == errc::layout_mismatch);
  CHECK(std::filesystem::file_size(path_of(file_of(called))) == newer.size());
  std::filesystem::remove(path_of(file_of(called)));
}

TEST_CASE("entry hostile: two names with one hash are told apart") {
  const std::string called = unique_name();
  posix::entry_record other = sound_record(called);
  other.full_name = called + "2";
  put_file(called, posix::encode(other, posix::entry_phase::published));
  check_refused(called, errc::name_invalid);
  CHECK(outcome(create(called)) == errc::name_invalid);
  std::filesystem::remove(path_of(file_of(called)));
}

TEST_CASE("entry hostile: what is no file of ours is refused, not opened and not removed") {
  const std::string called = unique_name();
  const auto path = path_of(file_of(called));
  const auto target = path_of("target-" + called);
  const auto check = [&](const char* what) {
    INFO(what);
    check_refused(called, errc::name_hijacked);
    CHECK(outcome(create(called)) == errc::name_hijacked);
    CHECK(std::string(create(called).error().hint()).find(path.string() + ": ") == 0);
    CHECK(std::filesystem::exists(std::filesystem::symlink_status(path)));
    std::filesystem::remove(path);
  };
  std::filesystem::create_directory(path);
  check("directory");
  std::ofstream(target) << "untouched";
  std::filesystem::create_symlink(target, path);
  check("symbolic link");
  CHECK(std::filesystem::file_size(target) == 9);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  check("FIFO");
  put_file(called, posix::encode(sound_record(called), posix::entry_phase::published));
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  check("wrong mode");
  put_file(called, posix::encode(sound_record(called), posix::entry_phase::published));
  std::filesystem::create_hard_link(path, target.string() + "2");
  check("second name");
  std::filesystem::remove(target.string() + "2");
  if (::geteuid() == 0) {
    put_file(called, posix::encode(sound_record(called), posix::entry_phase::published));
    REQUIRE(::chown(path.c_str(), 4001, 4001) == 0);
    check("another user's file");
  }
  std::filesystem::remove(target);
}

TEST_CASE("entry hostile: no lock on the public copy keeps a dead owner alive or a new one out") {
  const std::string called = unique_name();
  auto request = plain_request(called, lifetime::owner);
  request.who = permission::everyone();
  for (int round = 0; round < 2; ++round) {
    std::vector<posix::descriptor> attacker;
    {
      actor owner;
      REQUIRE(owner.perform("create", called, "public") == "ok actor");
      const auto where = must(posix::own_public_directory());
      for (const std::string& file : runtime_files(called)) {
        auto opened = posix::system::open_at(where->handle.get(), file, O_RDWR);
        if (!opened) continue;
        (void)posix::system::try_write_lock(opened->get(), 0, 0);
        attacker.push_back(std::move(*opened));
      }
      REQUIRE(attacker.size() >= 2);
      if (round == 0) owner.kill();
    }
    CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
    {
      const auto ours = entry::create(request, plain_builder("ours"));
      CHECK(outcome(ours) == success);
      CHECK(runtime_files(called).size() == 4);
    }
    CHECK(runtime_files(called).empty());
  }
}

TEST_CASE("entry hostile: the copy for others says what the entry says, and replaces what is left there") {
  const std::string called = unique_name();
  auto request = plain_request(called, lifetime::owner);
  request.who = permission::everyone();
  const auto shared = must(posix::own_public_directory());
  std::ofstream(std::filesystem::path(shared->path) / file_of(called)) << "left over";
  const auto ours = must(entry::create(request, plain_builder("ours")));
  const auto copy =
      must(posix::open_entry({shared, file_of(called), posix::file_origin::foreign}, posix::file_access::look));
  CHECK(copy.record.native_name == ours.description().native_name);
  CHECK(copy.record.full_name == called);
  CHECK(copy.phase == posix::entry_phase::published);
  const auto object = must(posix::system::status_at(shared->handle.get(), copy.record.native_name));
  CHECK(object.st_nlink == 2);
}

TEST_CASE("entry hostile: the writer's mark and lock of a FIFO") {
  const std::string called = unique_name();
  const auto ours = must(create(called));
  const int file = posix::entry_file(ours);
  CHECK(must(posix::read_writer_mark(file)) == posix::writer_mark::free);
  must(posix::write_writer_mark(file, posix::writer_mark::taken));
  {
    const auto found = must(posix::find_entry_to_lock(object_kind::test, called));
    CHECK(must(posix::read_writer_mark(found.file.get())) == posix::writer_mark::taken);
    CHECK(must(posix::try_lock_writer(found.file.get())));
    const auto second = must(posix::find_entry_to_lock(object_kind::test, called));
    CHECK_FALSE(must(posix::try_lock_writer(second.file.get())));
  }
  const auto third = must(posix::find_entry_to_lock(object_kind::test, called));
  CHECK(must(posix::try_lock_writer(third.file.get())));
  must(posix::system::write_at(file, "x", posix::writer_mark_offset));
  CHECK(outcome(posix::read_writer_mark(file)) == errc::peer_corrupt);
  CHECK(outcome(create(called)) == errc::already_exists);
}

TEST_CASE("entry hostile: a copy of the process that no handler saw does not keep a dead owner alive") {
  VIADUCT_NEEDS(has_bare_clone, "a clone without fork handlers");
  const std::string called = unique_name();
  actor owner;
  REQUIRE(owner.perform("create", called, "owner") == "ok actor");
  REQUIRE(owner.perform("clone", called, "owner") == "ok actor");
  CHECK(outcome(create(called)) == errc::already_exists);
  owner.kill();
  REQUIRE(owner.wait() == peer::killed);
  CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
  CHECK(outcome(create(called)) == success);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: a persistent object stays until it is removed") {
  const std::string called = unique_name();
  const auto request = plain_request(called, lifetime::persistent);
  {
    actor maker;
    REQUIRE(maker.perform("create", called, "persistent") == "ok actor");
    maker.kill();
  }
  std::string content;
  CHECK(outcome(entry::create(request, plain_builder("x"))) == errc::already_exists);
  auto held = must(entry::open(request, plain_opener(content)));
  CHECK(content == "actor");
  held.close();
  held = must(entry::open(request, plain_opener(content)));
  CHECK(outcome(entry::remove(object_kind::test, called)) == success);
  CHECK(outcome(entry::open(request, plain_opener(content))) == errc::not_found);
  CHECK(runtime_files(called).empty());
  auto next = must(entry::create(request, plain_builder("next")));
  held.close();  // the old one, which has lost its name
  next.close();
  CHECK(outcome(entry::open(request, plain_opener(content))) == success);
  CHECK(content == "next");
  CHECK(outcome(entry::remove(object_kind::test, called)) == success);
}

TEST_CASE("entry: a persistent object of an earlier boot is dead") {
  const std::string called = unique_name();
  posix::entry_record old = sound_record(called);
  old.life = lifetime::persistent;
  old.boot_id = "00000000-0000-0000-0000-000000000000";
  put_file(called, posix::encode(old, posix::entry_phase::published));
  CHECK(outcome(open(called)) == errc::not_found);
  CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
  CHECK(outcome(create(called, lifetime::persistent)) == success);
  CHECK(outcome(open(called)) == success);
  CHECK(outcome(entry::remove(object_kind::test, called)) == success);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: creators killed before they could publish are swept up") {
  // Only where files without a name do not exist is there anything to leave.
  const std::string called = unique_name();
  const std::string old = "new~00000000000000aa";
  const std::string locked = "new~00000000000000bb";
  for (const std::string& file : {old, locked}) std::ofstream(path_of(file)) << "half";
  const auto holder = must(posix::system::open_at(must(posix::own_directory())->handle.get(), locked, O_RDWR));
  REQUIRE(must(posix::system::try_write_lock(holder.get(), 0, 1)));
  for (const std::string& file : {old, locked}) {
    std::filesystem::last_write_time(path_of(file), std::filesystem::file_time_type::clock::now() - 1min);
  }
  actor other;  // sweeps at its first creation
  REQUIRE(other.perform("create", called, "owner") == "ok actor");
  (void)other.perform("close", called, "owner");
  CHECK(std::filesystem::exists(path_of(old)) == posix::system::unnamed_files());
  CHECK(std::filesystem::exists(path_of(locked)));
  for (const std::string& file : {old, locked}) std::filesystem::remove(path_of(file));
}

VIADUCT_ROLE(creates_a_name, args) {
  const auto refused = create(args.at(0));
  role::say(refused.has_error() ? refused.error().message() : "created");
  return 0;
}

TEST_CASE("entry hostile: a runtime directory that is none is a bad argument, by its path") {
  const scratch_directory place;
  const std::string file = (place.path() / "file").string();
  std::ofstream(file) << "no directory";
  const std::string said = peer("creates_a_name", {unique_name()}, {{"VIADUCT_RUNTIME_DIR", file}}).hear();
  CHECK(said.find("[invalid_argument;") != std::string::npos);
  CHECK(said.find("(" + file + " is not a directory") != std::string::npos);
}
