// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "control.hpp"

#include <sstream>
#include <stdexcept>

#include "road.hpp"

namespace tour {

void control::say(const order& what) {
  std::ostringstream text;
  text << what.word << ' ' << what.first << ' ' << what.second;
  line_.send(text.str(), patience).value();
}

order control::hear(viaduct::deadline until) {
  char text[128];
  const std::size_t size = line_.receive(text, until).value();
  std::istringstream parts(std::string(text, size));
  order heard;
  if (!(parts >> heard.word >> heard.first >> heard.second))
    throw std::runtime_error("not understood on the control line");
  return heard;
}

order control::expect(const char* word, viaduct::deadline until) {
  order heard = hear(until);
  if (heard.word != word) throw std::runtime_error(std::string("expected ") + word + ", heard " + heard.word);
  return heard;
}

}  // namespace tour
