#include "stores/documents/mongo/stored_document.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"
#include "stores/documents/warehouse_document.h"

namespace twin::mongo {
namespace {

// What stands in `content.Content` for text of which that is not all.
std::string_view beginning_of(std::string_view text) {
  if (text.size() <= kMostInlineBytes) return text;
  size_t end = kMostInlineBytes;
  while (end > 0 && (text[end] & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

// The reference's fields.
Bson reference_form(const RawDocument& document, FieldNames names) {
  Bson bson;
  bson.text("_id", document.id);
  if (is_warehouse_document(document) && document.raw.size() <= kMostInlineBytes) {
    OrderedJson element = parse_ordered_json(document.raw, document.link);
    element.erase("_id");
    element.erase("twin");
    return std::move(bson.append(bson_from_json(element, names).view()));
  }
  Bson content;
  content.text("Title", document.title);
  const auto or_null = [&](const char* name, const std::string& value) {
    if (value.empty()) {
      content.null(name);
    } else {
      content.text(name, value);
    }
  };
  or_null("Subtitle", document.subtitle);
  content.text("Content", beginning_of(document.verbatim));
  or_null("language", document.language);
  bson.document("content", content);
  bson.text("platform", document.platform).text("author_id", document.author_id);
  bson.text("author_full_name", document.author_full_name).text("link", document.link);
  return bson;
}

// Bytes where they are: nowhere else, in `twin`, or in pieces.
void put_bytes(Bson& twin, const char* name, const char* pieces, std::string_view bytes) {
  if (bytes.size() > kMostInlineBytes) {
    twin.text(pieces, sha256(bytes));
  } else {
    twin.bytes(name, bytes);
  }
}

std::string take_bytes(BsonView twin, const char* name, const char* pieces,
                       std::string_view otherwise, const FetchLarge& fetch) {
  if (twin.has(pieces)) return fetch(twin.text(pieces));
  return twin.has(name) ? twin.text(name) : std::string(otherwise);
}

RawDocument read_foreign(Category category, BsonView stored) {
  // The reference writes `_id` last, MongoDB keeps it first: as its warehouse files have it.
  if (stored.view("_id").empty()) throw Error(ErrorCode::kBadInput, "its _id is no string");
  OrderedJson json = json_from_bson(stored);
  const OrderedJson id = json["_id"];
  json.erase("_id");
  json.erase("twin");
  json["_id"] = id;
  RawDocument document = read_warehouse_document(category, python_json(json));
  document.version = 1;
  return document;
}

}  // namespace

std::vector<std::string_view> large_parts(const RawDocument& document) {
  std::vector<std::string_view> parts;
  if (document.raw.size() > kMostInlineBytes) parts.emplace_back(document.raw);
  if (document.headers.size() > kMostInlineBytes) parts.emplace_back(document.headers);
  const bool own_text = document.verbatim != document.raw;
  if (own_text && document.verbatim.size() > kMostInlineBytes)
    parts.emplace_back(document.verbatim);
  return parts;
}

Bson stored_form(const RawDocument& document, const StoredMarks& marks, FieldNames names) {
  Bson bson = reference_form(document, names);
  Bson twin;
  twin.integer("version", marks.version).text("write", marks.write);
  if (!marks.moving_from.empty()) twin.text("moving_from", marks.moving_from);
  twin.text("title", document.title).text("subtitle", document.subtitle);
  twin.text("language", document.language).text("date", document.date);
  twin.list("tags", document.tags).list("bylines", document.bylines).text("genre", document.genre);
  twin.text("media_type", document.media_type).text("extractor", document.extractor);
  twin.text("content_hash", document.content_hash);
  twin.integer("raw_bytes", static_cast<int64_t>(document.raw.size()));
  twin.integer("verbatim_bytes", static_cast<int64_t>(document.verbatim.size()));
  // Ours where the reference's field does not say the same.
  const BsonView said = bson.view();
  const auto unless_said = [&](const char* name, const std::string& value) {
    if (said.view(name) != value) twin.text(name, value);
  };
  unless_said("platform", document.platform);
  unless_said("author_id", document.author_id);
  unless_said("author_full_name", document.author_full_name);
  unless_said("link", document.link);
  const std::string_view content = said.child("content").view("Content");
  if (document.verbatim == document.raw) {
    if (content != document.raw) put_bytes(twin, "raw", "raw_pieces", document.raw);
  } else {
    put_bytes(twin, "raw", "raw_pieces", document.raw);
    if (content != document.verbatim) {
      put_bytes(twin, "verbatim", "verbatim_pieces", document.verbatim);
    }
  }
  twin.boolean("verbatim_is_raw", document.verbatim == document.raw);
  if (!document.headers.empty()) put_bytes(twin, "headers", "headers_pieces", document.headers);
  bson.document("twin", twin);
  return bson;
}

StoredMarks read_marks(BsonView stored) {
  const BsonView twin = stored.child("twin");
  return {static_cast<int>(twin.integer("version", 1)), twin.text("write"), twin.text("moved_to"),
          twin.text("moving_from")};
}

RawDocument read_stored(Category category, BsonView stored, const FetchLarge& fetch) {
  const BsonView twin = stored.child("twin");
  try {
    if (!twin.has("content_hash")) return read_foreign(category, stored);
    RawDocument document;
    const auto text = [&](const char* name) {
      return twin.has(name) ? twin.text(name) : stored.text(name);
    };
    document.id = stored.text("_id");
    document.version = static_cast<int>(twin.integer("version", 1));
    document.category = category;
    document.author_id = text("author_id");
    document.author_full_name = text("author_full_name");
    document.platform = text("platform");
    document.link = text("link");
    document.title = twin.text("title");
    document.subtitle = twin.text("subtitle");
    document.language = twin.text("language");
    document.date = twin.text("date");
    document.tags = twin.texts("tags");
    document.bylines = twin.texts("bylines");
    document.genre = twin.text("genre");
    document.media_type = twin.text("media_type");
    document.extractor = twin.text("extractor");
    document.content_hash = twin.text("content_hash");
    const std::string_view content = stored.child("content").view("Content");
    document.raw = take_bytes(twin, "raw", "raw_pieces", content, fetch);
    document.verbatim = twin.boolean("verbatim_is_raw")
                            ? document.raw
                            : take_bytes(twin, "verbatim", "verbatim_pieces", content, fetch);
    document.headers = take_bytes(twin, "headers", "headers_pieces", "", fetch);
    const auto has_size = [&](const char* name, const std::string& bytes) {
      return twin.integer(name) == static_cast<int64_t>(bytes.size());
    };
    if (!has_size("raw_bytes", document.raw) || !has_size("verbatim_bytes", document.verbatim) ||
        sha256(document.raw) != document.content_hash) {
      throw Error(ErrorCode::kBadInput, "its text was changed by another program");
    }
    return document;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput) throw;
    throw Error(ErrorCode::kBadInput,
                fmt::format("{} '{}': {}", name_of(category), stored.view("_id"), error.what()));
  }
}

Bson summary_projection() {
  return std::move(Bson()
                       .integer("content", 0)
                       .integer("twin.raw", 0)
                       .integer("twin.verbatim", 0)
                       .integer("twin.headers", 0));
}

DocumentSummary read_summary(Category category, BsonView stored) {
  const BsonView twin = stored.child("twin");
  const auto text = [&](const char* name) {
    return twin.has(name) ? twin.text(name) : stored.text(name);
  };
  DocumentSummary summary;
  summary.id = stored.text("_id");
  summary.version = static_cast<int>(twin.integer("version", 1));
  summary.category = category;
  summary.author_id = text("author_id");
  summary.author_full_name = text("author_full_name");
  summary.platform = text("platform");
  summary.link = text("link");
  summary.title = twin.text("title");
  summary.date = twin.text("date");
  summary.content_hash = twin.text("content_hash");
  summary.raw_bytes = static_cast<size_t>(twin.integer("raw_bytes"));
  summary.verbatim_bytes = static_cast<size_t>(twin.integer("verbatim_bytes"));
  return summary;
}

}  // namespace twin::mongo
