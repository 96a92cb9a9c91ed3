#include "stores/documents/mongo_document_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/hashing.h"
#include "stores/documents/mongo/connection.h"
#include "stores/documents/mongo/documents.h"
#include "stores/documents/mongo/feature_rows.h"
#include "stores/documents/mongo/items.h"
#include "stores/documents/mongo/large_bytes.h"
#include "stores/documents/mongo/schema.h"
#include "stores/documents/passage_index.h"

namespace twin {
namespace {

using mongo::Bson;

// How often a document is put again because somebody else was quicker each time.
constexpr int kMostRaces = 1000;
// How long a writer that claimed a document's next version may take before it counts as killed.
constexpr std::chrono::milliseconds kBetweenLooks{50};
constexpr int kPatientLooks = 60;
// For so long platforms and, where no change is noted, chunks are taken to be as they were: a
// writer that was killed between its change and the note is seen after it.
constexpr std::chrono::seconds kMostUnseen{10};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

class MongoDocumentStore : public DocumentStore {
 public:
  MongoDocumentStore(const Context& context, const MongoStoreOptions& options)
      : connection_(context, options.connection),
        documents_(context, connection_),
        items_(connection_, documents_),
        features_(connection_),
        index_(options.index) {
    mongo::check_schema(connection_);
  }

  void put_author(const Author& author) override {
    prepare();
    Bson names;
    names.text("first_name", author.first_name).text("last_name", author.last_name);
    Bson change;
    change.document("$set", names);
    connection_.upsert(mongo::kUsers, mongo::by_id(author.id), change);
  }

  std::vector<Author> authors() const override {
    std::vector<Author> authors;
    for (const Bson& user : connection_.find(mongo::kUsers, {})) {
      const mongo::BsonView view = user.view();
      authors.push_back({view.text("_id"), view.text("first_name"), view.text("last_name")});
    }
    std::sort(authors.begin(), authors.end(),
              [](const Author& a, const Author& b) { return a.id < b.id; });
    return authors;
  }

  std::optional<Author> find_author(std::string_view full_name) const override {
    for (Author& author : authors()) {
      if (same_name(author.full_name(), full_name)) return std::move(author);
    }
    return std::nullopt;
  }

  PutResult put_document(const RawDocument& document, Item item) override {
    TWIN_CHECK(document.content_hash == sha256(document.raw), document.link);
    prepare();
    for (const std::string_view bytes : mongo::large_parts(document)) {
      mongo::put_large(connection_, bytes);
    }
    item.document_id = document.id;
    const std::string write = mongo::new_token();
    const std::optional<Item> before = items_.find(item.source);
    PutResult result = PutResult::kNew;
    // What no item tells of is new, as a rule: inserted without a look, which says if it is not.
    bool look = before.has_value() || documents_.is_elsewhere(document.category, document.id);
    std::string waited_for = "nobody";
    int looks = 0;
    for (int race = 0; race < kMostRaces; ++race) {
      std::optional<mongo::Found> newest;
      if (look) newest = documents_.newest(document.id);
      look = true;
      // Done by an attempt whose answer was lost.
      if (newest && newest->marks.write == write) return done(result);
      if (newest && same_state(documents_.read(*newest), document)) {
        item.state = "unchanged";
        items_.put(item);
        return PutResult::kUnchanged;
      }
      result = newest ? PutResult::kNewVersion : PutResult::kNew;
      item.state = newest ? "new version" : "new";
      const int version = newest ? newest->marks.version + 1 : 1;
      items_.put_with(item, version, write, before);
      // Somebody else is at it, or was killed there.
      const bool same = newest && newest->marks.write == waited_for;
      looks = same ? looks + 1 : 0;
      if (newest) waited_for = newest->marks.write;
      switch (documents_.advance(newest, document, version, write, looks >= kPatientLooks)) {
        case mongo::Advance::kDone:
          return done(result);
        case mongo::Advance::kClaimed:
          std::this_thread::sleep_for(kBetweenLooks);
          break;
        case mongo::Advance::kMovedOn:
          break;
      }
    }
    throw Error(ErrorCode::kFailed, fmt::format("{}: document {} is changed by others all the time",
                                                connection_.name(), document.id));
  }

  std::optional<RawDocument> document(std::string_view id,
                                      std::optional<int> version) const override {
    if (version) return documents_.version(id, *version);
    const std::optional<mongo::Found> newest = documents_.newest(id);
    return newest ? std::optional(documents_.read(*newest)) : std::nullopt;
  }

  std::vector<int> versions(std::string_view id) const override {
    const std::optional<mongo::Found> newest = documents_.newest(id);
    std::vector<int> versions;
    for (int version = 1; newest && version <= newest->marks.version; ++version) {
      versions.push_back(version);
    }
    return versions;
  }

