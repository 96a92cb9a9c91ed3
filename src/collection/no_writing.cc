#include "collection/no_writing.h"

#include <algorithm>
#include <array>
#include <string>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMostWordsOfANote = 200;
constexpr std::array<std::string_view, 6> kLicences = {
    "license", "licence", "copying", "unlicense", "code_of_conduct", "code-of-conduct"};
// In small letters these are titles of essays too.
constexpr std::array<std::string_view, 2> kInCapitals = {"NOTICE", "COPYRIGHT"};
constexpr std::array<std::string_view, 4> kSources = {"source", "sources", "provenance",
                                                      "attribution"};

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string_view stem_of(std::string_view file_name) {
  return file_name.substr(0, file_name.find('.'));
}

// "https://example.org", "www.example.org", "example.org/page".
bool has_web_address(std::string_view text) {
  if (text.find("://") != text.npos || text.find("www.") != text.npos) return true;
  const auto is_host = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  for (size_t slash = text.find('/'); slash != text.npos; slash = text.find('/', slash + 1)) {
    size_t begin = slash;
    while (begin > 0 && is_host(text[begin - 1])) --begin;
    const std::string_view host = text.substr(begin, slash - begin);
    const size_t dot = host.rfind('.');
    if (dot != host.npos && dot > 0 && host.size() - dot > 2) return true;
  }
  return false;
}

}  // namespace

bool is_licence_name(std::string_view file_name) {
  const std::string stem = lower(stem_of(file_name));
  return contains(kLicences, stem) || contains(kInCapitals, stem_of(file_name)) ||
         stem.starts_with("license-") || stem.starts_with("licence-");
}

bool is_source_note_name(std::string_view file_name) {
  return contains(kSources, lower(stem_of(file_name)));
}

bool is_source_note(std::string_view file_name, std::string_view text) {
  return is_source_note_name(file_name) && words(text).size() <= kMostWordsOfANote &&
         has_web_address(text);
}

}  // namespace twin
