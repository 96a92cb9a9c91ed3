#include "collection/web/charset.h"

#include <iconv.h>
#include <uchardet.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kDeclarationBytes = 4096;  // HTML's own is 1024; real pages are later
constexpr size_t kDetectionBytes = 256 << 10;

// The value behind "charset=" (or "encoding="), quotes aside.
std::string label_after(std::string_view text, std::string_view name) {
  const std::string folded = lower(text);
  for (size_t at = folded.find(name); at != std::string::npos; at = folded.find(name, at + 1)) {
    size_t begin = at + name.size();
    while (begin < folded.size() && folded[begin] == ' ') ++begin;
    if (begin == folded.size() || folded[begin] != '=') continue;
    begin = folded.find_first_not_of(" \"'", begin + 1);
    if (begin == std::string::npos) return {};
    const size_t end = folded.find_first_of(" \"';>/?,\r\n\t", begin);
    return folded.substr(begin, end == std::string::npos ? end : end - begin);
  }
  return {};
}

std::string declared_inside(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, kDeclarationBytes);
  if (head.starts_with("<?xml")) {
    std::string label = label_after(head.substr(0, head.find('>')), "encoding");
    if (!label.empty()) return label;
  }
  const std::string folded = lower(head);
  for (size_t at = folded.find("<meta"); at != std::string::npos;
       at = folded.find("<meta", at + 5)) {
    std::string label = label_after(head.substr(at, folded.find('>', at) - at), "charset");
    if (!label.empty()) return label.starts_with("utf-16") ? "utf-8" : label;
  }
  return {};
}

// What iconv calls what browsers mean by a label.
std::string encoding_of(const std::string& label) {
  constexpr std::array<std::pair<std::string_view, const char*>, 14> kMeant = {
      {{"iso-8859-1", "WINDOWS-1252"},
       {"iso8859-1", "WINDOWS-1252"},
       {"latin1", "WINDOWS-1252"},
       {"latin-1", "WINDOWS-1252"},
       {"us-ascii", "WINDOWS-1252"},
       {"ascii", "WINDOWS-1252"},
       {"iso-8859-9", "WINDOWS-1254"},
       {"iso-8859-11", "WINDOWS-874"},
       {"gb2312", "GB18030"},
       {"gbk", "GB18030"},
       {"shift_jis", "CP932"},
       {"x-sjis", "CP932"},
       {"ks_c_5601-1987", "CP949"},
       {"euc-kr", "CP949"}}};
  for (const auto& [known, meant] : kMeant) {
    if (label == known) return meant;
  }
  return label;
}

// None where iconv does not know the encoding.
std::optional<std::string> converted(std::string_view bytes, const std::string& encoding) {
  if (encoding.empty() || encoding.size() > 64) return std::nullopt;
  const iconv_t handle = iconv_open("UTF-8", encoding.c_str());
  if (handle == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  const std::unique_ptr<void, int (*)(iconv_t)> owner(handle, iconv_close);
  std::string text;
  std::array<char, 16384> buffer;
  std::string copy(bytes);  // iconv takes a pointer to what it does not change
  char* in = copy.data();
  size_t left = copy.size();
  while (left > 0) {
    char* out = buffer.data();
    size_t room = buffer.size();
    const size_t done = iconv(handle, &in, &left, &out, &room);
    text.append(buffer.data(), buffer.size() - room);
    if (done != static_cast<size_t>(-1) || errno == E2BIG) continue;
    text += "\xef\xbf\xbd";
    ++in;
    --left;
  }
  return text;
}

std::string detected(std::string_view bytes) {
  const std::unique_ptr<uchardet, void (*)(uchardet_t)> detector(uchardet_new(), uchardet_delete);
  const std::string_view head = bytes.substr(0, kDetectionBytes);
  if (uchardet_handle_data(detector.get(), head.data(), head.size()) != 0) return {};
  uchardet_data_end(detector.get());
  return lower(uchardet_get_charset(detector.get()));
}

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view content_type) {
  if (bytes.starts_with("\xef\xbb\xbf")) return replace_invalid_utf8(bytes.substr(3));
  if (bytes.starts_with("\xff\xfe")) return *converted(bytes.substr(2), "UTF-16LE");
  if (bytes.starts_with("\xfe\xff")) return *converted(bytes.substr(2), "UTF-16BE");
  std::string label = label_after(content_type, "charset");
  if (label.empty()) label = declared_inside(bytes);
  const bool valid = is_valid_utf8(bytes);
  // Valid UTF-8 beyond ASCII is hardly ever anything else, whatever the page says of itself.
  if (valid && (label.empty() || label.starts_with("utf-8") || label == "utf8")) {
    return std::string(bytes);
  }
  if (!label.empty() && label != "utf-8" && label != "utf8") {
    if (const auto text = converted(bytes, encoding_of(label))) return *text;
  }
  if (valid) return std::string(bytes);
  if (!label.empty()) {
    // Says UTF-8 and is, but for some broken bytes?
    std::string text = replace_invalid_utf8(bytes);
    size_t broken = 0;
    for (size_t at = text.find("\xef\xbf\xbd"); at != std::string::npos;
         at = text.find("\xef\xbf\xbd", at + 3)) {
      ++broken;
    }
    if (broken * 200 < bytes.size()) return text;
  }
  if (const auto text = converted(bytes, encoding_of(detected(bytes)))) return *text;
  return *converted(bytes, "WINDOWS-1252");
}

}  // namespace twin
