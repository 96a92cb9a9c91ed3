#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "inference/retrieval.h"
#include "inference/retrieval_set.h"
#include "style/statistics.h"

namespace twin {

// One way to retrieve that is measured.
struct RetrievalConfiguration {
  std::string name;
  RetrievalOptions options;
};

// The stages alone and together, then all that `stages` has on with one of them left out each, as
// far as the retriever has the models: "bm25", "dense", "fused", "reranked", "all",
// "all without bm25", ...
std::vector<RetrievalConfiguration> retrieval_configurations(const Retriever& retriever,
                                                             const RetrievalStages& stages);

// A mean over queries with its 95% bootstrap interval.
struct Measured {
  double mean = 0;
  Interval interval_95;
};

// How well one configuration finds a set's documents.
struct RetrievalMeasures {
  std::string name;
  Measured ndcg_at_10, recall_at_10, recall_at_100, mrr_at_10;
  double p50_ms = 0, p95_ms = 0;  // of one query, 100 passages asked for
  size_t cut_for_reranker = 0;    // passages, over all queries
};

// The measures of one query's documents, best first, each once.
// nDCG with linear gains, as trec_eval computes it. Source: Järvelin, Kekäläinen, "Cumulated
// gain-based evaluation of IR techniques" (TOIS 2002).
struct QueryMeasures {
  double ndcg_at_10 = 0, recall_at_10 = 0, recall_at_100 = 0, mrr_at_10 = 0;
};
QueryMeasures measure_ranking(const std::vector<std::string>& documents,
                              const std::map<std::string, int>& judged);

// Asks every query of the set in each configuration, one at a time.
std::vector<RetrievalMeasures> evaluate_retrieval(
    Context& context, const Retriever& retriever, const RetrievalSet& set,
    const std::vector<RetrievalConfiguration>& configurations, uint64_t seed);

// {"configurations": [{"name", "ndcg_at_10", "ndcg_at_10_95", ..., "p50_ms", "p95_ms",
// "reranker_cut"}]}
OrderedJson to_json(const std::vector<RetrievalMeasures>& measures);
// nDCG@10 of each with its interval, as an SVG picture, light and dark.
std::string retrieval_plot(const std::vector<RetrievalMeasures>& measures,
                           const std::string& title);

}  // namespace twin
