#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "features/duplicates.h"
#include "features/foreign_text.h"
#include "stores/documents/document_store.h"

namespace twin {

// Changes whenever facts of the same document are others, or are packed otherwise: part of
// facts_key().
inline constexpr int kFactsVersion = 1;

// What a document says to the comparison of its author's documents, and to the question whether its
// features are still those of the same input. Kept beside the features (Features::facts), so that
// what has not changed is not read again.
struct DocumentFacts {
  std::string state;  // hash of all that features are made of and the document itself says
  std::vector<std::string> block_hashes;
  LanguageSample language;
  std::string canonical;  // link it names as the original's (features/duplicates.h)
  TextSketch sketch;
};

DocumentFacts document_facts(const RawDocument& document);

// Names the facts of one version of a document as this program makes them.
std::string facts_key(const DocumentSummary& document);

// Facts as the bytes that a store keeps. unpack: none where they were not packed under `key`, or
// are damaged.
std::string pack_facts(const DocumentFacts& facts, const std::string& key);
std::optional<DocumentFacts> unpack_facts(std::string_view bytes, const std::string& key);

}  // namespace twin
