// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/command_line.hpp"

#include <algorithm>
#include <cwctype>

#include "windows/system.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::windows {

namespace {

constexpr std::size_t longest_line = 32'766;  // and a NUL
// Without it Windows' own libraries do not load.
constexpr std::wstring_view indispensable = L"SystemRoot";

error not_text() { return error(errc::invalid_argument).advise("arguments and environment are UTF-8"); }

/// Backslashes are doubled before a quote, and nowhere else: that is how the C runtime reads them.
void append_quoted(std::wstring& line, const std::wstring& argument) {
  const bool plain = !argument.empty() && argument.find_first_of(L" \t\n\v\"") == std::wstring::npos;
  if (plain) {
    line += argument;
    return;
  }
  line += L'"';
  std::size_t backslashes = 0;
  for (const wchar_t letter : argument) {
    if (letter == L'"') line.append(backslashes + 1, L'\\');
    backslashes = letter == L'\\' ? backslashes + 1 : 0;
    line += letter;
  }
  line.append(backslashes, L'\\');
  line += L'"';
}

std::wstring key_of(std::wstring_view variable) {
  // A leading '=' belongs to the key: the current directories of drives are kept so.
  std::wstring key(variable.substr(0, variable.find(L'=', 1)));
  std::transform(key.begin(), key.end(), key.begin(), [](wchar_t letter) { return std::towupper(letter); });
  return key;
}

result<std::vector<std::wstring>> wide_variables(const std::map<std::string, std::string>& wanted) {
  std::vector<std::wstring> variables;
  for (const auto& [key, value] : wanted) {
    result<std::wstring> variable = to_wide(key + '=' + value);
    if (!variable) return not_text();
    variables.push_back(std::move(*variable));
  }
  const std::wstring needed = key_of(indispensable);
  const bool has =
      std::any_of(variables.begin(), variables.end(), [&](const auto& one) { return key_of(one) == needed; });
  if (has) return variables;
  const result<std::optional<std::wstring>> root = system::environment_value(std::wstring(indispensable));
  if (root && *root) variables.push_back(std::wstring(indispensable) + L'=' + **root);
  return variables;
}

}  // namespace

result<std::wstring> make_command_line(const std::wstring& program, const std::vector<std::string>& args) {
  // The program's own name is read by simpler rules: up to the next quote.
  std::wstring line = L'"' + program + L'"';
  for (const std::string& arg : args) {
    const result<std::wstring> wide = to_wide(arg);
    if (!wide) return not_text();
    line += L' ';
    append_quoted(line, *wide);
  }
  if (line.size() > longest_line) {
    return error(errc::limit_reached).advise("on Windows all arguments together have at most 32,766 characters");
  }
  return line;
}

result<std::wstring> make_environment(const std::optional<std::map<std::string, std::string>>& wanted,
                                      const std::wstring& extra) {
  result<std::vector<std::wstring>> variables = wanted ? wide_variables(*wanted) : system::environment_block();
  if (!variables) return variables.error();
  const std::wstring replaced = key_of(extra);
  std::erase_if(*variables, [&](const std::wstring& one) { return key_of(one) == replaced; });
  variables->push_back(extra);
  std::sort(variables->begin(), variables->end(),
            [](const std::wstring& left, const std::wstring& right) { return key_of(left) < key_of(right); });
  std::wstring block;
  for (const std::wstring& variable : *variables) block.append(variable).push_back(L'\0');
  block.push_back(L'\0');
  return block;
}

}  // namespace viaduct::windows
