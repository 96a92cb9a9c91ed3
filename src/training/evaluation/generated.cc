#include "training/evaluation/generated.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "models/long_text.h"
#include "training/kept_items.h"

namespace twin {
namespace {

GeneratedPassage passage_from(const OrderedJson& line) {
  return {line.at("document"), line.at("title"), line.at("text")};
}

}  // namespace

std::vector<Sample> spread(const std::vector<Sample>& samples, size_t count) {
  std::vector<Sample> chosen;
  const size_t n = std::min(count, samples.size());
  for (size_t i = 0; i < n; ++i) chosen.push_back(samples[i * samples.size() / n]);
  return chosen;
}

std::vector<GeneratedPassage> generate_passages(Context& context, TextGenerator& generator,
                                                const std::vector<Sample>& prompts, size_t words,
                                                const SamplingOptions& sampling,
                                                const std::filesystem::path& file,
                                                const std::string& key) {
  const KeptItems kept{file, key, "prompt", generator.name() + " writes"};
  const auto make = [&](size_t i) -> OrderedJson {
    SamplingOptions options = sampling;
    options.seed = sampling.seed * 1000 + i;
    return {{"document", prompts[i].document_id},
            {"title", prompts[i].prompt.title},
            {"text", write_at_least(generator, prompts[i].prompt, words, options).text}};
  };
  std::vector<GeneratedPassage> written;
  for (const OrderedJson& line :
       make_kept_items(context, kept, prompts.size(), make, passage_from)) {
    written.push_back(passage_from(line));
  }
  return written;
}

}  // namespace twin
