// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/shared_object.hpp"

#include <algorithm>

namespace viaduct::detail {

namespace {

backend::memory_request memory_for(const object_request& request) {
  backend::memory_request made{.kind = request.kind, .what = request.what, .size = request.size};
  made.contract.layout = request.layout;
  std::copy(request.parameters.begin(), request.parameters.end(), made.contract.values.begin() + 1);
  if (request.initialise) {
    made.initialise = [&request](buffer memory) { return request.initialise(memory.data() + sizeof(member_table)); };
  }
  return made;
}

result<void> check_name(const name& what) {
  if (const result<void> valid = what.check(); !valid) return valid;
  if (what.is_native()) return error(errc::not_supported).advise("no other program makes objects of this kind");
  if (!what.is_mine())
    return error(errc::access_denied).advise("only processes of one user share objects of this kind");
  return {};
}

result<opened_object> show(result<backend::memory_ptr> made, const object_request& request) {
  if (!made) return made.error();
  result<backend::view_ptr> view = backend::map(*made, {.length = request.size});
  if (!view) return view.error();
  auto* const members = reinterpret_cast<member_table*>(backend::contents(**view).data());
  enter_members(*members, *backend::entry_of(**made));
  return opened_object{std::move(*made), std::move(*view)};
}

/// An opener does not say what it expects; who would have created it does.
result<void> check_parameters(const opened_object& found, const object_request& request) {
  const auto& values = backend::entry_of(*found.memory)->description().contract.values;
  if (std::equal(request.parameters.begin(), request.parameters.end(), values.begin() + 1)) return {};
  return error(errc::layout_mismatch)
      .advise("it was made for " + std::to_string(values[1]) + ", not for " + std::to_string(request.parameters[0]));
}

}  // namespace

result<opened_object> create_object(const object_request& request) {
  if (const result<void> valid = check_name(request.what); !valid) return valid.error();
  return show(backend::create_memory(memory_for(request)), request);
}

result<opened_object> open_object(const object_request& request, timer& wait) {
  if (const result<void> valid = check_name(request.what); !valid) return valid.error();
  result<opened_object> found = show(backend::open_memory(memory_for(request), wait), request);
  if (!found) return explain(found.error(), errc::not_found, nobody_has_it);
  return found;
}

result<opened_object> open_or_create_object(const object_request& request, timer& wait) {
  if (const result<void> valid = check_name(request.what); !valid) return valid.error();
  result<opened_object> found = show(backend::open_or_create_memory(memory_for(request), wait), request);
  if (!found) return found;
  if (const result<void> same = check_parameters(*found, request); !same) return same.error();
  return found;
}

result<void> remove_object(backend::object_kind kind, const name& what) {
  if (const result<void> valid = check_name(what); !valid) return valid;
  return backend::entry::remove(kind, what);
}

}  // namespace viaduct::detail
