// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Every system call that a registry entry makes fails, once or for ever from there on: nothing crashes or hangs, and
// afterwards the name can be had and leaves nothing behind.
#include <algorithm>
#include <chrono>

#include "backend/entry.hpp"
#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/plain_object.hpp"
#include "support/system.hpp"

#if VIADUCT_FAULT_INJECTION

#include "support/faults.hpp"
#include "support/watchdog.hpp"

using namespace viaduct;
using namespace viaduct::test;
using backend::entry;
using backend::object_kind;

namespace {

enum class how { once, for_ever };

/// Whatever an error leads to, it is an answer: only its having a code is checked.
template <class T>
bool answered(const result<T>& from) {
  if (!from) CHECK(from.error().code() != errc{});
  return from.has_value();
}

void use_entry(const std::string& called, lifetime life, permission who) {
  backend::entry_request request = plain_request(called, life);
  request.who = std::move(who);
  std::string content;
  auto made = entry::create(request, plain_builder("ours"));
  if (!answered(made)) return;
  answered(made->alive(4711));
  if (life == lifetime::users) {
    auto second = entry::open(request, plain_opener(content));
    answered(second);
  } else {
    answered(entry::find(object_kind::test, called));
  }
  answered(entry::create(request, plain_builder("again")));
  made->close();
  answered(entry::remove(object_kind::test, called));
}

struct fault {
  std::size_t number = 0;
  std::size_t choice = 0;  // which of the call's plausible errors
  how long_lasting = how::once;
};

struct seen {
  std::size_t calls = 0;
  std::size_t choices = 1;
};

/// One run with one fault; then the name must be as good as new.
seen run(const fault& what, lifetime life, const permission& who) {
  const std::string called = unique_name();
  seen of_it;
  int code = 0;
  {
    seam_watch watch([&](std::size_t number, const char* call) {
      if (number < what.number || (number > what.number && what.long_lasting == how::once)) return 0;
      const std::vector<int> codes = plausible_errors(call);
      if (number == what.number) {
        of_it.choices = codes.size();
        code = codes[std::min(what.choice, codes.size() - 1)];
      }
      return code;
    });
    use_entry(called, life, who);
    of_it.calls = watch.calls();
  }
  INFO("call " << what.number << ", error " << code);
  CHECK(outcome(entry::create(plain_request(called, life), plain_builder("later"))) == success);
  CHECK(runtime_files(called).empty());
  return of_it;
}

void all_faults(how long_lasting, lifetime life, const permission& who) {
  // A second for each "held open by another program" that lasts.
  time_limit(long_lasting == how::once ? std::chrono::seconds(55) : std::chrono::seconds(170));
  (void)run({}, life, who);  // what is done once in a process is done now
  for (fault what{1, 0, long_lasting};;) {
    const seen of_it = run(what, life, who);
    if (of_it.calls < what.number) break;
    if (++what.choice < of_it.choices) continue;
    ++what.number;
    what.choice = 0;
  }
}

}  // namespace

TEST_CASE("entry faults: users, each call once") { all_faults(how::once, lifetime::users, permission::only_me()); }
TEST_CASE("entry faults: owner, each call once") { all_faults(how::once, lifetime::owner, permission::only_me()); }
TEST_CASE("entry faults: owner with a public copy, each call once") {
  all_faults(how::once, lifetime::owner, permission::everyone());
}
TEST_CASE("entry faults: users, each call and all after it", "[full]") {
  all_faults(how::for_ever, lifetime::users, permission::only_me());
}

#else

TEST_CASE("entry faults: needs fault injection") { VIADUCT_SKIP("needs a build with VIADUCT_FAULT_INJECTION"); }

#endif
