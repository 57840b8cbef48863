// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <memory>
#include <mutex>

#include "backend/system.hpp"

namespace viaduct {

namespace {

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warning", "error", "off"};

spdlog::level::level_enum to_spdlog(log_level level) noexcept {
  constexpr std::array levels{spdlog::level::trace, spdlog::level::debug, spdlog::level::info,
                              spdlog::level::warn,  spdlog::level::err,   spdlog::level::off};
  return levels[static_cast<std::size_t>(level)];
}

log_level from_spdlog(spdlog::level::level_enum level) noexcept {
  if (level >= spdlog::level::off) return log_level::off;
  if (level >= spdlog::level::err) return log_level::error;
  return static_cast<log_level>(level);
}

/// Standard error, or the application's own function.
class switch_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void use(log_sink function) {
    const std::lock_guard lock(mutex_);
    function_ = std::move(function);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& record) override {
    if (function_) {
      function_(from_spdlog(record.level), std::string_view(record.payload.data(), record.payload.size()));
    } else {
      standard_error_.log(record);
    }
  }
  void flush_() override { standard_error_.flush(); }

 private:
  log_sink function_;
  spdlog::sinks::stderr_sink_st standard_error_;
};

struct log_state {
  std::shared_ptr<switch_sink> sink = std::make_shared<switch_sink>();
  spdlog::logger logger{"viaduct", sink};

  log_state() {
    logger.set_level(spdlog::level::warn);
    const std::optional<std::string> wanted = backend::environment_variable("VIADUCT_LOG");
    if (!wanted || wanted->empty()) return;
    for (std::size_t index = 0; index < level_names.size(); ++index) {
      if (*wanted == level_names[index]) {
        logger.set_level(to_spdlog(static_cast<log_level>(index)));
        return;
      }
    }
    logger.warn("VIADUCT_LOG=\"{}\" is none of trace, debug, info, warning, error, off: using warning", *wanted);
  }
};

// Never destroyed: objects with static storage may still log while the program ends.
log_state& state() {
  static log_state& made = *new log_state;
  return made;
}

}  // namespace

void set_log_level(log_level level) noexcept { state().logger.set_level(to_spdlog(level)); }
log_level current_log_level() noexcept { return from_spdlog(state().logger.level()); }
void set_log_sink(log_sink sink) { state().sink->use(std::move(sink)); }

namespace detail {

bool log_enabled(log_level level) noexcept { return state().logger.should_log(to_spdlog(level)); }

void write_log(log_level level, std::string_view message) noexcept {
  state().logger.log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace detail

}  // namespace viaduct
