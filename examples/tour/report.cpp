// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "report.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace tour {

namespace {

std::string fixed(double value, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

// A small file is more than 0.0 MB.
std::string size_text(std::uint64_t size) {
  if (size < 10'000) return std::to_string(size) + (size == 1 ? " byte" : " bytes");
  const auto bytes = static_cast<double>(size);
  return size < 1'000'000 ? fixed(bytes / 1e3, 1) + " KB" : fixed(bytes / 1e6, 1) + " MB";
}

std::string rate_text(double megabytes_per_second) {
  const int digits = megabytes_per_second >= 100 ? 0 : megabytes_per_second >= 1 ? 1 : 3;
  return fixed(megabytes_per_second, digits);
}

std::string hexadecimal(std::uint32_t value) {
  std::ostringstream text;
  text << std::hex << std::setw(8) << std::setfill('0') << value;
  return text.str();
}

// Control characters and quotes escaped; everything else is UTF-8 as it is.
std::string quoted(std::string_view text) {
  std::ostringstream out;
  out << '"';
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      out << '\\' << letter;
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      out << "\\u" << std::hex << std::setw(4) << std::setfill('0') << static_cast<int>(letter) << std::dec;
    } else {
      out << letter;
    }
  }
  out << '"';
  return out.str();
}

std::string_view word(outcome ended) {
  switch (ended) {
    case outcome::intact:
      return "ok";
    case outcome::failed:
      return "FAILED";
    case outcome::missing:
      return "n/a";
  }
  return "";
}

std::size_t widest_backing(const std::vector<measurement>& made) {
  std::size_t width = 0;
  for (const measurement& one : made) width = std::max(width, one.what->backed_by.size());
  return width;
}

void print_row(std::ostream& out, const measurement& one, std::size_t width) {
  const bool intact = one.ended == outcome::intact;
  out << std::left << std::setw(23) << one.what->title << std::setw(static_cast<int>(width) + 2) << one.what->backed_by
      << std::right << std::setw(8) << (intact ? rate_text(one.megabytes_per_second) : "n/a") << std::setw(14)
      << (intact ? fixed(one.round_trip_microseconds, 1) + " us" : "n/a") << "   " << word(one.ended) << '\n';
}

void print_json_row(std::ostream& out, const measurement& one) {
  const bool intact = one.ended == outcome::intact;
  out << R"(    {"mechanism": )" << quoted(one.what->title) << R"(, "backed_by": )" << quoted(one.what->backed_by)
      << R"(, "outcome": )"
      << quoted(intact                          ? "intact"
                : one.ended == outcome::missing ? "not_available"
                                                : "failed")
      << R"(, "megabytes_per_second": )" << (intact ? fixed(one.megabytes_per_second, 1) : "null")
      << R"(, "round_trip_microseconds": )" << (intact ? fixed(one.round_trip_microseconds, 2) : "null")
      << R"(, "crc_ok": )" << (intact ? "true" : "false") << R"(, "remark": )" << quoted(one.remark) << '}';
}

}  // namespace

bool all_intact(const std::vector<measurement>& made) {
  return std::none_of(made.begin(), made.end(), [](const measurement& one) { return one.ended == outcome::failed; });
}

void print_file(std::ostream& out, const source_file& file) {
  out << "file    " << text_of(file.path()) << " (" << size_text(file.size()) << ", CRC-32 " << hexadecimal(file.crc())
      << ")\nsystem  " << viaduct::capabilities().system << '\n'
      << std::endl;
}

void print_table(std::ostream& out, const std::vector<measurement>& made) {
  const std::size_t width = widest_backing(made);
  out << std::left << std::setw(23) << "mechanism" << std::setw(static_cast<int>(width) + 2) << "backed by"
      << std::right << std::setw(8) << "MB/s" << std::setw(14) << "round trip" << "   CRC-32\n"
      << std::string(23 + width + 2 + 8 + 14 + 9, '-') << '\n';
  for (const measurement& one : made) print_row(out, one, width);
  out << '\n';
  for (const measurement& one : made) {
    if (!one.remark.empty()) out << one.what->title << ": " << one.remark << '\n';
  }
  out << "MB/s: 10^6 bytes a second, in pieces of " << piece_size / 1024
      << " KiB, from the first piece until the receiver\n"
      << "  has all of it in memory; reading the file and summing it up are not in it.\n"
      << "round trip: " << ping_size << " bytes there and back, the median of " << ping_count
      << "; a one-way pipe has a second one for the way back.\n"
      << (all_intact(made) ? "Everything arrived intact." : "Not everything arrived intact.") << std::endl;
}

void print_json(std::ostream& out, const source_file& file, const std::vector<measurement>& made) {
  out << "{\n  \"file\": " << quoted(text_of(file.path())) << ",\n  \"bytes\": " << file.size() << ",\n  \"crc32\": \""
      << hexadecimal(file.crc()) << "\",\n  \"system\": " << quoted(viaduct::capabilities().system)
      << ",\n  \"piece_bytes\": " << piece_size << ",\n  \"round_trip_bytes\": " << ping_size
      << ",\n  \"all_intact\": " << (all_intact(made) ? "true" : "false") << ",\n  \"results\": [\n";
  for (std::size_t at = 0; at < made.size(); ++at) {
    print_json_row(out, made[at]);
    out << (at + 1 < made.size() ? ",\n" : "\n");
  }
  out << "  ]\n}" << std::endl;
}

}  // namespace tour
