#include "training/evaluation/generated.h"

#include <fmt/format.h>

#include <exception>
#include <fstream>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "models/long_text.h"

namespace twin {
namespace {

// Written at a time: the model reads its weights once for all of them.
constexpr size_t kTogether = 8;

// By prompt; empty where the prompt's passage is still to be written.
using Passages = std::vector<std::optional<GeneratedPassage>>;

// The passages of an earlier, stopped run of the same key, in whatever order they were finished; a
// torn last line is dropped.
Passages read_finished(const std::filesystem::path& file, const std::string& key, size_t count) {
  Passages passages(count);
  if (!std::filesystem::exists(file)) return passages;
  const std::string lines = read_file(file);
  for (size_t begin = 0, end; (end = lines.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    try {
      const Json line =
          parse_json(std::string_view(lines).substr(begin, end - begin), file.string());
      if (line.at("key") != key) return Passages(count);
      passages.at(line.at("prompt").get<size_t>()) = {line.at("document"), line.at("title"),
                                                      line.at("text")};
    } catch (const std::exception&) {
      break;  // from here on it is written anew
    }
  }
  return passages;
}

std::string line_of(const GeneratedPassage& passage, size_t prompt, const std::string& key) {
  return dump_json(OrderedJson{{"key", key},
                               {"prompt", prompt},
                               {"document", passage.document_id},
                               {"title", passage.title},
                               {"text", passage.text}}) +
         '\n';
}

std::string lines_of(const Passages& passages, const std::string& key) {
  std::string lines;
  for (size_t i = 0; i < passages.size(); ++i) {
    if (passages[i]) lines += line_of(*passages[i], i, key);
  }
  return lines;
}

// Runs work(i) for each of `items`, kTogether at a time, the next as one ends. After an error no
// other is begun; the first of them is thrown when all have ended.
void each_together(const std::vector<size_t>& items, const std::function<void(size_t)>& work) {
  std::mutex mutex;
  size_t next = 0;
  std::exception_ptr error;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < std::min(kTogether, items.size()); ++t) {
    threads.emplace_back([&] {
      for (;;) {
        size_t mine = 0;
        {
          const std::lock_guard lock(mutex);
          if (error || next == items.size()) return;
          mine = items[next++];
        }
        try {
          work(mine);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!error) error = std::current_exception();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
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
  Passages passages = read_finished(file, key, prompts.size());
  write_file_atomic(file, lines_of(passages, key));
  std::vector<size_t> missing;
  for (size_t i = 0; i < passages.size(); ++i) {
    if (!passages[i]) missing.push_back(i);
  }
  std::ofstream stream(file, std::ios::app | std::ios::binary);
  const auto bar = context.progress.start(generator.name() + " writes", prompts.size());
  size_t finished = prompts.size() - missing.size();
  std::mutex keeping;
  each_together(missing, [&](size_t i) {
    stop_if_interrupted(context);
    SamplingOptions options = sampling;
    options.seed = sampling.seed * 1000 + i;
    GeneratedPassage passage{prompts[i].document_id, prompts[i].prompt.title,
                             write_at_least(generator, prompts[i].prompt, words, options).text};
    const std::lock_guard lock(keeping);
    if (!(stream << line_of(passage, i, key) << std::flush)) {
      throw Error(ErrorCode::kFailed, fmt::format("{}: cannot be written", file.string()));
    }
    passages[i] = std::move(passage);
    bar->update(++finished);
  });
  bar->finish();
  stream.close();
  write_file_atomic(file, lines_of(passages, key));  // in the prompts' order
  std::vector<GeneratedPassage> written;
  for (std::optional<GeneratedPassage>& passage : passages) written.push_back(std::move(*passage));
  return written;
}

}  // namespace twin
