#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// Which of a repository's files the engine needs, in the order they came.
//
// `wanted` empty: of a repository with safetensors, the weights at its root (one model's: not the
// copies under other names), config, generation config, tokenizer, chat templates and adapter
// config; of one with a single GGUF model, that. Otherwise `wanted` is
//   a file's path, or a pattern with * and ? (* passes over "/" as well), or
//   a quantisation ("Q8_0", in any case): the one GGUF model whose name ends with it, all its
//   parts.
// Errors: kUsage naming what there is, where nothing fits or several GGUF models do; kBadInput
// where the repository has no weights that the engine reads.
std::vector<std::string> pick_files(std::span<const std::string> paths, std::string_view wanted,
                                    std::string_view repository);

// Where a picked model begins, for whoever loads it: "" for the folder itself (config.json among
// the files), else the GGUF file, the first part where there are several.
std::string entry_file(std::span<const std::string> picked);

// Whether `text` has the form of `pattern`: * any run of characters, ? any one.
bool matches_pattern(std::string_view text, std::string_view pattern);

}  // namespace twin
