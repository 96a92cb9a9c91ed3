#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace twin {

// How much of a text stands word for word in the corpus it was learnt from.
class CopyMeter {
 public:
  static constexpr size_t kWords = 8;

  // Adds a source. The text is copied.
  void add(std::string document_id, std::string_view text);

  struct Result {
    double eight_gram_share = 0;  // of the text's 8-grams that stand in a source
    size_t eight_grams = 0;
    size_t longest_run_words = 0;
    std::string longest_run;         // as it stands in the text
    std::string longest_run_source;  // document id, empty if none
  };
  Result measure(std::string_view text) const;

 private:
  struct Place {
    uint32_t document;
    uint32_t word;
  };
  std::vector<std::string> ids_;
  std::vector<std::vector<uint64_t>> word_hashes_;  // per document
  std::unordered_map<uint64_t, std::vector<Place>> places_;
};

}  // namespace twin
