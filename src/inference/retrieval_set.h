#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "stores/documents/document_store.h"

namespace twin {

// Questions with the documents that answer them: what retrieval is measured on.
struct RetrievalSet {
  struct Text {
    std::string id, title, text;
  };
  std::vector<Text> documents;
  std::vector<Text> queries;  // those that are judged, by id; without titles
  // Query id -> document id -> how well it answers, above 0.
  std::map<std::string, std::map<std::string, int>> judged;
};

// The parts of a set in the BEIR layout; `where` names them in errors. Errors: kBadInput naming the
// line. Source: github.com/beir-cellar/beir, "load your custom dataset".
std::vector<RetrievalSet::Text> read_set_texts(std::string_view jsonl, std::string_view where);
std::map<std::string, std::map<std::string, int>> read_judgements(std::string_view tsv,
                                                                  std::string_view where);

// DIR/corpus.jsonl, DIR/queries.jsonl and DIR/qrels/SPLIT.tsv. Errors: kBadInput also for a judged
// query or document that is not there.
RetrievalSet read_retrieval_set(const std::filesystem::path& folder, const std::string& split);

// Puts the documents into the store, each as one passage; those that are there already are left.
void store_retrieval_set(Context& context, const RetrievalSet& set, DocumentStore& store);

}  // namespace twin
