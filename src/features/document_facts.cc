#include "features/document_facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/hashing.h"
#include "base/json.h"
#include "features/clean.h"
#include "text/markdown.h"

namespace twin {
namespace {

template <class List>
void add_list(KeyHasher& key, const List& list) {
  key.add(static_cast<long long>(list.size()));
  for (const auto& entry : list) key.add(entry);
}

std::string state_of(const RawDocument& document) {
  KeyHasher key;
  key.add(document.content_hash)
      .add(document.extractor)
      .add(document.media_type)
      .add(document.title)
      .add(document.author_full_name)
      .add(document.platform)
      .add(document.genre);
  add_list(key, document.bylines);
  add_list(key, document.tags);
  return key.finish();
}

}  // namespace

DocumentFacts document_facts(const RawDocument& document) {
  const std::vector<Block> blocks = markdown_blocks(document.verbatim);
  DocumentFacts facts;
  facts.state = state_of(document);
  facts.block_hashes = block_hashes(document.verbatim, blocks);
  facts.language = language_sample(document.verbatim, blocks);
  facts.canonical = canonical_link(document);
  if (document.genre != "code") facts.sketch = text_sketch(document, blocks);
  return facts;
}

std::string facts_key(const DocumentSummary& document) {
  return KeyHasher()
      .add("facts")
      .add(static_cast<long long>(kFactsVersion))
      .add(static_cast<long long>(kCleanVersion))  // how a text is cut into blocks
      .add(static_cast<long long>(document.version))
      .add(document.content_hash)
      .finish();
}

std::string pack_facts(const DocumentFacts& facts, const std::string& key) {
  const Json json = {{"key", key},
                     {"state", facts.state},
                     {"block_hashes", facts.block_hashes},
                     {"language", facts.language.language},
                     {"language_bytes", facts.language.bytes},
                     {"canonical", facts.canonical},
                     {"signature", facts.sketch.signature},
                     {"shingles", facts.sketch.shingles},
                     {"words", facts.sketch.words}};
  const std::vector<uint8_t> bytes = Json::to_cbor(json);
  return {bytes.begin(), bytes.end()};
}

std::optional<DocumentFacts> unpack_facts(std::string_view bytes, const std::string& key) {
  try {
    const Json json = Json::from_cbor(bytes.begin(), bytes.end());
    if (json.at("key").get_ref<const std::string&>() != key) return std::nullopt;
    DocumentFacts facts;
    facts.state = json.at("state").get<std::string>();
    facts.block_hashes = json.at("block_hashes").get<std::vector<std::string>>();
    facts.language = {json.at("language").get<std::string>(),
                      json.at("language_bytes").get<size_t>()};
    facts.canonical = json.at("canonical").get<std::string>();
    facts.sketch.signature = json.at("signature").get<MinHashSignature>();
    facts.sketch.shingles = json.at("shingles").get<size_t>();
    facts.sketch.words = json.at("words").get<size_t>();
    return facts;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace twin
