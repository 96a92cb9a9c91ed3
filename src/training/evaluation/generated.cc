#include "training/evaluation/generated.h"

#include <fmt/format.h>

#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "models/long_text.h"

namespace twin {
namespace {

// The passages of an earlier, stopped run of the same key; a torn last line is dropped.
std::vector<GeneratedPassage> read_finished(const std::filesystem::path& file,
                                            const std::string& key) {
  std::vector<GeneratedPassage> passages;
  if (!std::filesystem::exists(file)) return passages;
  const std::string lines = read_file(file);
  for (size_t begin = 0, end; (end = lines.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    try {
      const Json line =
          parse_json(std::string_view(lines).substr(begin, end - begin), file.string());
      if (line.at("key") != key) return {};
      passages.push_back({line.at("document"), line.at("title"), line.at("text")});
    } catch (const std::exception&) {
      break;  // from here on it is written anew
    }
  }
  return passages;
}

std::string line_of(const GeneratedPassage& passage, const std::string& key) {
  return dump_json(OrderedJson{{"key", key},
                               {"document", passage.document_id},
                               {"title", passage.title},
                               {"text", passage.text}}) +
         '\n';
}

}  // namespace

std::vector<Sample> spread(const std::vector<Sample>& samples, size_t count) {
  std::vector<Sample> chosen;
  const size_t n = std::min(count, samples.size());
  for (size_t i = 0; i < n; ++i) chosen.push_back(samples[i * samples.size() / n]);
  return chosen;
}

// Written at a time: the model reads its weights once for all of them.
constexpr size_t kTogether = 8;

std::vector<GeneratedPassage> generate_passages(Context& context, TextGenerator& generator,
                                                const std::vector<Sample>& prompts, size_t words,
                                                const SamplingOptions& sampling,
                                                const std::filesystem::path& file,
                                                const std::string& key) {
  std::vector<GeneratedPassage> passages = read_finished(file, key);
  if (passages.size() > prompts.size()) passages.clear();
  std::string kept;
  for (const GeneratedPassage& passage : passages) kept += line_of(passage, key);
  write_file_atomic(file, kept);
  std::ofstream stream(file, std::ios::app | std::ios::binary);
  const auto bar = context.progress.start(generator.name() + " writes", prompts.size());
  while (passages.size() < prompts.size()) {
    stop_if_interrupted(context);
    const size_t begin = passages.size(), end = std::min(begin + kTogether, prompts.size());
    std::vector<std::string> texts(end - begin);
    std::vector<std::exception_ptr> errors(end - begin);
    std::vector<std::thread> threads;
    for (size_t i = begin; i < end; ++i) {
      threads.emplace_back([&, i] {
        SamplingOptions options = sampling;
        options.seed = sampling.seed * 1000 + i;
        try {
          texts[i - begin] = write_at_least(generator, prompts[i].prompt, words, options).text;
        } catch (...) {
          errors[i - begin] = std::current_exception();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (size_t i = begin; i < end; ++i) {
      if (errors[i - begin]) std::rethrow_exception(errors[i - begin]);
      passages.push_back(
          {prompts[i].document_id, prompts[i].prompt.title, std::move(texts[i - begin])});
      if (!(stream << line_of(passages.back(), key) << std::flush)) {
        throw Error(ErrorCode::kFailed, fmt::format("{}: cannot be written", file.string()));
      }
      bar->update(i + 1);
    }
  }
  bar->finish();
  return passages;
}

}  // namespace twin
