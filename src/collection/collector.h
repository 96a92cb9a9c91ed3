#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/context.h"
#include "collection/report.h"
#include "domain/author.h"
#include "stores/documents/document_store.h"

namespace twin {

// Why something that was looked at did not become a document: thrown by what reads one item, noted
// by the collector. The rest goes on.
struct Refusal {
  std::string state;  // "skipped": not for collecting; "failed": meant to be, and could not be read
  std::string reason;  // for people, with what to do where something can be done
};

// Where every source (files, exports, the web) puts what it found: stores documents, notes what
// became of each item, and counts. Thread-safe.
class Collector {
 public:
  // Puts the author into the store. All outlive the collector.
  Collector(Context& context, DocumentStore& store, const Author& author);

  // Stores what was read of `source` (a URL or path, the item's identity), an author's document of
  // which raw, media_type, verbatim (with the extractor) and what is known are filled in. Fills in
  // the author and content_hash, and where they are empty the link (source), the verbatim text
  // (raw) and the id (of author and link). `item` may bring etag and last_modified.
  PutResult keep(RawDocument document, const std::string& source, Item item = {});

  // The id that keep() gives a document of that link.
  std::string id_of(const std::string& link) const;

  // Notes why there is none.
  void refuse(const std::string& source, const Refusal& refusal);
  void refuse(const Item& item);

  // Puts a sentence for the user into the report.
  void note(std::string sentence);

  // Calls read(), which keeps or throws; a Refusal or Error(kBadInput) becomes the state of
  // `source`. Other errors pass.
  template <class Read>
  void attempt(const std::string& source, Read read) {
    try {
      read();
    } catch (const Refusal& refusal) {
      refuse(source, refusal);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kBadInput) throw;
      refuse_as_failed(source, error.what());
    }
  }

  const Author& author() const { return author_; }
  Context& context() { return context_; }
  DocumentStore& store() { return store_; }
  std::string now() const;
  CollectionReport report() const;

 private:
  // `what`, without the source's name where it begins with it: the item has it already.
  void refuse_as_failed(const std::string& source, std::string_view what);
  void count(const std::string& state);

  Context& context_;
  DocumentStore& store_;
  Author author_;
  mutable std::mutex mutex_;
  CollectionReport report_;
};

}  // namespace twin
