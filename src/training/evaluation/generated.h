#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/context.h"
#include "domain/sample.h"
#include "models/language_model.h"

namespace twin {

// A passage a model wrote for a prompt that a held-out document gave.
struct GeneratedPassage {
  std::string document_id;
  std::string title;
  std::string text;
};

// Which held-out samples give the prompts: `count` of them, spread evenly over the samples, and so
// over the documents.
std::vector<Sample> spread(const std::vector<Sample>& samples, size_t count);

// One passage of at least `words` words for each sample's prompt: where the model ends sooner, it
// is asked to go on from the last paragraph it wrote. Several are written together; each is added
// to `file` (JSON lines: key, prompt's number, document, title, text) the moment it is finished,
// and those already there are not written again. The same key, prompts and seed give the same
// passages and, at the end, the same file. Errors: kInterrupted; the generator's.
std::vector<GeneratedPassage> generate_passages(Context& context, TextGenerator& generator,
                                                const std::vector<Sample>& prompts, size_t words,
                                                const SamplingOptions& sampling,
                                                const std::filesystem::path& file,
                                                const std::string& key);

}  // namespace twin
