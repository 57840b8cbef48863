// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a parent hands to a child: handles that already are in the child's own table, listed in a small named section whose
// random name is in the child's environment. The child, whose process the table names, takes it once; in a grandchild the
// same name finds nothing, or a table that is not for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "viaduct/endpoint.hpp"
#include "viaduct/result.hpp"
#include "windows/handle.hpp"

namespace viaduct::windows {

inline constexpr const wchar_t* table_variable = L"VIADUCT_HANDOVER";

struct table_endpoint {
  std::string name;
  endpoint::kind what = endpoint::kind::none;
  std::uint64_t value = 0;  // in the child's table
  std::string remark;
};

struct child_table {
  std::uint64_t process_id = 0;
  std::uint64_t creation_time = 0;
  std::uint64_t section = 0;  // keeps the table alive; in the child's table
  std::uint64_t stop_event = 0;
  std::vector<table_endpoint> endpoints;
};

/// The parent's side: a section under a random name.
struct table_section {
  std::wstring name;
  unique_handle section;
};
[[nodiscard]] result<table_section> make_table_section();
/// invalid_argument if the table is too long.
[[nodiscard]] result<void> write_table(const table_section& to, const child_table& table);

// As text; nullopt if it is not well formed.
[[nodiscard]] std::string format_table(const child_table& table);
[[nodiscard]] std::optional<child_table> parse_table(std::string_view text);

/// The child's side: what was handed to this process, taken from the environment the first time.
class handed_over {
 public:
  [[nodiscard]] static handed_over& to_this_process();

  /// not_found, invalid_argument (another kind).
  [[nodiscard]] result<table_endpoint> take(std::string_view name, endpoint::kind what);
  /// Null if the parent does not use this library.
  [[nodiscard]] HANDLE stop_event() const noexcept { return stop_.get(); }

 private:
  handed_over();
  std::vector<table_endpoint> left_;
  unique_handle stop_;
};

}  // namespace viaduct::windows
