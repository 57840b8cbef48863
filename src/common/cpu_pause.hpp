// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The processor's own instruction for loops that spin for a moment.
#pragma once

#if __has_include(<boost/core/yield_primitives.hpp>)
#include <boost/core/yield_primitives.hpp>
#else
#include <boost/smart_ptr/detail/sp_thread_pause.hpp>
#endif

namespace viaduct::detail {

inline void cpu_pause() noexcept {
#if __has_include(<boost/core/yield_primitives.hpp>)
  boost::core::sp_thread_pause();
#else
  boost::detail::sp_thread_pause();
#endif
}

}  // namespace viaduct::detail
