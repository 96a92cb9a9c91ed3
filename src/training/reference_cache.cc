#include "training/reference_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "base/json.h"
#include "base/progress.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// A new number where the same inputs would give other log-probabilities.
constexpr long long kVersion = 1;
// Between two looks at the progress bar. Part of the key: it decides what is packed together.
constexpr size_t kPairsAtOnce = 64;
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string key_of(const std::string& model, std::span<const PreferencePair> pairs,
                   size_t batch_tokens, kernels::Compute compute) {
  KeyHasher key;
  key.add("reference").add(kVersion).add(model);
  for (const size_t value :
       {batch_tokens, static_cast<size_t>(compute), kPairsAtOnce, pairs.size()}) {
    key.add(static_cast<long long>(value));
  }
  for (const PreferencePair& pair : pairs) {
    for (const TrainingSequence* sequence : {&pair.chosen, &pair.rejected}) {
      key.add(bytes_of(sequence->tokens)).add(bytes_of(sequence->loss_mask));
    }
  }
  return key.finish();
}

bool is_numbers(const Json& json, const char* name, size_t count) {
  return json.contains(name) && json[name].is_array() && json[name].size() == count &&
         std::all_of(json[name].begin(), json[name].end(),
                     [](const Json& value) { return value.is_number(); });
}

std::optional<std::vector<PairLogProbs>> load(Context& context, const fs::path& file,
                                              const std::string& key, size_t count) {
  if (!fs::exists(file)) return std::nullopt;
  try {
    const Json json = parse_json(read_file(file, kMaxFileBytes), file.string());
    if (!json.is_object() || !json.contains("key") || !json["key"].is_string()) {
      throw Error(ErrorCode::kBadInput, file.string() + ": no \"key\"");
    }
    if (json["key"].get_ref<const std::string&>() != key) return std::nullopt;
    if (!is_numbers(json, "chosen", count) || !is_numbers(json, "rejected", count)) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: expected {} numbers chosen and rejected", file.string(), count));
    }
    std::vector<PairLogProbs> reference(count);
    for (size_t i = 0; i < count; ++i) {
      reference[i] = {json["chosen"][i].get<double>(), json["rejected"][i].get<double>()};
    }
    return reference;
  } catch (const Error& error) {
    context.log.warning(fmt::format("{}; computing it again", error.what()));
    return std::nullopt;
  }
}

// load() by the first process, for all: `reference`, of the right length, where it is true.
bool load_for_all(Context& context, const fs::path& file, const std::string& key,
                  std::vector<PairLogProbs>& reference) {
  std::byte found{};
  if (context.processes.is_first()) {
    if (auto loaded = load(context, file, key, reference.size())) {
      reference = *std::move(loaded);
      found = std::byte{1};
    }
  }
  context.processes.broadcast({&found, 1});
  if (found == std::byte{}) return false;
  context.processes.broadcast(std::as_writable_bytes(std::span(reference)));
  return true;
}

void save(const fs::path& file, const std::string& key, std::span<const PairLogProbs> reference) {
  // Doubles are written with as many digits as tell them apart.
  Json json = {{"key", key}, {"chosen", Json::array()}, {"rejected", Json::array()}};
  for (const PairLogProbs& pair : reference) {
    json["chosen"].push_back(pair.chosen);
    json["rejected"].push_back(pair.rejected);
  }
  write_file_atomic(file, dump_json(json) + '\n');
}

}  // namespace

std::vector<PairLogProbs> cached_reference(Context& context, const kernels::Kernels& kernels,
                                           const DecoderTensors& tensors,
                                           const LoraAdapter* adapter, const std::string& model,
                                           std::span<const PreferencePair> pairs,
                                           size_t batch_tokens, kernels::Compute compute,
                                           const fs::path& folder) {
  const fs::path file = folder / "reference.json";
  const std::string key = key_of(model, pairs, batch_tokens, compute);
  ProcessGroup& processes = context.processes;
  std::vector<PairLogProbs> reference(pairs.size());
  if (load_for_all(context, file, key, reference)) {
    context.log.info(fmt::format("the reference's log-probabilities are in {}", file.string()));
    return reference;
  }
  const std::unique_ptr<ProgressBar> bar = context.progress.start("reference", pairs.size());
  // Pieces in turn; what is another process's stays 0 until they are added up.
  for (size_t begin = processes.rank() * kPairsAtOnce; begin < pairs.size();
       begin += processes.size() * kPairsAtOnce) {
    const size_t count = std::min(kPairsAtOnce, pairs.size() - begin);
    std::ranges::copy(reference_log_probs(context, kernels, tensors, pairs.subspan(begin, count),
                                          batch_tokens, compute, adapter),
                      reference.begin() + static_cast<std::ptrdiff_t>(begin));
    bar->update(begin + count);
  }
  static_assert(sizeof(PairLogProbs) == 2 * sizeof(double));
  processes.sum({reinterpret_cast<double*>(reference.data()), 2 * reference.size()});
  bar->finish();
  for (size_t i = 0; i < reference.size(); ++i) {
    if (!std::isfinite(reference[i].chosen) || !std::isfinite(reference[i].rejected)) {
      throw Error(ErrorCode::kFailed,
                  fmt::format("the reference gives pair {} a log-probability of {} and {}", i + 1,
                              reference[i].chosen, reference[i].rejected));
    }
  }
  if (processes.is_first()) save(file, key, reference);
  return reference;
}

}  // namespace twin
