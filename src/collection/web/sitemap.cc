#include "collection/web/sitemap.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/http_client.h"
#include "collection/archive/archive.h"
#include "collection/collector.h"
#include "collection/web/html_text.h"
#include "collection/web/iso_date.h"
#include "collection/web/xml.h"
#include "text/unicode.h"

namespace twin {
namespace {

SitemapEntry read_entry(const XmlNode* element) {
  SitemapEntry entry;
  for (const XmlNode* e = first_element(element); e != nullptr; e = next_element(e)) {
    const std::string name = xml_name(e);
    if (name == "loc") entry.link = xml_link(e, fold_spaces(xml_text(e)));
    if (name == "lastmod") entry.last_modified = iso_date(xml_text(e));
  }
  return entry;
}

// A link on each line and nothing else.
Sitemap read_lines(std::string_view text, std::string_view where, const SitemapLimits& limits) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  Sitemap sitemap;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string line = fold_spaces(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    if (!is_http_url(line) || line.find(' ') != std::string::npos || !is_valid_utf8(line)) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: no sitemap: neither XML nor a link on each line", where));
    }
    if (sitemap.entries.size() < limits.max_entries) sitemap.entries.push_back({line, {}});
  }
  return sitemap;
}

std::string gunzip(std::string_view bytes, std::string_view where, uint64_t max_bytes) {
  try {
    Archive archive(std::string(bytes), "sitemap.gz");
    if (archive.members().empty()) return {};
    return archive.read(0, max_bytes);
  } catch (const Refusal& refusal) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, refusal.reason));
  }
}

}  // namespace

Sitemap read_sitemap(std::string_view bytes, std::string_view where, std::string_view charset,
                     const SitemapLimits& limits) {
  std::string unpacked;
  if (archive_kind(bytes.substr(0, kArchiveHeadBytes)) == ArchiveKind::kGzip) {
    unpacked = gunzip(bytes, where, limits.max_bytes);
    bytes = unpacked;
  }
  if (is_http_url(bytes.substr(0, bytes.find_first_of(" \t\r\n")))) {
    return read_lines(bytes, where, limits);
  }
  const XmlDocument document(bytes, where, charset, limits.max_bytes);
  const std::string name = xml_name(document.root());
  if (name != "urlset" && name != "sitemapindex") {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: no sitemap: expected <urlset> or <sitemapindex>, found <{}>",
                            where, name.substr(0, 40)));
  }
  Sitemap sitemap;
  sitemap.is_index = name == "sitemapindex";
  sitemap.well_formed = document.well_formed();
  const char* const element = sitemap.is_index ? "sitemap" : "url";
  for (const XmlNode* e = first_element(document.root()); e != nullptr; e = next_element(e)) {
    if (xml_name(e) != element || sitemap.entries.size() >= limits.max_entries) continue;
    SitemapEntry entry = read_entry(e);
    if (!entry.link.empty()) sitemap.entries.push_back(std::move(entry));
  }
  return sitemap;
}

}  // namespace twin
