#include "models/parity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "base/json.h"
#include "engine/formats/gguf.h"
#include "engine/formats/model_folder.h"
#include "models/parity_probes.h"
#include "models/probe_logits.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr int kVersion = 2;
constexpr uint64_t kMaxBytes = 1 << 20;
constexpr size_t kSpread = 16, kLikeliest = 8;  // logits kept per probe
constexpr size_t kGreedy = 12;                  // tokens

std::vector<TokenId> kept_tokens(const std::vector<float>& logits) {
  const size_t V = logits.size();
  std::vector<TokenId> tokens;
  for (size_t i = 0; i < kSpread; ++i) tokens.push_back(static_cast<TokenId>(i * V / kSpread));
  std::vector<TokenId> order(V);
  std::iota(order.begin(), order.end(), 0);
  const size_t count = std::min(kLikeliest, V);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](TokenId a, TokenId b) {
                      const float x = logits[static_cast<size_t>(a)];
                      const float y = logits[static_cast<size_t>(b)];
                      return x != y ? x > y : a < b;
                    });
  tokens.insert(tokens.end(), order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count));
  return tokens;
}

std::vector<float> pick(const std::vector<float>& logits, const std::vector<TokenId>& tokens) {
  std::vector<float> picked;
  for (const TokenId token : tokens) picked.push_back(logits[static_cast<size_t>(token)]);
  return picked;
}

std::string adapter_fingerprint(const LoraAdapter& adapter, const fs::path& folder) {
  const LoraConfig& lora = adapter.lora();
  const MappedFile weights(folder / "adapter_model.safetensors");
  return KeyHasher()
      .add(weights.bytes())
      .add(static_cast<long long>(lora.r))
      .add(static_cast<double>(lora.lora_alpha))
      .add(static_cast<long long>(lora.use_rslora))
      .add(static_cast<long long>(lora.use_dora))
      .finish();
}

// How far a logit may be from the recorded one, of the recorded ones' standard deviation, by what
// the weights are stored as. Largest found between instruction sets and thread counts, on a model
// of two layers: F32 1e-6, F16 and BF16 5e-4, quantised (inputs are rounded to int8) 2e-2.
double tolerance_of(const DecoderTensors& tensors) {
  double tolerance = 1e-3;
  for (const DecoderTensors::Layer& layer : tensors.layers) {
    for (const Matrix* matrix :
         {&layer.q_proj, &layer.v_proj, &layer.gate_proj, &layer.down_proj}) {
      if (matrix->dtype != DType::kF32) tolerance = std::max(tolerance, 1e-2);
      if (is_quantized(matrix->dtype)) tolerance = 0.1;
    }
  }
  return tolerance;
}

double standard_deviation(const std::vector<float>& values) {
  double sum = 0, squares = 0;
  for (const float value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (const float value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, what));
}

constexpr const char* kAllTheSame = "(`twin models ... --unverified` uses it all the same)";

OrderedJson to_json(const Drift& drift) {
  return {{"tokens", drift.tokens},
          {"mean_kl", drift.mean_kl},
          {"largest_kl", drift.largest_kl},
          {"largest_logit", drift.largest_logit},
          {"greedy_tokens", drift.greedy_tokens},
          {"greedy_same", drift.greedy_same}};
}

// Numbers of other kinds would become ids by a conversion that is not defined for all of them.
std::vector<int32_t> ids_of(const Json& list, const std::string& where) {
  std::vector<int32_t> ids;
  for (const Json& id : list) {
    const bool whole = id.is_number_integer();
    const int64_t value = whole ? id.get<int64_t>() : -1;
    if (!whole || value < INT32_MIN || value > INT32_MAX) {
      refuse(where, "a token id is " + dump_json(id));
    }
    ids.push_back(static_cast<int32_t>(value));
  }
  return ids;
}

ParityRecord::Probe parse_probe(const Json& json, const std::string& where) {
  ParityRecord::Probe probe;
  probe.ids = ids_of(json.at("ids"), where);
  probe.tokens = ids_of(json.at("tokens"), where);
  json.at("logits").get_to(probe.logits);
  probe.greedy = ids_of(json.at("greedy"), where);
  if (probe.tokens.size() != probe.logits.size() || probe.ids.empty() != probe.tokens.empty()) {
    refuse(where, fmt::format("a probe has {} ids, {} tokens and {} logits", probe.ids.size(),
                              probe.tokens.size(), probe.logits.size()));
  }
  return probe;
}

}  // namespace

