// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// From a name to an open pipe: look, and where nothing is, wait for the name to change.
#include <optional>

#include "windows/pipe_instance.hpp"

namespace viaduct::windows {

namespace {

/// not_found: nothing live is there, or it has just gone.
result<dialled> try_dial(const dial_request& request, detail::timer& wait) {
  result<backend::entry_description> found = backend::entry::find(request.kind, request.what);
  if (!found) return found.error();
  if (request.check != nullptr) {
    if (result<void> agreed = request.check(*found, request.context); !agreed) return agreed.error();
  }
  const std::wstring path = pipe_path(found->native_name);
  result<unique_handle> pipe = open_client({.path = path, .access = request.access}, wait);
  if (!pipe) return pipe.error();
  return dialled{std::move(*pipe), std::move(*found)};
}

}  // namespace

result<dialled> dial(const dial_request& request, detail::timer& wait) {
  std::optional<backend::name_watch> watch;
  for (;;) {
    result<dialled> made = try_dial(request, wait);
    if (made || made.error() != errc::not_found || !wait.may_wait()) return made;
    if (!watch) {
      result<backend::name_watch> started = backend::name_watch::start(request.kind, request.what);
      if (!started) return started.error();
      watch.emplace(std::move(*started));
      continue;  // it may have come before the watch began
    }
    if (result<void> waited = watch->wait(wait); !waited) {
      return waited.error() == errc::timed_out ? std::move(made) : result<dialled>(waited.error());
    }
  }
}

}  // namespace viaduct::windows
