#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.h"
#include "cli/embedder_argument.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"
#include "models/reranker.h"

namespace twin {
namespace {

struct RerankOptions {
  EmbedderArgument model;
  std::string query;
  std::vector<std::string> passages;
  std::string lines;
};

void run_rerank(Session& session, const RerankOptions& options) {
  RerankerOptions how;
  how.compute = embedder_options(session, options.model).compute;
  how.kernels = &session.kernels();
  const auto reranker =
      load_reranker(session.context(), model_path(session, options.model.model).string(), how);
  std::vector<std::string> passages = options.passages;
  if (!options.lines.empty()) {
    for (std::string& text : read_text_lines(options.lines)) passages.push_back(std::move(text));
  }
  if (passages.empty()) throw Error(ErrorCode::kUsage, "no PASSAGE and no --lines FILE to rank");
  const std::vector<float> scores = reranker->scores(session.context(), options.query, passages);
  std::vector<size_t> order(passages.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  for (const size_t i : order) session.print(fmt::format("{:>9.4f}  {}\n", scores[i], passages[i]));
  session.print_json({{"scores", scores}, {"order", order}, {"identity", reranker->identity()}});
}

}  // namespace

void add_models_rerank(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<RerankOptions>();
  CLI::App* rerank = models.add_subcommand("rerank", "How well passages answer a query");
  add_embedder_argument(rerank, options->model, false);
  rerank->add_option("QUERY", options->query, "The query")->required();
  rerank->add_option("PASSAGE", options->passages, "Passages");
  rerank->add_option("--lines", options->lines, "A file of passages, as for `twin models embed`");
  rerank->footer(
      "Example:\n  twin models rerank cross-encoder/ms-marco-MiniLM-L6-v2 \"who made the chair\" "
      "\"Maren made it.\" \"Coffee is a protocol.\"\n\n"
      "Scores are the model's logits; JSON has them in the passages' order.");
  rerank->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_rerank(session, *options); };
  });
}

}  // namespace twin
