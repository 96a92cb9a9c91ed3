#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"
#include "models/embedding_text.h"
#include "models/remote_models.h"

namespace twin {
namespace {

class RemoteEmbedder : public Embedder {
 public:
  RemoteEmbedder(HttpClient& http, const RemoteOptions& options, const EnvironmentLookup& lookup)
      : service_(http, options, lookup) {
    if (options.dimensions == 0) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{}: how many dimensions the vectors of {} have must be said",
                              options.url, options.model));
    }
  }

  size_t dimensions() const override { return service_.options().dimensions; }
  size_t max_tokens() const override { return 0; }
  size_t count_tokens(std::string_view, EmbedAs) const override { return 0; }

  std::string identity() const override {
    const RemoteOptions& o = service_.options();
    KeyHasher hasher;
    hasher.add("remote").add(o.url).add(o.model).add(o.query_prefix).add(o.document_prefix);
    return hasher.add(static_cast<long long>(o.dimensions)).finish();
  }

  std::vector<float> embed(Context& context, std::span<const std::string> texts,
                           EmbedAs as) override {
    const RemoteOptions& o = service_.options();
    std::vector<std::string> inputs;
    for (const std::string& text : texts) {
      inputs.push_back((as == EmbedAs::kQuery ? o.query_prefix : o.document_prefix) + text);
      if (!inputs.back().empty()) continue;
      throw Error(ErrorCode::kBadInput, fmt::format("text {} to embed is empty", inputs.size()));
    }
    std::vector<float> vectors(texts.size() * o.dimensions);
    size_t first = 0;
    for (const size_t end : remote_batches(o, inputs, "text")) {
      stop_if_interrupted(context);
      Json body = {{"model", o.model}, {"encoding_format", "float"}, {"input", Json::array()}};
      for (size_t i = first; i < end; ++i) body["input"].push_back(inputs[i]);
      if (o.request_dimensions) body["dimensions"] = o.dimensions;
      // A number takes 25 bytes at most; an item's other fields little.
      const size_t most = (size_t{64} << 10) + (end - first) * (o.dimensions * 32 + 1024);
      read(service_.post(context, "/embeddings", body, most), end - first,
           std::span(vectors).subspan(first * o.dimensions));
      first = end;
    }
    return vectors;
  }

 private:
  void read(const Json& answer, size_t count, std::span<float> vectors) const {
    const size_t D = dimensions();
    if (!answer.is_object() || !answer.contains("data") || !answer["data"].is_array() ||
        answer["data"].size() != count) {
      service_.refuse(fmt::format("expected 'data' with {} embeddings", count));
    }
    std::vector<bool> seen(count, false);
    for (size_t i = 0; i < count; ++i) {
      const Json& item = answer["data"][i];
      if (!item.is_object() || !item.contains("embedding") || !item["embedding"].is_array()) {
        service_.refuse(fmt::format("item {} has no 'embedding' list", i));
      }
      size_t at = i;
      if (item.contains("index")) {
        const Json& index = item["index"];
        at = index.is_number_unsigned() ? index.get<size_t>() : count;
      }
      if (at >= count || seen[at]) service_.refuse(fmt::format("item {} has a wrong index", i));
      seen[at] = true;
      const Json& values = item["embedding"];
      if (values.size() != D) {
        service_.refuse(fmt::format("a vector has {} dimensions; expected {}", values.size(), D));
      }
      const std::span<float> row = vectors.subspan(at * D, D);
      for (size_t d = 0; d < D; ++d) {
        const double value = values[d].is_number() ? values[d].get<double>() : NAN;
        if (!(std::abs(value) < 1e30)) service_.refuse("a vector holds what is no number");
        row[d] = static_cast<float>(value);
      }
      to_unit_length(row);
    }
  }

  RemoteService service_;
};

}  // namespace

std::unique_ptr<Embedder> make_remote_embedder(HttpClient& http, const RemoteOptions& options,
                                               const EnvironmentLookup& lookup) {
  return std::make_unique<RemoteEmbedder>(http, options, lookup);
}

}  // namespace twin