  std::vector<DocumentSummary> documents(const DocumentFilter& filter) const override {
    std::vector<DocumentSummary> documents = documents_.list(filter);
    const std::map<std::string, mongo::FeatureMark> marks = features_.marks();
    for (DocumentSummary& document : documents) {
      const auto found = marks.find(document.id);
      if (found != marks.end() && found->second.version == document.version) {
        document.features_key = found->second.key;
      }
    }
    return documents;
  }

  std::vector<std::string> platforms() const override {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (platforms_read_ && now - *platforms_read_ < kMostUnseen) return platforms_;
    std::vector<std::string> platforms;
    for (const Category category : mongo::kCategories) {
      for (std::string& platform :
           connection_.distinct(mongo::collection_of(category), "platform")) {
        if (!platform.empty()) platforms.push_back(std::move(platform));
      }
    }
    std::sort(platforms.begin(), platforms.end());
    platforms.erase(std::unique(platforms.begin(), platforms.end()), platforms.end());
    platforms_ = std::move(platforms);
    platforms_read_ = now;
    return platforms_;
  }

  void put_item(const Item& item) override {
    prepare();
    items_.put(item);
  }
  std::vector<Item> items() const override { return items_.list(); }
  std::optional<Item> item(std::string_view source) const override { return items_.find(source); }

  void put_features(const Features& features) override {
    prepare();
    sweep_once();
    const std::string& id = features.clean.document_id;
    const std::optional<RawDocument> document = documents_.version(id, features.clean.version);
    if (!document) {
      throw Error(ErrorCode::kFailed,
                  fmt::format("{}: features of document {} version {}, which is not there",
                              connection_.name(), id, features.clean.version));
    }
    mongo::StoredFeatures stored;
    stored.features = features;
    stored.document.category = document->category;
    stored.document.author_id = document->author_id;
    stored.document.author_full_name = document->author_full_name;
    stored.document.platform = document->platform;
    stored.document.link = document->link;
    stored.document.date = document->date;
    stored.tags = document->tags;
    features_.put(stored);
  }

  std::optional<Features> features(std::string_view document_id) const override {
    std::optional<mongo::StoredFeatures> stored = features_.find(document_id);
    return stored ? std::optional(std::move(stored->features)) : std::nullopt;
  }

  std::vector<std::optional<Features>> features_without_chunks(
      const std::vector<std::string>& document_ids) const override {
    return features_.find_without_chunks(document_ids);
  }

  std::vector<Passage> search_chunks(const ChunkQuery& query) const override {
    refresh_index();
    return index_.search(query);
  }

  std::optional<Passage> passage(std::string_view chunk_id) const override {
    refresh_index();
    return index_.passage(chunk_id);
  }

  size_t chunk_count() const override {
    refresh_index();
    return index_.chunk_count();
  }

 private:
  // Before the first write alone: reading changes nothing, not even in an empty database.
  void prepare() {
    std::lock_guard lock(mutex_);
    if (prepared_) return;
    mongo::prepare_for_writing(connection_);
    prepared_ = true;
  }

  void sweep_once() {
    {
      std::lock_guard lock(mutex_);
      if (swept_) return;
      swept_ = true;
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    features_.sweep(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  }

  PutResult done(PutResult result) {
    std::lock_guard lock(mutex_);
    platforms_read_.reset();
    return result;
  }

  void refresh_index() const {
    std::lock_guard lock(index_mutex_);
    const std::string change = mongo::last_change(connection_);
    const auto now = std::chrono::steady_clock::now();
    if (compared_ && change == indexed_change_ && now - *compared_ < kMostUnseen) return;
    std::map<std::string, std::string> tags;
    for (const auto& [id, mark] : features_.marks()) tags.emplace(id, mark.write);
    index_.bring_up(mongo::store_identity(connection_), tags, [&](const std::string& id) {
      std::optional<mongo::StoredFeatures> stored = features_.find(id);
      return stored ? std::optional(IndexedFeatures{std::move(stored->features),
                                                    std::move(stored->document),
                                                    std::move(stored->tags)})
                    : std::nullopt;
    });
    indexed_change_ = change;
    compared_ = now;
  }

  mongo::Connection connection_;
  mongo::Documents documents_;
  mongo::Items items_;
  mongo::FeatureRows features_;
  mutable PassageIndex index_;

  mutable std::mutex mutex_;
  bool prepared_ = false, swept_ = false;
  mutable std::vector<std::string> platforms_;
  mutable std::optional<std::chrono::steady_clock::time_point> platforms_read_;

  mutable std::mutex index_mutex_;  // one brings the index up, the others wait for it
  mutable std::string indexed_change_;
  mutable std::optional<std::chrono::steady_clock::time_point> compared_;
};

}  // namespace

std::unique_ptr<DocumentStore> open_mongo_document_store(const Context& context,
                                                         const MongoStoreOptions& options) {
  return std::make_unique<MongoDocumentStore>(context, options);
}

}  // namespace twin
