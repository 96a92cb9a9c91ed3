#include "inference/retrieval_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "base/json.h"
#include "base/progress.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxLineBytes = size_t{16} << 20;

[[noreturn]] void refuse(std::string_view where, size_t line, const std::string& what) {
  throw Error(ErrorCode::kBadInput, fmt::format("{}: line {}: {}", where, line, what));
}

// Calls `use` with each line that is not blank and its number from 1.
template <class Use>
void for_each_line(std::string_view text, const Use& use) {
  for (size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) use(line, number);
    begin = end + 1;
  }
}

std::string text_member(const Json& object, const char* name, std::string_view where, size_t line,
                        bool needed) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    if (!needed) return {};
    refuse(where, line, fmt::format("\"{}\" is missing", name));
  }
  if (!found->is_string()) refuse(where, line, fmt::format("\"{}\" is not a string", name));
  return found->get<std::string>();
}

}  // namespace

std::vector<RetrievalSet::Text> read_set_texts(std::string_view jsonl, std::string_view where) {
  std::vector<RetrievalSet::Text> texts;
  std::set<std::string> ids;
  for_each_line(jsonl, [&](std::string_view line, size_t number) {
    if (!is_valid_utf8(line)) refuse(where, number, "not valid UTF-8");
    const Json object = parse_json(line, fmt::format("{}: line {}", where, number),
                                   {.max_bytes = kMaxLineBytes, .max_depth = 32});
    if (!object.is_object()) refuse(where, number, "not a JSON object");
    RetrievalSet::Text text{text_member(object, "_id", where, number, true),
                            text_member(object, "title", where, number, false),
                            text_member(object, "text", where, number, true)};
    if (text.id.empty()) refuse(where, number, "\"_id\" is empty");
    if (!ids.insert(text.id).second) refuse(where, number, "id '" + text.id + "' came before");
    texts.push_back(std::move(text));
  });
  return texts;
}

std::map<std::string, std::map<std::string, int>> read_judgements(std::string_view tsv,
                                                                  std::string_view where) {
  std::map<std::string, std::map<std::string, int>> judged;
  for_each_line(tsv, [&](std::string_view line, size_t number) {
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
      refuse(where, number, "not query, document and score with tabs between");
    }
    const std::string_view score_text = line.substr(second + 1);
    int score = 0;
    const char* end = score_text.data() + score_text.size();
    const auto [stop, error] = std::from_chars(score_text.data(), end, score);
    if (error != std::errc{} || stop != end) {
      if (number == 1) return;  // the head
      refuse(where, number, fmt::format("the score '{}' is not a whole number", score_text));
    }
    if (score <= 0) return;
    judged[std::string(line.substr(0, first))]
          [std::string(line.substr(first + 1, second - first - 1))] = score;
  });
  return judged;
}

RetrievalSet read_retrieval_set(const std::filesystem::path& folder, const std::string& split) {
  const auto corpus = folder / "corpus.jsonl", queries = folder / "queries.jsonl";
  const auto judgements = folder / "qrels" / (split + ".tsv");
  for (const std::filesystem::path& file : {corpus, queries, judgements}) {
    if (std::filesystem::is_regular_file(file)) continue;
    throw Error(ErrorCode::kUsage,
                fmt::format("{} is not there: a set in the BEIR layout has corpus.jsonl, "
                            "queries.jsonl and qrels/{}.tsv",
                            file.string(), split));
  }
  RetrievalSet set;
  set.documents = read_set_texts(read_file(corpus), corpus.string());
  set.judged = read_judgements(read_file(judgements), judgements.string());
  set.queries = read_set_texts(read_file(queries), queries.string());
  std::erase_if(set.queries, [&](const auto& query) { return !set.judged.contains(query.id); });
  std::sort(set.queries.begin(), set.queries.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  std::set<std::string> known;
  for (const RetrievalSet::Text& document : set.documents) known.insert(document.id);
  for (const auto& [query, answers] : set.judged) {
    for (const auto& [document, score] : answers) {
      if (known.contains(document)) continue;
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: document '{}' is not in {}", judgements.string(), document,
                              corpus.string()));
    }
  }
  if (set.queries.size() != set.judged.size()) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: {} queries are judged, {} of them are in {}", judgements.string(),
                            set.judged.size(), set.queries.size(), queries.string()));
  }
  if (set.queries.empty()) {
    throw Error(ErrorCode::kBadInput, judgements.string() + ": no query has a document above 0");
  }
  return set;
}

void store_retrieval_set(Context& context, const RetrievalSet& set, DocumentStore& store) {
  std::map<std::string, std::string> known;  // document -> features key
  for (const DocumentSummary& summary : store.documents()) {
    known[summary.id] = summary.features_key;
  }
  const auto bar = context.progress.start("documents of the set", set.documents.size());
  size_t done = 0;
  for (const RetrievalSet::Text& text : set.documents) {
    stop_if_interrupted(context);
    bar->update(done++);
    if (text.text.empty()) continue;  // nothing to find it by; it counts as not found
    RawDocument document;
    document.id = text.id;
    document.author_id = document.author_full_name = document.platform = "set";
    document.link = text.id;
    document.title = text.title;
    document.media_type = "text/plain";
    document.raw = document.verbatim = text.text;
    document.content_hash = sha256(document.raw);
    const std::string key = KeyHasher().add(text.title).add(text.text).finish();
    const auto found = known.find(text.id);
    if (found != known.end() && found->second == key) continue;
    store.put_document(document, {text.id, "", "", "", ""});
    const int version = store.document(text.id)->version;
    const ByteRange all{0, text.text.size()};
    Features features;
    features.key = key;
    features.clean = {text.id, version, {{all, SpanKind::kProse, RemovalReason::kNone}}};
    Chunk chunk;
    chunk.id = text.id + ":0";
    chunk.document_id = text.id;
    chunk.version = version;
    chunk.range = all;
    chunk.title = text.title;
    chunk.text = text.text;
    features.chunks.push_back(std::move(chunk));
    store.put_features(features);
  }
  bar->update(done);
}

}  // namespace twin
