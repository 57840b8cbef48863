// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/capabilities.hpp"

#include <ostream>

#include "backend/system.hpp"
#include "viaduct/named_pipe.hpp"

namespace viaduct {

const capability_list& capabilities() { return backend::capabilities(); }

std::ostream& operator<<(std::ostream& out, support level) {
  return out << (level == support::native ? "native" : level == support::emulated ? "emulated" : "absent");
}

std::ostream& operator<<(std::ostream& out, handle_passing level) {
  return out << (level == handle_passing::any_user    ? "any user"
                 : level == handle_passing::same_user ? "same user"
                                                      : "absent");
}

std::ostream& operator<<(std::ostream& out, framing what) {
  return out << (what == framing::bytes ? "bytes" : "messages");
}

}  // namespace viaduct
