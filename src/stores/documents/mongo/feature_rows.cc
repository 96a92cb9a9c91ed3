#include "stores/documents/mongo/feature_rows.h"

#include <fmt/format.h>

#include <chrono>
#include <set>

#include "base/error.h"
#include "base/hashing.h"
#include "stores/documents/mongo/large_bytes.h"
#include "stores/documents/mongo/schema.h"

namespace twin::mongo {
namespace {

constexpr size_t kMostInOneRow = size_t{8} << 20;
constexpr int64_t kDay = int64_t{24} * 60 * 60 * 1000;
constexpr int kMostLooks = 20;

int64_t now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Those of some ids.
Bson by_ids(const std::vector<std::string>& ids) {
  Bson among, filter;
  among.list("$in", ids);
  filter.document("_id", among);
  return filter;
}

FeatureMark read_mark(BsonView row) {
  return {row.text("write"), static_cast<int>(row.integer("version")), row.text("key")};
}

}  // namespace

void FeatureRows::put(const StoredFeatures& features) {
  const std::string& id = features.features.clean.document_id;
  const std::string write = new_token();
  const Bson all = stored_form(features);
  Bson row;
  row.text("_id", write).text("document_id", id).time("time", now());
  if (all.size() > kMostInOneRow) {
    put_large(connection_, all.view().bytes());
    row.text("pieces", sha256(all.view().bytes()));
  } else {
    row.document("features", all);
  }
  connection_.insert(kChunks, row);
  const auto before = connection_.find_id(kFeatures, id);
  Bson mark;
  mark.text("_id", id).text("write", write);
  mark.integer("version", features.features.clean.version).text("key", features.features.key);
  connection_.put(kFeatures, mark);
  note_change(connection_);
  if (before) connection_.remove(kChunks, by_id(before->view().view("write")));
}

std::optional<StoredFeatures> FeatureRows::find(std::string_view document_id) const {
  // A set that went between the two reads was replaced: the document's row names another by now.
  for (int look = 0; look < kMostLooks; ++look) {
    const auto mark = connection_.find_id(kFeatures, document_id);
    if (!mark) return std::nullopt;
    const auto row = connection_.find_id(kChunks, mark->view().view("write"));
    if (!row) continue;
    if (!row->view().has("pieces")) return read_features(row->view().child("features"));
    const std::string bytes = fetch_large(connection_, row->view().text("pieces"));
    return read_features({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  }
  throw Error(
      ErrorCode::kBadInput,
      fmt::format("{}: the features of {} are gone from {}; `twin features` makes them anew "
                  "once its row in {} is deleted",
                  connection_.name(), document_id, kChunks, kFeatures));
}

std::vector<std::optional<Features>> FeatureRows::find_without_chunks(
    const std::vector<std::string>& document_ids) const {
  std::map<std::string, std::string> writes;  // by document id
  std::vector<std::string> wanted;
  for (const Bson& row : connection_.find(kFeatures, by_ids(document_ids))) {
    wanted.push_back(row.view().text("write"));
    writes.emplace(row.view().text("_id"), wanted.back());
  }
  std::map<std::string, Bson> rows;  // by write
  if (!wanted.empty()) {
    const Bson no_chunks = std::move(Bson().integer("features.chunks", 0));
    for (Bson& row : connection_.find(kChunks, by_ids(wanted), no_chunks)) {
      std::string write = row.view().text("_id");
      rows.emplace(std::move(write), std::move(row));
    }
  }
  std::vector<std::optional<Features>> found;
  for (const std::string& id : document_ids) {
    std::optional<Features>& features = found.emplace_back();
    const auto write = writes.find(id);
    if (write == writes.end()) continue;
    const auto row = rows.find(write->second);
    if (row != rows.end() && row->second.view().has("features")) {
      features = read_features(row->second.view().child("features")).features;
    } else if (std::optional<StoredFeatures> stored = find(id)) {
      // In pieces, or replaced meanwhile.
      features = std::move(stored->features);
      features->chunks.clear();
    }
  }
  return found;
}

std::map<std::string, FeatureMark> FeatureRows::marks() const {
  std::map<std::string, FeatureMark> marks;
  for (const Bson& row : connection_.find(kFeatures, {})) {
    marks.emplace(row.view().text("_id"), read_mark(row.view()));
  }
  return marks;
}

void FeatureRows::sweep(int64_t now_milliseconds) {
  Bson old;
  Bson before;
  before.time("$lt", now_milliseconds - kDay);
  old.document("time", before);
  std::set<std::string> candidates;
  for (const Bson& row : connection_.find(kChunks, old, std::move(Bson().integer("_id", 1)))) {
    candidates.insert(row.view().text("_id"));
  }
  if (candidates.empty()) return;
  for (const auto& [id, mark] : marks()) candidates.erase(mark.write);
  for (const std::string& write : candidates) connection_.remove(kChunks, by_id(write));
}

}  // namespace twin::mongo
