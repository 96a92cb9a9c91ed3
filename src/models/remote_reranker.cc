#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"
#include "models/remote_models.h"

namespace twin {
namespace {

class RemoteReranker : public Reranker {
 public:
  RemoteReranker(HttpClient& http, const RemoteOptions& options, const EnvironmentLookup& lookup)
      : service_(http, options, lookup) {}

  size_t max_tokens() const override { return 0; }
  size_t count_tokens(std::string_view, std::string_view) const override { return 0; }
  std::string identity() const override {
    return KeyHasher()
        .add("remote rerank")
        .add(service_.options().url)
        .add(service_.options().model)
        .finish();
  }

  std::vector<float> scores(Context& context, std::string_view query,
                            std::span<const std::string> passages) override {
    const RemoteOptions& o = service_.options();
    if (query.size() > o.max_text_bytes) {
      throw Error(ErrorCode::kBadInput, fmt::format("the query has {} bytes; {} are sent at most",
                                                    query.size(), o.max_text_bytes));
    }
    const std::vector<std::string> texts(passages.begin(), passages.end());
    std::vector<float> all(texts.size());
    size_t first = 0;
    for (const size_t end : remote_batches(o, texts, "passage")) {
      stop_if_interrupted(context);
      Json body = {{"model", o.model},
                   {"query", query},
                   {"documents", Json::array()},
                   {"top_n", end - first},
                   {"return_documents", false}};
      size_t bytes = 0;  // a service may send the passages back all the same
      for (size_t i = first; i < end; ++i) {
        body["documents"].push_back(texts[i]);
        bytes += 6 * texts[i].size() + 1024;
      }
      read(service_.post(context, "/rerank", body, (size_t{64} << 10) + bytes),
           std::span(all).subspan(first, end - first));
      first = end;
    }
    return all;
  }

 private:
  void read(const Json& answer, std::span<float> scores) const {
    const bool inside = answer.is_object() && answer.contains("results");
    const Json& results = inside ? answer["results"] : answer;
    if (!results.is_array() || results.size() != scores.size()) {
      service_.refuse(fmt::format("expected 'results' for {} documents", scores.size()));
    }
    std::vector<bool> seen(scores.size(), false);
    for (const Json& item : results) {
      const bool known =
          item.is_object() && item.contains("index") && item["index"].is_number_unsigned();
      const size_t at = known ? item["index"].get<size_t>() : scores.size();
      if (at >= scores.size() || seen[at]) service_.refuse("a result has a wrong index");
      seen[at] = true;
      double value = NAN;
      for (const char* name : {"relevance_score", "score"}) {
        if (item.contains(name) && item[name].is_number()) value = item[name].get<double>();
      }
      if (!(std::abs(value) < 1e30)) service_.refuse("a result without a 'relevance_score'");
      scores[at] = static_cast<float>(value);
    }
  }

  RemoteService service_;
};

}  // namespace

std::unique_ptr<Reranker> make_remote_reranker(HttpClient& http, const RemoteOptions& options,
                                               const EnvironmentLookup& lookup) {
  return std::make_unique<RemoteReranker>(http, options, lookup);
}

}  // namespace twin
