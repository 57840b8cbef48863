// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Taking an entry over: the object is built while the record says "building" and the gate keeps everybody else out.
#include "windows/entry_protocol.hpp"
#include "windows/security.hpp"
#include "windows/system.hpp"

namespace viaduct::windows {

namespace {

result<entry_record> new_record(const plan& what) {
  const backend::entry_request& request = what.request;
  const result<own_process> self = this_process();
  if (!self) return self.error();
  const result<token_identity> me = own_identity();
  if (!me) return me.error();
  result<std::string> native = new_native_name(request.kind, what.place.name);
  if (!native) return native.error();
  entry_record made;
  made.phase = entry_phase::building;
  made.kind = request.kind;
  made.is_public = !request.who.is_private();
  made.level = pipe_level(request.who, me->level);
  made.name = request.what.text();
  made.description.life = request.life;
  made.description.contract = request.contract;
  made.description.native_name = std::move(*native);
  made.description.process_id = self->process_id;
  made.description.start_time = self->start_time;
  if (request.life == lifetime::persistent) {
    const result<std::uint64_t> boot = system::boot_id();
    if (!boot) return boot.error();
    made.boot_id = *boot;
  }
  return made;
}

/// Locks first, then the word that says so.
result<void> publish(const entry_place& place, entry_file& file, entry_record& record) {
  const result<own_process> self = this_process();
  if (!self) return self.error();
  if (record.description.life == lifetime::owner) {
    if (const result<void> owned = become_owner(file); !owned) return owned;
  }
  if (const result<void> joined = become_member(file, self->member); !joined) {
    stop_being_owner(file);
    return joined;
  }
  record.phase = entry_phase::live;
  result<void> done = write_record(file, record);
  if (done && record.is_public) done = publish_copy(place.name, record);
  if (done) return done;
  stop_being_member(file, self->member);
  stop_being_owner(file);
  return done;
}

/// The gate keeps everybody out meanwhile, also this process's other threads.
result<void> build_unlocked(const plan& what, const entry_file& file, const entry_record& record,
                            std::unique_lock<std::mutex>& mutex) {
  mutex.unlock();
  try {
    result<void> done = what.build(record.description);
    mutex.lock();
    return done;
  } catch (...) {
    mutex.lock();
    (void)destroy_object(what.place, file, record);
    throw;
  }
}

}  // namespace

result<membership> take_over(const plan& what, entered with, std::unique_lock<std::mutex>& mutex) {
  const entry_place& place = what.place;
  entry_file& file = *with.file;
  if (!with.record || with.record->is_public) withdraw_copy(place.name);
  (void)remove_objects(place);  // what is still in use by a dying process is swept by a later one
  result<entry_record> record = new_record(what);
  if (!record) return record.error();
  result<void> done = write_record(file, *record);
  if (done) done = build_unlocked(what, file, *record, mutex);
  if (done) done = publish(place, file, *record);
  if (!done) {
    (void)destroy_object(place, file, *record);  // what stays is dead: nobody has its locks
    return done.error();
  }
  return membership(place, std::move(with.file), std::move(*record), true);
}

}  // namespace viaduct::windows
