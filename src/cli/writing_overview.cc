#include "cli/writing_overview.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/progress.h"
#include "cli/stacked_bars.h"
#include "text/unicode.h"

namespace twin {
namespace {

using Counts = std::map<std::string, size_t>;

void add_to(Counts& into, const Counts& from) {
  for (const auto& [name, count] : from) into[name] += count;
}

std::string year_of(const std::string& date) {
  const bool year = date.size() >= 4 && date.find_first_not_of("0123456789") >= 4;
  return year ? date.substr(0, 4) : "no date";
}

// "comment 12.0 kB, duplicate 3.1 kB".
std::string list_of_bytes(const Counts& counts) {
  std::string list;
  for (const auto& [name, bytes] : counts) {
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", name,
                        format_bytes(static_cast<double>(bytes)));
  }
  return list;
}

}  // namespace

void DocumentAccount::add(const DocumentAccount& other) {
  words += other.words;
  voice_words += other.voice_words;
  add_to(set_aside_bytes, other.set_aside_bytes);
  add_to(removed_bytes, other.removed_bytes);
  add_to(private_found, other.private_found);
  add_to(private_masked, other.private_masked);
}

DocumentAccount account_of(const Features& features) {
  DocumentAccount account;
  for (const Span& span : features.clean.spans) {
    const std::string reason(name_of(span.reason));
    if (span.kind == SpanKind::kOther) account.set_aside_bytes[reason] += span.range.size();
    if (span.kind == SpanKind::kRemoved) account.removed_bytes[reason] += span.range.size();
  }
  for (const PrivateSpan& span : features.clean.private_spans) {
    const std::string kind(name_of(span.kind));
    ++account.private_found[kind];
    account.private_masked[kind] += span.masked;
  }
  for (const Chunk& chunk : features.chunks) {
    const size_t count = words(chunk.text).size();
    account.words += count;
    if (chunk.own_prose) account.voice_words += count;
  }
  account.duplicate_of = features.clean.duplicate_of;
  return account;
}

OrderedJson to_json(const DocumentAccount& account) {
  return {{"words", account.words},
          {"voice_words", account.voice_words},
          {"duplicate_of", account.duplicate_of},
          {"set_aside_bytes", account.set_aside_bytes},
          {"removed_bytes", account.removed_bytes},
          {"private_found", account.private_found},
          {"private_masked", account.private_masked}};
}

void WritingOverview::add(const DocumentSummary& document, const DocumentAccount& account) {
  Platform& platform = platforms[document.platform];
  ++platform.documents;
  platform.duplicates += account.duplicate_of.empty() ? 0 : 1;
  platform.account.add(account);
  words_by_year[year_of(document.date)][document.platform] += account.voice_words;
}

std::string to_text(const WritingOverview& overview, bool ascii) {
  std::string text = fmt::format("  {:<24} {:>9} {:>10} {:>10} {:>10}\n", "platform", "documents",
                                 "duplicates", "words", "own voice");
  for (const auto& [name, platform] : overview.platforms) {
    const DocumentAccount& account = platform.account;
    text +=
        fmt::format("  {:<24} {:>9} {:>10} {:>10} {:>10}\n", name.substr(0, 24), platform.documents,
                    platform.duplicates, account.words, account.voice_words);
    if (!account.set_aside_bytes.empty()) {
      text += "    found, but no voice: " + list_of_bytes(account.set_aside_bytes) + '\n';
    }
    if (!account.removed_bytes.empty()) {
      text += "    removed: " + list_of_bytes(account.removed_bytes) + '\n';
    }
    std::string list;
    for (const auto& [kind, found] : account.private_found) {
      list += fmt::format("{}{} {} ({} masked)", list.empty() ? "" : ", ", found, kind,
                          account.private_masked.at(kind));
    }
    if (!list.empty()) text += "    private: " + list + '\n';
  }
  const std::string chart = draw({overview.words_by_year, ascii});
  if (!chart.empty()) text += "Words of the author's own by year:\n" + chart;
  return text;
}

OrderedJson to_json(const WritingOverview& overview) {
  OrderedJson platforms = OrderedJson::array(), years = OrderedJson::array();
  for (const auto& [name, platform] : overview.platforms) {
    OrderedJson entry = {
        {"platform", name}, {"documents", platform.documents}, {"duplicates", platform.duplicates}};
    OrderedJson account = to_json(platform.account);
    account.erase("duplicate_of");
    entry.update(account);
    platforms.push_back(std::move(entry));
  }
  for (const auto& [year, by_platform] : overview.words_by_year) {
    for (const auto& [platform, count] : by_platform) {
      years.push_back({{"year", year}, {"platform", platform}, {"voice_words", count}});
    }
  }
  return {{"platforms", platforms}, {"years", years}};
}

}  // namespace twin