std::vector<std::vector<TokenId>> ParityRecord::prompts() const {
  std::vector<std::vector<TokenId>> all;
  for (const Probe& probe : probes) all.push_back(probe.ids);
  return all;
}

std::vector<std::vector<TokenId>> ParityRecord::continuations() const {
  std::vector<std::vector<TokenId>> all;
  for (const Probe& probe : probes) all.push_back(probe.greedy);
  return all;
}

ParityRecord make_parity(Context& context, const kernels::Kernels& kernels,
                         const LanguageModel& model, PromptTemplate style, const fs::path& folder) {
  ParityRecord record;
  record.style = style;
  record.template_sha256 = template_fingerprint(model, style);
  record.tokenizer_sha256 = model.tokenizer->fingerprint();
  if (model.adapter && !folder.empty()) {
    record.adapter_sha256 = adapter_fingerprint(*model.adapter, folder);
  }
  const std::vector<std::vector<TokenId>> prompts = parity_probes(model, style, kGreedy);
  ProbeLogits computed(context, kernels, model, prompts);
  Decoder decoder(context, kernels, *model.weights);
  for (size_t i = 0; i < prompts.size(); ++i) {
    ParityRecord::Probe& probe = record.probes.emplace_back();
    if (prompts[i].empty()) continue;
    probe.ids = prompts[i];
    const std::vector<float> logits = computed.at(i, prompts[i].size() - 1);
    probe.tokens = kept_tokens(logits);
    probe.logits = pick(logits, probe.tokens);
    const size_t positions = model.weights->config.max_position_embeddings;
    GenerationRequest request;
    request.prompt = prompts[i];
    request.sampling.temperature = 0;
    request.sampling.max_new_tokens = std::min(kGreedy, positions - prompts[i].size());
    request.adapter = model.adapter;
    if (request.sampling.max_new_tokens > 0) {
      probe.greedy = generate(context, decoder, request).ids;
    }
  }
  return record;
}

std::string parity_json(const ParityRecord& record) {
  OrderedJson probes = OrderedJson::array();
  for (const ParityRecord::Probe& probe : record.probes) {
    // A float's own digits, not those of the double it becomes.
    std::vector<double> logits;
    for (const float logit : probe.logits) logits.push_back(std::stod(fmt::format("{}", logit)));
    probes.push_back({{"ids", probe.ids},
                      {"tokens", probe.tokens},
                      {"logits", logits},
                      {"greedy", probe.greedy}});
  }
  OrderedJson json = {{"version", kVersion},
                      {"template", name_of(record.style)},
                      {"template_sha256", record.template_sha256},
                      {"tokenizer_sha256", record.tokenizer_sha256}};
  if (!record.adapter_sha256.empty()) json["adapter_sha256"] = record.adapter_sha256;
  json["probes"] = probes;
  if (record.drift) json["drift"] = to_json(*record.drift);
  return dump_json(json);
}

ParityRecord parse_parity(std::string_view text, const std::string& where) {
  const Json json = parse_json(text, where, {.max_bytes = kMaxBytes});
  ParityRecord record;
  try {
    if (!json.contains("version") || json.at("version") != kVersion) {
      refuse(where, "a parity record of another version of twin; train or export the model again");
    }
    const std::string name = json.at("template");
    const auto style = prompt_template_named(name);
    if (!style) refuse(where, fmt::format("unknown prompt template '{}'", name));
    record.style = *style;
    json.at("template_sha256").get_to(record.template_sha256);
    json.at("tokenizer_sha256").get_to(record.tokenizer_sha256);
    if (json.contains("adapter_sha256")) json["adapter_sha256"].get_to(record.adapter_sha256);
    for (const Json& probe : json.at("probes")) record.probes.push_back(parse_probe(probe, where));
    if (json.contains("drift")) {
      const Json& drift = json["drift"];
      record.drift = {drift.at("tokens"),        drift.at("mean_kl"),
                      drift.at("largest_kl"),    drift.at("largest_logit"),
                      drift.at("greedy_tokens"), drift.at("greedy_same")};
    }
  } catch (const Json::exception& error) {
    refuse(where, fmt::format("a damaged parity record: {}", error.what()));
  }
  return record;
}

