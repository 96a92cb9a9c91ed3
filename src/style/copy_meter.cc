#include "style/copy_meter.h"

#include <algorithm>

#include "text/ngrams.h"

namespace twin {

void CopyMeter::add(std::string document_id, std::string_view text) {
  const auto document = static_cast<uint32_t>(ids_.size());
  ids_.push_back(std::move(document_id));
  word_hashes_.push_back(word_ngrams(text, 1).hashes);
  const WordNgrams grams = word_ngrams(text, kWords);
  for (size_t i = 0; i < grams.hashes.size(); ++i) {
    places_[grams.hashes[i]].push_back({document, static_cast<uint32_t>(i)});
  }
}

CopyMeter::Result CopyMeter::measure(std::string_view text) const {
  const WordNgrams grams = word_ngrams(text, kWords);
  const std::vector<uint64_t> words = word_ngrams(text, 1).hashes;
  Result result;
  result.eight_grams = grams.hashes.size();
  size_t copied = 0;
  for (size_t i = 0; i < grams.hashes.size(); ++i) {
    const auto found = places_.find(grams.hashes[i]);
    if (found == places_.end()) continue;
    ++copied;
    for (const Place place : found->second) {
      const std::vector<uint64_t>& source = word_hashes_[place.document];
      size_t run = 0;
      while (i + run < words.size() && place.word + run < source.size() &&
             words[i + run] == source[place.word + run]) {
        ++run;
      }
      if (run > result.longest_run_words) {
        result.longest_run_words = run;
        const size_t begin = grams.words[i].begin;
        result.longest_run = text.substr(begin, grams.words[i + run - 1].end - begin);
        result.longest_run_source = ids_[place.document];
      }
    }
  }
  if (result.eight_grams > 0) {
    result.eight_gram_share = static_cast<double>(copied) / static_cast<double>(result.eight_grams);
  }
  return result;
}

}  // namespace twin
