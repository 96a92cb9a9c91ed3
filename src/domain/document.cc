#include "domain/document.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "domain/masking.h"

namespace twin {
namespace {

template <class E, size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<Category, 3> kCategories = {{{Category::kArticles, "articles"},
                                             {Category::kPosts, "posts"},
                                             {Category::kRepositories, "repositories"}}};
constexpr Names<SpanKind, 7> kSpanKindNames = {{{SpanKind::kProse, "prose"},
                                                {SpanKind::kHeading, "heading"},
                                                {SpanKind::kCode, "code"},
                                                {SpanKind::kQuote, "quote"},
                                                {SpanKind::kCaption, "caption"},
                                                {SpanKind::kOther, "other"},
                                                {SpanKind::kRemoved, "removed"}}};
constexpr Names<RemovalReason, 12> kReasonNames = {
    {{RemovalReason::kNone, "none"},
     {RemovalReason::kFrontMatter, "front_matter"},
     {RemovalReason::kNavigation, "navigation"},
     {RemovalReason::kRepeated, "repeated"},
     {RemovalReason::kHtml, "html"},
     {RemovalReason::kMarkup, "markup"},
     {RemovalReason::kComment, "comment"},
     {RemovalReason::kOtherAuthor, "other_author"},
     {RemovalReason::kCoAuthor, "co_author"},
     {RemovalReason::kPressRelease, "press_release"},
     {RemovalReason::kOtherLanguage, "other_language"},
     {RemovalReason::kDuplicate, "duplicate"}}};

constexpr Names<PrivateKind, 5> kPrivateKinds = {{{PrivateKind::kEmail, "email"},
                                                  {PrivateKind::kTelephone, "telephone"},
                                                  {PrivateKind::kAddress, "address"},
                                                  {PrivateKind::kSecret, "secret"},
                                                  {PrivateKind::kName, "name"}}};

template <class E, size_t N>
std::string_view find_name(const Names<E, N>& names, E value) {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) return name;
  }
  throw Bug("an enumerator without a name");
}

template <class E, size_t N>
E find_value(const Names<E, N>& names, std::string_view name, const char* what) {
  for (const auto& [value, candidate] : names) {
    if (candidate == name) return value;
  }
  throw Error(ErrorCode::kBadInput,
              "unknown " + std::string(what) + " '" + std::string(name) + "'");
}

}  // namespace

bool same_state(const RawDocument& a, const RawDocument& b) {
  return a.id == b.id && a.content_hash == b.content_hash && a.category == b.category &&
         a.author_id == b.author_id && a.author_full_name == b.author_full_name &&
         a.platform == b.platform && a.link == b.link && a.title == b.title &&
         a.subtitle == b.subtitle && a.language == b.language && a.date == b.date &&
         a.tags == b.tags && a.bylines == b.bylines && a.genre == b.genre &&
         a.media_type == b.media_type && a.extractor == b.extractor && a.verbatim == b.verbatim;
}

std::string_view name_of(Category category) { return find_name(kCategories, category); }
Category category_from_name(std::string_view name) {
  return find_value(kCategories, name, "category");
}
std::string_view name_of(SpanKind kind) { return find_name(kSpanKindNames, kind); }
SpanKind span_kind_from_name(std::string_view name) {
  return find_value(kSpanKindNames, name, "kind of span");
}
std::string_view name_of(RemovalReason reason) { return find_name(kReasonNames, reason); }
RemovalReason removal_reason_from_name(std::string_view name) {
  return find_value(kReasonNames, name, "removal reason");
}

std::string_view name_of(PrivateKind kind) { return find_name(kPrivateKinds, kind); }
PrivateKind private_kind_from_name(std::string_view name) {
  return find_value(kPrivateKinds, name, "kind of private data");
}

size_t CleanDocument::kept_bytes() const {
  size_t bytes = 0;
  for (const Span& span : spans) bytes += span.kept() ? span.range.size() : 0;
  return bytes;
}

size_t CleanDocument::bytes_of(SpanKind kind, RemovalReason reason) const {
  size_t bytes = 0;
  for (const Span& span : spans) {
    if (span.kind == kind && span.reason == reason) bytes += span.range.size();
  }
  return bytes;
}

void check_partition(const CleanDocument& document, size_t size) {
  size_t position = 0;
  const Span* before = nullptr;
  for (const Span& span : document.spans) {
    TWIN_CHECK(span.range.begin == position && span.range.end > position, document.document_id);
    TWIN_CHECK(before == nullptr || before->kind != span.kind || before->reason != span.reason,
               document.document_id);
    TWIN_CHECK(span.has_reason() == (span.reason != RemovalReason::kNone), document.document_id);
    position = span.range.end;
    before = &span;
  }
  TWIN_CHECK(position == size, document.document_id);
  position = 0;
  for (const PrivateSpan& span : document.private_spans) {
    TWIN_CHECK(span.range.begin >= position && span.range.end > span.range.begin,
               document.document_id);
    position = span.range.end;
  }
  TWIN_CHECK(position <= size, document.document_id);
}

std::string text_of(const CleanDocument& document, std::string_view verbatim, SpanKind kind) {
  std::string text;
  for (const Span& span : document.spans) {
    if (span.kind == kind) text += masked(verbatim, span.range, document.private_spans);
  }
  return text;
}

}  // namespace twin
