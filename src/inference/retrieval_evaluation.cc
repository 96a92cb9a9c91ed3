#include "inference/retrieval_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/progress.h"

namespace twin {
namespace {

constexpr size_t kDepth = 100;

RetrievalConfiguration configuration(std::string name, const RetrievalStages& stages) {
  RetrievalConfiguration result{std::move(name), {}};
  result.options.k = result.options.candidates = kDepth;
  result.options.stages = stages;
  return result;
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(std::lround(place))];
}

Measured measured(const std::vector<QueryMeasures>& queries, double QueryMeasures::*field,
                  uint64_t seed) {
  std::vector<std::vector<double>> values;
  for (const QueryMeasures& query : queries) values.push_back({query.*field});
  return {mean_of(values), bootstrap_mean(values, seed)};
}

}  // namespace

std::vector<RetrievalConfiguration> retrieval_configurations(const Retriever& retriever,
                                                             const RetrievalStages& stages) {
  RetrievalStages none;
  none.self_query = none.bm25 = none.dense = none.expansion = none.rerank = none.duplicates =
      none.diversity = none.neighbours = false;
  std::vector<RetrievalConfiguration> list;
  RetrievalStages some = none;
  some.bm25 = true;
  list.push_back(configuration("bm25", some));
  if (retriever.has_embedder()) {
    some = none;
    some.dense = true;
    list.push_back(configuration("dense", some));
    some.bm25 = true;
    list.push_back(configuration("fused", some));
  }
  if (retriever.has_reranker()) {
    some.rerank = some.bm25 = true;
    some.dense = retriever.has_embedder();
    list.push_back(configuration("reranked", some));
  }
  list.push_back(configuration("all", stages));
  struct Stage {
    const char* name;
    bool RetrievalStages::*on;
    bool there;
  };
  const Stage each[] = {
      {"self_query", &RetrievalStages::self_query, true},
      {"bm25", &RetrievalStages::bm25, retriever.has_embedder()},
      {"dense", &RetrievalStages::dense, retriever.has_embedder()},
      {"expansion", &RetrievalStages::expansion, true},
      {"rerank", &RetrievalStages::rerank, retriever.has_reranker()},
      {"duplicates", &RetrievalStages::duplicates, true},
      {"diversity", &RetrievalStages::diversity, true},
      {"neighbours", &RetrievalStages::neighbours, true},
  };
  for (const Stage& stage : each) {
    if (!stage.there) continue;
    RetrievalStages other = stages;
    other.*stage.on = !(stages.*stage.on);
    list.push_back(configuration(
        fmt::format("all {} {}", stages.*stage.on ? "without" : "with", stage.name), other));
  }
  return list;
}

QueryMeasures measure_ranking(const std::vector<std::string>& documents,
                              const std::map<std::string, int>& judged) {
  QueryMeasures result;
  const auto discount = [](size_t place) { return std::log2(static_cast<double>(place) + 2); };
  double gain = 0;
  for (size_t i = 0; i < std::min(kDepth, documents.size()); ++i) {
    const auto found = judged.find(documents[i]);
    if (found == judged.end()) continue;
    result.recall_at_100 += 1;
    if (i >= 10) continue;
    result.recall_at_10 += 1;
    gain += found->second / discount(i);
    if (result.mrr_at_10 == 0) result.mrr_at_10 = 1 / static_cast<double>(i + 1);
  }
  std::vector<int> gains;
  for (const auto& [document, score] : judged) gains.push_back(score);
  std::sort(gains.rbegin(), gains.rend());
  double ideal = 0;
  for (size_t i = 0; i < std::min<size_t>(10, gains.size()); ++i) ideal += gains[i] / discount(i);
  if (ideal > 0) result.ndcg_at_10 = gain / ideal;
  result.recall_at_10 /= static_cast<double>(std::max<size_t>(1, judged.size()));
  result.recall_at_100 /= static_cast<double>(std::max<size_t>(1, judged.size()));
  return result;
}

