#include "cli/evaluate_retrieval_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/search_models.h"
#include "cli/setting_flag.h"
#include "cli/training_settings.h"
#include "features/vectors.h"
#include "inference/retrieval_evaluation.h"

namespace twin {
namespace {

struct EvaluateRetrievalOptions {
  std::string set;
  std::string split = "test";
};

std::string table(const std::vector<RetrievalMeasures>& measures) {
  std::string text = fmt::format("  {:<26}{:<25}{:>10}{:>12}{:>8}{:>9}{:>9}\n", "", "nDCG@10",
                                 "recall@10", "recall@100", "MRR@10", "p50 ms", "p95 ms");
  for (const RetrievalMeasures& way : measures) {
    const Measured& ndcg = way.ndcg_at_10;
    text += fmt::format("  {:<26}{:<25}{:>10.3f}{:>12.3f}{:>8.3f}{:>9.1f}{:>9.1f}\n", way.name,
                        fmt::format("{:.4f} [{:.3f}, {:.3f}]", ndcg.mean, ndcg.interval_95.low,
                                    ndcg.interval_95.high),
                        way.recall_at_10.mean, way.recall_at_100.mean, way.mrr_at_10.mean,
                        way.p50_ms, way.p95_ms);
  }
  return text;
}

size_t most_cut(const std::vector<RetrievalMeasures>& measures) {
  size_t most = 0;
  for (const RetrievalMeasures& way : measures) most = std::max(most, way.cut_for_reranker);
  return most;
}

void run_evaluate_retrieval(Session& session, const EvaluateRetrievalOptions& options) {
  const std::filesystem::path folder = std::filesystem::canonical(options.set);
  const RetrievalSet set = read_retrieval_set(folder, options.split);
  const std::string name = folder.filename().string();
  const std::filesystem::path run = session.workspace().runs() / "retrieval" / name;
  std::filesystem::create_directories(run);
  const auto store = open_sqlite_document_store((run / "set.db").string());
  store_retrieval_set(session.context(), set, *store);

  const SearchModels models =
      open_search_models(session, {.access = VectorAccess::kReplace, .file = run / "vectors.db"});
  VectorsReport embedded;
  if (models.embedder != nullptr) {
    embedded = update_vectors(session.context(), *store, *models.vectors, *models.embedder,
                              LongPassages::kBeginning);
    if (embedded.long_passages > 0) {
      session.context().log.info(fmt::format(
          "{} of {} documents are longer than the embedder's {} tokens: their beginnings are "
          "embedded, as published figures have it",
          embedded.long_passages, embedded.passages, models.embedder->max_tokens()));
    }
  }
  const Retriever retriever(session.context(), *store, models.models());
  const std::vector<RetrievalMeasures> measures = evaluate_retrieval(
      session.context(), retriever, set,
      retrieval_configurations(retriever, retrieval_stages(session)),
      static_cast<uint64_t>(size_setting(session, "evaluate.seed", 0, 1u << 31)));

  const std::filesystem::path plot = run / "ndcg.svg";
  write_file_atomic(plot, retrieval_plot(measures, name));
  OrderedJson json = to_json(measures);
  json["set"] = name;
  json["split"] = options.split;
  json["documents"] = set.documents.size();
  json["queries"] = set.queries.size();
  json["embedder"] = session.settings().text("search.embedder");
  json["reranker"] = session.settings().text("search.reranker");
  json["compute"] = session.settings().text("search.compute");
  json["plot"] = plot.string();
  write_file_atomic(run / "report.json", dump_json(json, 2) + '\n');
  session.print(fmt::format("{} documents, {} queries of {} ({}); 95% intervals\n\n",
                            set.documents.size(), set.queries.size(), name, options.split));
  session.print(table(measures));
  if (const size_t cut = most_cut(measures); cut > 0) {
    session.print(
        fmt::format("\nThe reranker read the beginning alone of up to {} passages longer "
                    "than it takes, over all queries.\n",
                    cut));
  }
  if (models.embedder == nullptr) {
    session.print("\nWithout a model only words are searched: search.embedder names one.\n");
  }
  session.print(fmt::format("\nA picture: {}\n", plot.string()));
  session.print_json(Json(json));
}

}  // namespace

void add_evaluate_retrieval(CLI::App& evaluate, Invocation& invocation) {
  auto options = std::make_shared<EvaluateRetrievalOptions>();
  CLI::App* command = evaluate.add_subcommand(
      "retrieval", "Does search find the right passages? Measured on a set in the BEIR layout");
  command
      ->add_option("--set", options->set,
                   "Folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--split", options->split, "Which judgements")->capture_default_str();
  add_setting_flag(*command, invocation, "--embedder", "search.embedder",
                   "Model that finds by meaning: a folder, a pulled OWNER/NAME, or a URL");
  add_setting_flag(*command, invocation, "--reranker", "search.reranker",
                   "Model that orders what was found anew");
  add_setting_flag(*command, invocation, "--compute", "search.compute",
                   "What both compute in: f32, bf16 or int8");
  add_setting_flag(*command, invocation, "--stages", "search.stages",
                   "Stages of the row \"all\", with commas between");
  command->footer(
      "Example:\n"
      "  twin evaluate retrieval --set beir/scifact --embedder all-MiniLM-L6-v2 --compute f32\n\n"
      "The set's index stays in runs/retrieval/NAME, with report.json and ndcg.svg.");
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_evaluate_retrieval(session, *options); };
  });
}

}  // namespace twin
