#include "stores/documents/mongo/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "stores/documents/mongo/large_bytes.h"
#include "stores/documents/mongo/schema.h"

namespace twin::mongo {
namespace {

std::string version_id(std::string_view id, int version) {
  return fmt::format("{}:{}", id, version);
}

// The document as it was read: nobody has written it since.
Bson unchanged(const Found& found, std::string_view id) {
  Bson filter = by_id(id);
  if (found.marks.write.empty()) {
    filter.document("twin", std::move(Bson().boolean("$exists", false)));
  } else {
    filter.text("twin.write", found.marks.write);
  }
  return filter;
}

Bson set_text(const char* name, const char* value) {
  return std::move(Bson().document("$set", std::move(Bson().text(name, value))));
}

}  // namespace

std::optional<Found> Documents::find(Category category, std::string_view id) const {
  std::optional<Bson> stored = connection_.find_id(collection_of(category), id);
  if (!stored) return std::nullopt;
  StoredMarks marks = read_marks(stored->view());
  return Found{category, std::move(*stored), std::move(marks)};
}

bool Documents::counts(const StoredMarks& marks, std::string_view id) const {
  if (!marks.moved_to.empty()) return false;
  if (marks.moving_from.empty()) return true;
  const auto old = connection_.find_id(marks.moving_from.c_str(), id, summary_projection());
  return !old || !read_marks(old->view()).moved_to.empty();
}

std::optional<Found> Documents::newest(std::string_view id) const {
  std::vector<Category> order(std::begin(kCategories), std::end(kCategories));
  {
    std::lock_guard lock(mutex_);
    const auto seen = seen_in_.find(id);
    if (seen != seen_in_.end())
      std::swap(order[0], *std::find(order.begin(), order.end(), seen->second));
  }
  for (const Category category : order) {
    std::optional<Found> found = find(category, id);
    if (!found || !counts(found->marks, id)) continue;
    std::lock_guard lock(mutex_);
    seen_in_.insert_or_assign(std::string(id), category);
    return found;
  }
  return std::nullopt;
}

bool Documents::is_elsewhere(Category category, std::string_view id) const {
  return std::any_of(std::begin(kCategories), std::end(kCategories), [&](Category other) {
    return other != category && find(other, id).has_value();
  });
}

RawDocument Documents::read(const Found& found) const {
  return read_stored(found.category, found.stored.view(),
                     [&](const std::string& hash) { return fetch_large(connection_, hash); });
}

std::optional<RawDocument> Documents::version(std::string_view id, int version) const {
  const std::optional<Found> found = newest(id);
  if (!found) return std::nullopt;
  if (found->marks.version == version) return read(*found);
  const auto row = connection_.find_id(kVersions, version_id(id, version));
  if (!row || version > found->marks.version) return std::nullopt;
  return read_stored(category_from_name(row->view().view("category")),
                     row->view().child("document"),
                     [&](const std::string& hash) { return fetch_large(connection_, hash); });
}

Advance Documents::advance(const std::optional<Found>& before, const RawDocument& document,
                           int version, const std::string& write, bool take_over) {
  StoredMarks marks;
  marks.version = version;
  marks.write = write;
  const char* collection = collection_of(document.category);
  const bool moves = before && before->category != document.category;
  if (moves) marks.moving_from = collection_of(before->category);
  const Bson stored = stored_form(document, marks, connection_.field_names());
  if (!before) return connection_.insert(collection, stored) ? Advance::kDone : Advance::kMovedOn;
  Bson row;
  row.text("_id", version_id(document.id, before->marks.version));
  row.text("category", name_of(before->category)).document("document", before->stored);
  row.text("claimed_by", write);
  if (!connection_.insert(kVersions, row)) {
    const auto claim = connection_.find_id(kVersions, row.view().view("_id"));
    const bool ours = claim && claim->view().view("claimed_by") == write;
    if (!ours && !take_over) return Advance::kClaimed;
    connection_.put(kVersions, row);
  }
  const bool done = moves
                        ? move(*before, stored, document.id, document.category)
                        : connection_.replace(collection, unchanged(*before, document.id), stored);
  return done ? Advance::kDone : Advance::kMovedOn;
}

// The new one is there first and does not count until the old one says that it is gone.
bool Documents::move(const Found& before, const Bson& document, std::string_view id,
                     Category category) {
  const char* to = collection_of(category);
  const char* from = collection_of(before.category);
  connection_.put(to, document);
  if (!connection_.update(from, unchanged(before, id), set_text("twin.moved_to", to))) return false;
  Bson moved = by_id(id);
  moved.text("twin.moved_to", to);
  connection_.remove(from, moved);
  Bson arrived;
  arrived.document("$unset", std::move(Bson().text("twin.moving_from", "")));
  connection_.update(to, by_id(id), arrived);
  return true;
}

void Documents::list_category(Category category, const DocumentFilter& filter,
                              std::vector<DocumentSummary>& documents) const {
  const char* collection = collection_of(category);
  Bson of;
  if (filter.author_id) of.text("author_id", *filter.author_id);
  bool foreign = false;
  for (const Bson& stored : connection_.find(collection, of, summary_projection())) {
    if (!stored.view().child("twin").has("content_hash")) {
      foreign = true;
      continue;
    }
    DocumentSummary summary = read_summary(category, stored.view());
    if (counts(read_marks(stored.view()), summary.id)) documents.push_back(std::move(summary));
  }
  if (!foreign) return;
  of.document("twin.content_hash", std::move(Bson().boolean("$exists", false)));
  for (const Bson& stored : connection_.find(collection, of)) {
    const StoredMarks marks = read_marks(stored.view());
    if (!marks.moved_to.empty()) continue;
    try {
      const RawDocument document = read_stored(category, stored.view(), {});
      DocumentSummary summary;
      summary.id = document.id;
      summary.version = 1;
      summary.category = category;
      summary.author_id = document.author_id;
      summary.author_full_name = document.author_full_name;
      summary.platform = document.platform;
      summary.link = document.link;
      summary.title = document.title;
      summary.date = document.date;
      summary.content_hash = document.content_hash;
      summary.raw_bytes = document.raw.size();
      summary.verbatim_bytes = document.verbatim.size();
      documents.push_back(std::move(summary));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kBadInput) throw;
      context_.log.warning(
          fmt::format("{}: left out, it is no document: {}", connection_.name(), error.what()));
    }
  }
}

std::vector<DocumentSummary> Documents::list(const DocumentFilter& filter) const {
  std::vector<DocumentSummary> documents;
  for (const Category category : kCategories) {
    if (!filter.category || *filter.category == category) {
      list_category(category, filter, documents);
    }
  }
  std::sort(documents.begin(), documents.end(),
            [](const DocumentSummary& a, const DocumentSummary& b) {
              return std::tie(a.author_id, a.link, a.id) < std::tie(b.author_id, b.link, b.id);
            });
  return documents;
}

std::map<std::string, StoredMarks> Documents::marks() const {
  Bson fields;
  for (const char* name : {"twin.version", "twin.write", "twin.moved_to", "twin.moving_from"}) {
    fields.integer(name, 1);
  }
  std::map<std::string, StoredMarks> all;
  for (const Category category : kCategories) {
    for (const Bson& stored : connection_.find(collection_of(category), {}, fields)) {
      const std::string id = stored.view().text("_id");
      StoredMarks marks = read_marks(stored.view());
      if (counts(marks, id)) all.insert_or_assign(id, std::move(marks));
    }
  }
  return all;
}

}  // namespace twin::mongo
