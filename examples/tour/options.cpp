// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "options.hpp"

namespace tour {

const char* const usage =
    R"(usage: tour [FILE] [--json] [--progress] [--receiver-dies] [--help]

Sends FILE to a second process through every mechanism of the library. The receiver computes the CRC-32 of what arrived
and reports it. Without FILE a file of 8 MB or more is looked for on this machine.

  --json           print the results as one JSON object
  --progress       show a progress bar even if standard error is not seen to be a terminal
  --receiver-dies  let each receiver end without a word in the middle, to see what the sender is told
  --help           print this text

Exit status: 0 everything arrived intact, 1 something did not, 2 wrong use or a file that cannot be sent.
)";

options parse(const std::vector<std::string>& arguments) {
  options chosen;
  bool only_files = false;  // after "--"
  for (const std::string& argument : arguments) {
    const bool is_option = !only_files && argument.starts_with("-");
    if (is_option && argument == "--") {
      only_files = true;
    } else if (is_option && argument == "--json") {
      chosen.json = true;
    } else if (is_option && argument == "--progress") {
      chosen.progress = true;
    } else if (is_option && argument == "--receiver-dies") {
      chosen.receiver_dies = true;
    } else if (is_option && (argument == "--help" || argument == "-h")) {
      chosen.help = true;
    } else if (is_option) {
      throw user_error("unknown option " + argument + "\n\n" + usage);
    } else if (chosen.file) {
      throw user_error("more than one file: " + argument + "\n\n" + usage);
    } else {
      chosen.file = argument;
    }
  }
  return chosen;
}

}  // namespace tour