std::optional<ParityRecord> read_parity(const fs::path& path) {
  if (const fs::path file = path / "parity.json"; fs::exists(file)) {
    return parse_parity(read_file(file, kMaxBytes), file.string());
  }
  if (!is_gguf(path)) return std::nullopt;
  const GgufFile file(path);
  if (!file.metadata().has(kParityKey)) return std::nullopt;
  const std::string text = file.metadata().text_or(kParityKey, "");
  if (text.find_first_not_of(' ') == std::string::npos) return std::nullopt;  // not filled yet
  return parse_parity(text, fmt::format("{}: {}", path.string(), kParityKey));
}

void write_parity(Context& context, const kernels::Kernels& kernels, const LanguageModel& model,
                  PromptTemplate style, const fs::path& folder) {
  const ParityRecord record = make_parity(context, kernels, model, style, folder);
  write_file_atomic(folder / "parity.json", parity_json(record) + '\n');
}

void verify_parity(Context& context, const kernels::Kernels& kernels, const LanguageModel& model,
                   const ParityRecord& record, const fs::path& path) {
  const std::string where = path.string();
  if (record.adapter_sha256.empty() != (model.adapter == nullptr)) {
    refuse(where, fmt::format("its parity record is that of {}; {}",
                              model.adapter ? "a whole model" : "an adapter", kAllTheSame));
  }
  if (template_fingerprint(model, record.style) != record.template_sha256) {
    refuse(where, fmt::format("the prompt template ({}) is not the one the model was trained with; "
                              "put that back, or train again {}",
                              name_of(record.style), kAllTheSame));
  }
  if (model.tokenizer->fingerprint() != record.tokenizer_sha256) {
    refuse(where, fmt::format("the tokenizer is not the one the model was trained with; put that "
                              "back, or train again {}",
                              kAllTheSame));
  }
  if (model.adapter && adapter_fingerprint(*model.adapter, path) != record.adapter_sha256) {
    refuse(where, fmt::format("the adapter is not the one that was trained; put that back, or "
                              "train again {}",
                              kAllTheSame));
  }
  const std::vector<std::vector<TokenId>> prompts = parity_probes(model, record.style, kGreedy);
  if (prompts != record.prompts()) {
    refuse(where, fmt::format("the same template and tokenizer give other token ids than when the "
                              "model was trained, by another version of twin; train again {}",
                              kAllTheSame));
  }
  const double tolerance = tolerance_of(*model.weights);
  ProbeLogits computed(context, kernels, model, prompts);
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (prompts[i].empty()) continue;
    const ParityRecord::Probe& probe = record.probes[i];
    const std::vector<float> logits = computed.at(i, prompts[i].size() - 1);
    for (const TokenId token : probe.tokens) {
      if (token < 0 || static_cast<size_t>(token) >= logits.size()) {
        refuse(where, fmt::format("its parity record names token {} of {}", token, logits.size()));
      }
    }
    const std::vector<float> found = pick(logits, probe.tokens);
    const double spread = standard_deviation(probe.logits);
    for (size_t k = 0; k < found.size(); ++k) {
      const double difference = std::abs(static_cast<double>(probe.logits[k]) - found[k]);
      // Not a number is a difference as well.
      if (difference <= tolerance * spread) continue;
      const std::string numbers =
          fmt::format("(logit of token {} behind probe {}: {:.6g}, recorded {:.6g})",
                      probe.tokens[k], i + 1, found[k], probe.logits[k]);
      const char* what =
          model.adapter ? "the base model is not the one the adapter was trained on"
                        : "the model's weights or config.json are not those that were recorded";
      refuse(where, fmt::format("{} {}; put that back, or {} again {}", what, numbers,
                                record.drift ? "export" : "train", kAllTheSame));
    }
  }
}

}  // namespace twin
