#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace twin {

// How a text's one vector is made of its tokens' rows.
enum class Pooling { kMean, kFirst, kLast };
const char* name_of(
    Pooling pooling);  // as sentence-transformers names it: "mean", "cls", "lasttoken"

// What a sentence-transformers folder says about a model beside its weights.
struct SentenceSettings {
  std::string module_path;         // of the transformer's files within the folder; often empty
  std::optional<Pooling> pooling;  // not said: the model's usual one
  size_t max_seq_length = 0;       // tokens, special ones included; 0: not said
  bool do_lower_case = false;      // texts are lower-cased before the tokenizer sees them
  std::string query_prompt, document_prompt;  // stand before each text
  // Values of a vector that count, as models trained by "Matryoshka" losses allow; 0: all.
  size_t truncate_dim = 0;
};

// The texts of a folder's files; empty where a file is not there.
struct SentenceFiles {
  std::string modules;      // modules.json
  std::string pooling;      // config.json of the pooling module
  std::string transformer;  // sentence_bert_config.json
  std::string prompts;      // config_sentence_transformers.json
  std::string tokenizer;    // tokenizer_config.json: model_max_length where nothing else says it
};

// Paths of the modules that modules.json lists, as far as they are read.
struct SentenceModules {
  std::string transformer, pooling;
  bool has_pooling = false;
};
SentenceModules parse_sentence_modules(const std::string& modules, const std::string& where);

// All that the files say. Hostile input. Errors: kBadInput naming the file and what is not
// supported: modules other than Transformer, Pooling and Normalize, poolings other than cls, mean
// and lasttoken, prompts left out of the mean.
SentenceSettings parse_sentence_settings(const SentenceFiles& files, const std::string& where);
SentenceSettings read_sentence_settings(const std::filesystem::path& folder);

}  // namespace twin
