#include "collection/archive/member_path.h"

#include <iconv.h>
#include <uchardet/uchardet.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxPathBytes = 4096;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Where iconv is built without the charset, and where bytes are not valid in it: nothing.
std::optional<std::string> convert(const std::string& text, const char* charset) {
  const iconv_t converter = iconv_open("UTF-8", charset);
  if (converter == reinterpret_cast<iconv_t>(-1)) return {};
  const std::unique_ptr<void, int (*)(iconv_t)> closed(converter, iconv_close);
  std::string from = text, to(text.size() * 4 + 16, '\0');
  char* in = from.data();
  char* out = to.data();
  size_t in_left = from.size(), out_left = to.size();
  if (iconv(converter, &in, &in_left, &out, &out_left) == static_cast<size_t>(-1)) return {};
  to.resize(to.size() - out_left);
  return to;
}

std::string detected_charset(const std::string& text) {
  const std::unique_ptr<uchardet, void (*)(uchardet_t)> detector(uchardet_new(), uchardet_delete);
  if (uchardet_handle_data(detector.get(), text.data(), text.size()) != 0) return {};
  uchardet_data_end(detector.get());
  return uchardet_get_charset(detector.get());
}

// Charsets whose letters are no accident of Latin ones in code page 437.
bool is_distinct(const std::string& charset) {
  constexpr const char* kDistinct[] = {"SHIFT_JIS", "EUC-JP", "GB18030",      "BIG5",
                                       "EUC-KR",    "UHC",    "IBM866",       "KOI8-R",
                                       "EUC-TW",    "IBM855", "WINDOWS-1251", "CP949"};
  return std::any_of(std::begin(kDistinct), std::end(kDistinct),
                     [&](const char* name) { return charset == name; });
}

}  // namespace

MemberPath normalise_member_path(std::string_view name) {
  MemberPath result;
  const auto refuse = [&](const char* reason) {
    result.path = std::string(name.substr(0, kMaxPathBytes));
    std::replace_if(result.path.begin(), result.path.end(), is_control, '?');
    result.path = replace_invalid_utf8(result.path);
    result.refused = reason;
    return result;
  };
  if (name.size() > kMaxPathBytes) return refuse("its path is longer than 4,096 bytes");
  if (std::any_of(name.begin(), name.end(), is_control)) {
    return refuse("its path holds control characters");
  }
  if (name.starts_with('/') || name.starts_with('\\')) return refuse("its path is absolute");
  const bool drive = name.size() > 1 && name[1] == ':' &&
                     ((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z'));
  if (drive) return refuse("its path begins with a drive's letter");
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find_first_of("/\\", begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part == "..") return refuse("its path leads out of the archive");
    if (!part.empty() && part != ".") {
      if (!result.path.empty()) result.path += '/';
      result.path += part;
    }
    begin = end + 1;
  }
  if (result.path.empty()) return refuse("it has no name");
  return result;
}

std::vector<std::string> decode_member_names(const std::vector<std::string>& names) {
  std::string foreign;
  for (const std::string& name : names) {
    if (!is_valid_utf8(name)) foreign += name + '\n';
  }
  if (foreign.empty()) return names;
  std::string charset = detected_charset(foreign);
  if (!is_distinct(charset) || !convert(foreign, charset.c_str())) charset = "CP437";
  std::vector<std::string> decoded;
  decoded.reserve(names.size());
  for (const std::string& name : names) {
    decoded.push_back(is_valid_utf8(name)
                          ? name
                          : convert(name, charset.c_str()).value_or(replace_invalid_utf8(name)));
  }
  return decoded;
}

}  // namespace twin
