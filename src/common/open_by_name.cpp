// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/open_by_name.hpp"

#include <optional>

namespace viaduct::detail {

result<backend::entry> open_when_there(const backend::entry_request& request, const backend::entry::opener& open_object,
                                       timer& wait) {
  wait.start();
  std::optional<backend::name_watch> watch;
  for (;;) {
    result<backend::entry> joined = backend::entry::open(request, open_object);
    if (joined || joined.error() != errc::not_found) return joined;
    const bool in_the_making = joined.error().hint() == "being created";
    if (!wait.may_wait()) {
      if (in_the_making) return error(errc::timed_out).advise("being created");
      return joined;
    }
    if (!watch) {
      // Started before the look that must find what it missed: look once more at once.
      result<backend::name_watch> started = backend::name_watch::start(request.kind, request.what);
      if (!started) return started.error();
      watch.emplace(std::move(*started));
      continue;
    }
    if (const result<void> changed = watch->wait(wait); !changed && changed.error() != errc::timed_out) {
      return changed.error();
    }
  }
}

}  // namespace viaduct::detail
