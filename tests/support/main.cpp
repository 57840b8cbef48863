// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The main program of every test: plays a role if asked to, else runs the test cases under the watchdog. Compiled once,
// without optimisation and never instrumented, because it contains the test framework.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using listener_base = Catch::EventListenerBase;
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
using listener_base = Catch::TestEventListenerBase;
#endif

#include "support/peer.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"

namespace {

class watched : public listener_base {
 public:
  using listener_base::listener_base;
  void testCaseStarting(const Catch::TestCaseInfo& info) override { viaduct::test::watch_begin(info.name); }
  void testCaseEnded(const Catch::TestCaseStats& /*stats*/) override { viaduct::test::watch_end(); }
};
CATCH_REGISTER_LISTENER(watched)

}  // namespace

int main(int argc, char** argv) {
  viaduct::test::set_this_program(argv[0]);
  const int played = viaduct::test::play_role(argc, argv);
  return played >= 0 ? played : Catch::Session().run(argc, argv);
}
