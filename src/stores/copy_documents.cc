#include "stores/copy_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/hashing.h"

namespace twin {
namespace {

bool has_version(const RawDocument& document, const DocumentStore& to) {
  const auto is_same = [&](int version) {
    const std::optional<RawDocument> found = to.document(document.id, version);
    return found && same_state(*found, document);
  };
  if (is_same(document.version)) return true;
  const std::vector<int> versions = to.versions(document.id);
  return std::any_of(versions.begin(), versions.end(), is_same);
}

// The target's newest version is the source's newest, and it has all those before.
bool is_there(const RawDocument& newest, const DocumentStore& from, const DocumentStore& to) {
  const std::optional<RawDocument> found = to.document(newest.id);
  if (!found || !same_state(*found, newest)) return false;
  const std::vector<int> versions = from.versions(newest.id);
  return std::all_of(versions.begin(), versions.end(), [&](int version) {
    return version == newest.version || has_version(*from.document(newest.id, version), to);
  });
}

// Stores the versions that are missing; returns how many.
size_t copy_versions(const std::string& id, const DocumentStore& from, DocumentStore& to) {
  const std::vector<int> versions = from.versions(id);
  size_t stored = 0;
  for (size_t i = 0; i < versions.size(); ++i) {
    const RawDocument document = *from.document(id, versions[i]);
    // A copy that was cut short has the first ones.
    const std::optional<RawDocument> same = to.document(id, versions[i]);
    if (same && same_state(*same, document)) continue;
    Item item;
    item.source = document.link;
    if (to.put_document(document, item) != PutResult::kUnchanged) ++stored;
  }
  return stored;
}

void copy_features(const DocumentSummary& summary, const DocumentStore& from, DocumentStore& to) {
  if (summary.features_key.empty()) return;
  std::optional<Features> features = from.features(summary.id);
  if (!features) return;
  const std::vector<int> versions = to.versions(summary.id);
  features->clean.version = versions.back();
  for (Chunk& chunk : features->chunks) chunk.version = versions.back();
  const std::optional<Features> there = to.features(summary.id);
  if (there && there->key == features->key && there->clean.version == versions.back()) return;
  to.put_features(*features);
}

[[noreturn]] void refuse(const DocumentSummary& document) {
  throw Error(ErrorCode::kFailed,
              fmt::format("document {} ({}) is not in the target as it is in the source: was it "
                          "changed meanwhile? Copy again",
                          document.id, document.link));
}

}  // namespace

DocumentCopy copy_documents(const Context& context, const DocumentStore& from, DocumentStore& to) {
  DocumentCopy copy;
  for (const Author& author : from.authors()) to.put_author(author);
  const std::vector<DocumentSummary> documents = from.documents();
  copy.documents = documents.size();
  const auto bar = context.progress.start("documents", documents.size());
  for (size_t i = 0; i < documents.size(); ++i) {
    stop_if_interrupted(context);
    const RawDocument newest = *from.document(documents[i].id);
    if (!is_there(newest, from, to)) {
      copy.versions += copy_versions(newest.id, from, to);
      ++copy.copied;
      // Where the target was ahead in another direction, the source's state comes last.
      Item item;
      item.source = newest.link;
      if (!is_there(newest, from, to)) to.put_document(newest, item);
      if (!is_there(newest, from, to)) refuse(documents[i]);
    }
    copy_features(documents[i], from, to);
    bar->update(i + 1);
  }
  bar->finish();
  for (const Item& item : from.items()) {
    const std::optional<Item> found = to.item(item.source);
    if (!found || found->time < item.time || found->time.empty()) to.put_item(item);
  }
  std::map<std::string, DocumentSummary> there;
  for (DocumentSummary& summary : to.documents()) there.emplace(summary.id, std::move(summary));
  for (const DocumentSummary& summary : documents) {
    const auto found = there.find(summary.id);
    const bool same = found != there.end() && found->second.content_hash == summary.content_hash &&
                      found->second.features_key == summary.features_key;
    if (!same) refuse(summary);
  }
  return copy;
}

}  // namespace twin
