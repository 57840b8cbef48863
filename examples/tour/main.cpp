// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The tour: a real file travels between real processes through every mechanism of the library.
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "options.hpp"
#include "receiver.hpp"
#include "report.hpp"
#include "sender.hpp"
#include "source_file.hpp"

namespace {

constexpr int good = 0;
constexpr int failed = 1;
constexpr int wrong_use = 2;

int send_everywhere(const std::filesystem::path& program, const tour::options& chosen) {
  tour::source_file file(chosen.file ? *chosen.file : tour::find_large_file(program));
  if (!chosen.json) tour::print_file(std::cout, file);
  const tour::trip how{.program = program,
                       .receiver_dies = chosen.receiver_dies,
                       .show_progress = chosen.progress || tour::standard_error_is_terminal()};
  std::vector<tour::measurement> made;
  for (const tour::mechanism& one : tour::mechanisms()) made.push_back(tour::travel(one, file, how));
  if (chosen.json) {
    tour::print_json(std::cout, file, made);
  } else {
    tour::print_table(std::cout, made);
  }
  return tour::all_intact(made) && std::cout.good() ? good : failed;
}

int run(const std::vector<std::string>& args) {
  if (args.size() == 5 && args[1] == "--receive") {  // how the sender starts its receiver
    tour::receive({.mechanism = args[2], .name = args[3], .dies = args[4] == "dies"});
    return good;
  }
  const tour::options chosen = tour::parse({args.begin() + 1, args.end()});
  if (chosen.help) {
    std::cout << tour::usage;
    return good;
  }
  return send_everywhere(viaduct::identity::self().executable().value(), chosen);
}

}  // namespace

int main(int count, char** args) try { return run({args, args + count}); } catch (const tour::user_error& failure) {
  std::cerr << "tour: " << failure.what() << '\n';
  return wrong_use;
} catch (const std::exception& failure) {
  std::cerr << "tour: " << failure.what() << '\n';
  return failed;
}
