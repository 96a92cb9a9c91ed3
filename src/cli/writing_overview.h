#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "stores/documents/document_store.h"

namespace twin {

// What became of one document's text.
struct DocumentAccount {
  size_t words = 0;        // in passages that can be found
  size_t voice_words = 0;  // of them in passages of the author's own prose
  std::map<std::string, size_t> set_aside_bytes, removed_bytes;  // by reason
  std::map<std::string, size_t> private_found, private_masked;   // by kind
  std::string duplicate_of;

  void add(const DocumentAccount& other);  // but for duplicate_of
};

// Of the features stored; none of the text is read. Nothing where there are no features.
DocumentAccount account_of(const Features& features);
OrderedJson to_json(const DocumentAccount& account);

// The account of documents by platform, and their words of voice by year ("no date") and platform.
struct WritingOverview {
  struct Platform {
    size_t documents = 0, duplicates = 0;
    DocumentAccount account;
  };
  std::map<std::string, Platform> platforms;
  std::map<std::string, std::map<std::string, size_t>> words_by_year;

  void add(const DocumentSummary& document, const DocumentAccount& account);
};

// A line a platform, what was left out and why, what is private; a chart of words a year.
std::string to_text(const WritingOverview& overview, bool ascii);
OrderedJson to_json(const WritingOverview& overview);

}  // namespace twin
