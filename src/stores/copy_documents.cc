#include "stores/copy_documents.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "base/hashing.h"

namespace twin {
namespace {

// The target's newest version is the source's newest.
bool is_there(const RawDocument& document, const DocumentStore& to) {
  const std::optional<RawDocument> found = to.document(document.id);
  return found && found->content_hash == document.content_hash &&
         found->verbatim == document.verbatim && found->link == document.link &&
         found->title == document.title && found->date == document.date &&
         found->tags == document.tags;
}

// Stores the versions that are missing; returns how many.
size_t copy_versions(const std::string& id, const DocumentStore& from, DocumentStore& to) {
  const std::vector<int> versions = from.versions(id);
  size_t stored = 0;
  for (size_t i = 0; i < versions.size(); ++i) {
    const RawDocument document = *from.document(id, versions[i]);
    // A copy that was cut short has the first ones.
    const std::optional<RawDocument> same = to.document(id, versions[i]);
    if (same && same->content_hash == document.content_hash) continue;
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
    if (!is_there(newest, to)) {
      copy.versions += copy_versions(newest.id, from, to);
      ++copy.copied;
      // Where the target was ahead in another direction, the source's state comes last.
      Item item;
      item.source = newest.link;
      if (!is_there(newest, to)) to.put_document(newest, item);
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
    if (!same) {
      throw Error(
          ErrorCode::kFailed,
          fmt::format("document {} ({}) is not in the target as it is in the source: was it "
                      "changed meanwhile? Copy again",
                      summary.id, summary.link));
    }
  }
  return copy;
}

}  // namespace twin
