#include "collection/collector.h"

#include <fmt/format.h>

#include "base/hashing.h"

namespace twin {

Collector::Collector(Context& context, DocumentStore& store, const Author& author)
    : context_(context), store_(store), author_(author) {
  store_.put_author(author_);
}

PutResult Collector::keep(RawDocument document, const std::string& source, Item item) {
  if (document.link.empty()) document.link = source;
  if (document.extractor.empty()) document.verbatim = document.raw;
  if (document.id.empty()) document.id = id_of(document.link);
  document.author_id = author_.id;
  document.author_full_name = author_.full_name();
  document.content_hash = sha256(document.raw);
  item.source = source;
  item.time = now();
  const PutResult result = store_.put_document(document, std::move(item));
  count(result == PutResult::kNew         ? "new"
        : result == PutResult::kUnchanged ? "unchanged"
                                          : "new version");
  return result;
}

std::string Collector::id_of(const std::string& link) const {
  return uuid_from_name(fmt::format("{}\n{}", author_.id, link));
}

void Collector::refuse(const std::string& source, const Refusal& refusal) {
  refuse(Item{source, refusal.state, refusal.reason, "", now()});
}

void Collector::refuse(const Item& item) {
  store_.put_item(item);
  count(item.state);
  std::lock_guard lock(mutex_);
  if (report_.count(item.state) <= CollectionReport::kMaxRefused) {
    report_.refused.push_back({item.source, item.state, item.reason});
  }
}

void Collector::refuse_as_failed(const std::string& source, std::string_view what) {
  const std::string beginning = source + ": ";
  if (what.starts_with(beginning)) what.remove_prefix(beginning.size());
  refuse(source, {"failed", std::string(what)});
}

void Collector::note(std::string sentence) {
  std::lock_guard lock(mutex_);
  report_.notes.push_back(std::move(sentence));
}

std::string Collector::now() const { return format_time(context_.clock.now()); }

CollectionReport Collector::report() const {
  std::lock_guard lock(mutex_);
  return report_;
}

void Collector::count(const std::string& state) {
  std::lock_guard lock(mutex_);
  ++report_.states[state];
}

}  // namespace twin
