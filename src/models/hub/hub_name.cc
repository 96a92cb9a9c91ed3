#include "models/hub/hub_name.h"

#include <algorithm>

namespace twin {
namespace {

constexpr size_t kMaxPart = 96;       // the hub's own limit
constexpr size_t kMaxFileName = 255;  // of most file systems
constexpr size_t kMaxPath = 1024;

// The hub's rule for owners and names: letters, digits, "-", "_" and ".", neither "-" nor "." at an
// end, no "--" and no "..". Source: huggingface_hub, utils/_validators.py.
bool is_name_part(std::string_view part) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  const auto at_end = [](char c) { return c == '-' || c == '.'; };
  return !part.empty() && part.size() <= kMaxPart &&
         std::all_of(part.begin(), part.end(), allowed) && !at_end(part.front()) &&
         !at_end(part.back()) && part.find("--") == std::string_view::npos &&
         part.find("..") == std::string_view::npos;
}

// Cuts `text` at the first `mark` and returns what stood behind it.
std::optional<std::string> cut_at(std::string_view& text, char mark) {
  const size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  std::string behind(text.substr(at + 1));
  text = text.substr(0, at);
  return behind;
}

}  // namespace

std::string HubName::shown() const {
  return file.empty() ? repository() : repository() + ':' + file;
}

std::optional<HubName> parse_hub_name(std::string_view text) {
  HubName result;
  if (auto revision = cut_at(text, '@')) result.revision = *revision;
  if (auto file = cut_at(text, ':')) {
    if (!is_safe_path(*file)) return std::nullopt;
    result.file = *file;
  }
  const auto name = cut_at(text, '/');
  if (!name || !is_name_part(text) || !is_name_part(*name)) return std::nullopt;
  if (!is_safe_path(result.revision)) return std::nullopt;
  result.owner = text;
  result.name = *name;
  return result;
}

bool is_safe_path(std::string_view path) {
  if (path.empty() || path.size() > kMaxPath) return false;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == '\\') return false;
  }
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.size() > kMaxFileName) return false;
    begin = end + 1;
  }
  return true;
}

bool is_hex(std::string_view text, size_t length) {
  return text.size() == length && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace twin