std::vector<RetrievalMeasures> evaluate_retrieval(
    Context& context, const Retriever& retriever, const RetrievalSet& set,
    const std::vector<RetrievalConfiguration>& configurations, uint64_t seed) {
  std::vector<RetrievalMeasures> result;
  for (const RetrievalConfiguration& way : configurations) {
    const auto bar = context.progress.start(way.name, set.queries.size());
    std::vector<QueryMeasures> queries;
    std::vector<double> milliseconds;
    size_t cut = 0;
    for (const RetrievalSet::Text& query : set.queries) {
      stop_if_interrupted(context);
      bar->update(queries.size());
      const auto start = std::chrono::steady_clock::now();
      const Retrieval found = retriever.retrieve(query.text, way.options);
      milliseconds.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
              .count());
      cut += found.cut_for_reranker;
      std::vector<std::string> documents;
      std::set<std::string> seen;
      for (const Passage& passage : found.passages) {
        if (seen.insert(passage.chunk.document_id).second) {
          documents.push_back(passage.chunk.document_id);
        }
      }
      queries.push_back(measure_ranking(documents, set.judged.at(query.id)));
    }
    bar->update(queries.size());
    result.push_back({way.name, measured(queries, &QueryMeasures::ndcg_at_10, seed),
                      measured(queries, &QueryMeasures::recall_at_10, seed),
                      measured(queries, &QueryMeasures::recall_at_100, seed),
                      measured(queries, &QueryMeasures::mrr_at_10, seed),
                      percentile(milliseconds, 0.5), percentile(milliseconds, 0.95), cut});
  }
  return result;
}

OrderedJson to_json(const std::vector<RetrievalMeasures>& measures) {
  OrderedJson list = OrderedJson::array();
  for (const RetrievalMeasures& way : measures) {
    OrderedJson entry{{"name", way.name}};
    const auto add = [&](const std::string& name, const Measured& value) {
      entry[name] = value.mean;
      entry[name + "_95"] = {value.interval_95.low, value.interval_95.high};
    };
    add("ndcg_at_10", way.ndcg_at_10);
    add("recall_at_10", way.recall_at_10);
    add("recall_at_100", way.recall_at_100);
    add("mrr_at_10", way.mrr_at_10);
    entry["p50_ms"] = way.p50_ms;
    entry["p95_ms"] = way.p95_ms;
    entry["reranker_cut"] = way.cut_for_reranker;
    list.push_back(std::move(entry));
  }
  return {{"configurations", list}};
}

std::string retrieval_plot(const std::vector<RetrievalMeasures>& measures,
                           const std::string& title) {
  constexpr double kLeft = 190, kWide = 420, kRow = 26, kTop = 48;
  double low = 1, high = 0;
  for (const RetrievalMeasures& way : measures) {
    low = std::min(low, way.ndcg_at_10.interval_95.low);
    high = std::max(high, way.ndcg_at_10.interval_95.high);
  }
  low = std::max(0.0, std::floor(low * 20) / 20);
  high = std::min(1.0, std::ceil(high * 20) / 20);
  if (high <= low) high = low + 0.05;
  const auto x = [&](double value) { return kLeft + kWide * (value - low) / (high - low); };
  const double height = kTop + kRow * static_cast<double>(measures.size()) + 34;
  std::string svg = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 700 {0}' width='700' height='{0}' "
      "font-family='system-ui, sans-serif' font-size='13'>\n"
      "<style>svg {{ background: #fff; color: #1c2126 }} .line {{ stroke: #1f6feb }} "
      ".dot {{ fill: #1f6feb }} .grid {{ stroke: #d8dde3 }} text {{ fill: currentColor }}\n"
      "@media (prefers-color-scheme: dark) {{ svg {{ background: #14181d; color: #e3e7ec }} "
      ".grid {{ stroke: #333b45 }} }}</style>\n"
      "<text x='12' y='24' font-weight='600'>nDCG@10 on {1}, with 95% intervals</text>\n",
      height, title);
  for (double tick = low; tick < high + 0.001; tick += 0.05) {
    svg += fmt::format(
        "<line class='grid' x1='{0:.1f}' y1='{1}' x2='{0:.1f}' y2='{2}'/>"
        "<text x='{0:.1f}' y='{3}' text-anchor='middle' font-size='11'>{4:.2f}</text>\n",
        x(tick), kTop - 8, height - 30, height - 12, tick);
  }
  double y = kTop + 6;
  for (const RetrievalMeasures& way : measures) {
    const Measured& value = way.ndcg_at_10;
    svg += fmt::format(
        "<text x='{}' y='{}' text-anchor='end'>{}</text>"
        "<line class='line' x1='{:.1f}' y1='{}' x2='{:.1f}' y2='{}' stroke-width='2'/>"
        "<circle class='dot' cx='{:.1f}' cy='{}' r='4'/><text x='{}' y='{}'>{:.3f}</text>\n",
        kLeft - 12, y + 4, way.name, x(value.interval_95.low), y, x(value.interval_95.high), y,
        x(value.mean), y, kLeft + kWide + 14, y + 4, value.mean);
    y += kRow;
  }
  return svg + "</svg>\n";
}

}  // namespace twin
