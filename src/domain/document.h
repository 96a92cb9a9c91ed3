#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

// What kind of writing a document is; names the warehouse collection it lives in.
enum class Category { kArticles, kPosts, kRepositories };

// "articles", "posts", "repositories". from_name: Errors kBadInput for any other name.
std::string_view name_of(Category category);
Category category_from_name(std::string_view name);

// One version of one thing a person wrote, as it was collected. Never changed once stored: an
// edited source becomes a new version.
struct RawDocument {
  std::string id;   // a UUID; made from author and link where the source gives none
  int version = 0;  // 1, 2, ...: given by the store
  Category category = Category::kArticles;
  std::string author_id;
  std::string author_full_name;
  std::string platform;  // "medium", "files", a host name, ...
  std::string link;      // URL or path it came from; unique within an author
  std::string title;
  std::string subtitle;
  std::string language;  // BCP 47, empty if unknown
  std::string date;      // ISO 8601 (date or date-time), empty if unknown
  std::vector<std::string> tags;
  std::vector<std::string> bylines;  // who the source says wrote it; empty where it does not say
  std::string genre;  // what it is where its category does not tell: "comment", "message", "mail",
                      // "readme", "documentation", "commit", "code"; else empty

  std::string media_type;    // of `raw`: "text/markdown", "text/html", "text/plain",
                             // "application/vnd.llm-twin.article+json", ...
  std::string raw;           // the bytes as they came
  std::string headers;       // "name: value" lines they came with over HTTP, else empty
  std::string extractor;     // name and version of what made `verbatim` from `raw`
                             // ("html-markdown/1"), empty where they are the same bytes
  std::string verbatim;      // the text every clean view, chunk and training target is a range of
  std::string content_hash;  // sha256(raw)
};

// Whether two versions say the same: equal in all but their number and headers.
bool same_state(const RawDocument& a, const RawDocument& b);

// What became of a stretch of a document's verbatim text.
enum class SpanKind {
  kProse,    // the author's own sentences and lists: the only kind that voice is learnt from
  kHeading,  // a heading line, its marks included
  kCode,     // a code block
  kQuote,    // a block quote: not the author's words
  kCaption,  // what stands below a picture or a table
  kOther,    // text that can be found but is not the author's voice: see the reason
  kRemoved,  // left out of everything: see the reason
};

// Why a stretch is left out: kOther of what voice is learnt from, kRemoved of everything.
enum class RemovalReason {
  kNone,           // of all other kinds
  kFrontMatter,    // YAML between '---' lines
  kNavigation,     // menus, share buttons, "Subscribe", counters, bylines of the platform
  kRepeated,       // a block that recurs across the author's documents
  kHtml,           // tags and comments of HTML inside Markdown
  kMarkup,         // invisible marks of the format (link definitions, Liquid or Jekyll tags)
  kComment,        // comments below a page
  kOtherAuthor,    // the document is somebody else's: a guest's post
  kCoAuthor,       // the document is the author's and others'
  kPressRelease,   // the document is a press release
  kOtherLanguage,  // in another language than the author's
  kDuplicate,      // the document says what another one says, which is kept
};

inline constexpr SpanKind kSpanKinds[] = {SpanKind::kProse,  SpanKind::kHeading, SpanKind::kCode,
                                          SpanKind::kQuote,  SpanKind::kCaption, SpanKind::kOther,
                                          SpanKind::kRemoved};
inline constexpr RemovalReason kRemovalReasons[] = {
    RemovalReason::kFrontMatter,   RemovalReason::kNavigation, RemovalReason::kRepeated,
    RemovalReason::kHtml,          RemovalReason::kMarkup,     RemovalReason::kComment,
    RemovalReason::kOtherAuthor,   RemovalReason::kCoAuthor,   RemovalReason::kPressRelease,
    RemovalReason::kOtherLanguage, RemovalReason::kDuplicate};

std::string_view name_of(SpanKind kind);
std::string_view name_of(RemovalReason reason);
SpanKind span_kind_from_name(std::string_view name);
RemovalReason removal_reason_from_name(std::string_view name);

// Data of people that is not for everybody: found and, unless allowed, masked.
enum class PrivateKind { kEmail, kTelephone, kAddress, kSecret, kName };

std::string_view name_of(PrivateKind kind);
PrivateKind private_kind_from_name(std::string_view name);

struct PrivateSpan {
  ByteRange range;  // of the verbatim text
  PrivateKind kind = PrivateKind::kEmail;
  bool masked = true;  // false: settings allow it to be trained on and shown

  bool operator==(const PrivateSpan&) const = default;
};

struct Span {
  ByteRange range;
  SpanKind kind = SpanKind::kProse;
  RemovalReason reason = RemovalReason::kNone;

  bool kept() const { return kind != SpanKind::kRemoved; }
  bool has_reason() const { return kind == SpanKind::kRemoved || kind == SpanKind::kOther; }
  bool operator==(const Span&) const = default;
};

// A document seen as the author's own text. The spans are in order and partition the verbatim text:
// the first begins at 0, each begins where the one before ends, the last ends at its size. No span
// is empty; neighbours differ in kind or reason.
struct CleanDocument {
  std::string document_id;
  int version = 0;
  std::vector<Span> spans;
  std::vector<PrivateSpan> private_spans = {};  // in order, apart from one another
  std::string duplicate_of = {};  // id of the author's document that says the same and is kept

  size_t kept_bytes() const;
  size_t bytes_of(SpanKind kind, RemovalReason reason = RemovalReason::kNone) const;
  size_t removed_bytes(RemovalReason reason) const { return bytes_of(SpanKind::kRemoved, reason); }
};

// Throws Bug unless the spans partition a text of `size` bytes and the private ones lie within it,
// in order and apart.
void check_partition(const CleanDocument& document, size_t size);

// The concatenated text of all spans of `kind`, private data masked.
std::string text_of(const CleanDocument& document, std::string_view verbatim, SpanKind kind);

}  // namespace twin
