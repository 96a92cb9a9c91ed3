#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.h"
#include "cli/command.h"
#include "cli/search_models.h"
#include "cli/setting_flag.h"
#include "inference/retrieval.h"

namespace twin {
namespace {

struct SearchOptions {
  std::string text;
  size_t k = 10;
  std::string author, platform, category, from, to;
  std::vector<std::string> tags;
  bool explain = false;
};

std::string heading_of(const Chunk& chunk) {
  std::string path = chunk.title;
  for (const std::string& heading : chunk.heading_path) path += " > " + heading;
  return path;
}

std::string explained(const PassageRanks& ranks) {
  std::string text;
  const auto add = [&](const char* stage, size_t rank, double score, int digits) {
    if (rank == 0) return;
    text +=
        fmt::format("{}{} {} ({:.{}f})", text.empty() ? "   " : "   ", stage, rank, score, digits);
  };
  add("bm25", ranks.bm25, ranks.bm25_score, 2);
  add("dense", ranks.dense, ranks.similarity, 3);
  if (ranks.expansion > 0) text += fmt::format("   expansion {}", ranks.expansion);
  add("fused", ranks.fused, ranks.fused_score, 4);
  add("rerank", ranks.rerank, ranks.rerank_score, 2);
  return text;
}

std::string cut_by_reranker(const Retrieval& found) {
  return fmt::format("The reranker read the beginning alone of {} passages longer than it takes",
                     found.cut_for_reranker);
}

void print_explanation(Session& session, const Retrieval& found) {
  for (const std::string& reason : found.understood.reasons) {
    session.print("Asked for: " + reason + '\n');
  }
  for (const std::string& note : found.understood.notes) session.print("Not used: " + note + '\n');
  if (found.filter_dropped) session.print("Nothing passed that: found without it.\n");
  if (found.cut_for_reranker > 0) session.print(cut_by_reranker(found) + ".\n");
  std::string times;
  for (const StageTime& time : found.times) {
    times +=
        fmt::format("{}{} {:.1f} ms", times.empty() ? "" : ", ", time.stage, 1000 * time.seconds);
  }
  session.print("Stages: " + times + "\n\n");
}

void print_passages(Session& session, const Retrieval& found, bool explain) {
  const char* bold = session.color() ? "\033[1m" : "";
  const char* dim = session.color() ? "\033[2m" : "";
  const char* plain = session.color() ? "\033[0m" : "";
  size_t rank = 0;
  for (const Passage& passage : found.passages) {
    session.print(fmt::format("{}{}. {}{}\n{}{:.3g}  {}, {} bytes {}-{}{}\n", bold, ++rank,
                              heading_of(passage.chunk), plain, dim, passage.score,
                              passage.author_full_name, passage.link, passage.chunk.range.begin,
                              passage.chunk.range.end, plain));
    const auto ranks = found.ranks.find(passage.chunk.id);
    if (explain && ranks != found.ranks.end()) session.print(explained(ranks->second) + '\n');
    session.print(passage.chunk.text + "\n\n");
  }
}

Json to_json(const PassageRanks& ranks) {
  Json json = Json::object();
  const auto add = [&](const std::string& stage, size_t rank, double score) {
    if (rank > 0) json[stage] = {{"rank", rank}, {"score", score}};
  };
  add("bm25", ranks.bm25, ranks.bm25_score);
  add("dense", ranks.dense, ranks.similarity);
  if (ranks.expansion > 0) json["expansion"] = {{"rank", ranks.expansion}};
  add("fused", ranks.fused, ranks.fused_score);
  add("rerank", ranks.rerank, ranks.rerank_score);
  return json;
}

Json to_json(const Retrieval& found, bool explain) {
  Json list = Json::array();
  for (const Passage& passage : found.passages) {
    list.push_back({{"text", passage.chunk.text},
                    {"document", passage.chunk.document_id},
                    {"title", passage.chunk.title},
                    {"heading_path", passage.chunk.heading_path},
                    {"author", passage.author_full_name},
                    {"begin", passage.chunk.range.begin},
                    {"end", passage.chunk.range.end},
                    {"link", passage.link},
                    {"score", passage.score}});
    const auto ranks = found.ranks.find(passage.chunk.id);
    if (explain && ranks != found.ranks.end()) list.back()["stages"] = to_json(ranks->second);
  }
  Json result{{"passages", list}, {"reranker_cut", found.cut_for_reranker}};
  if (!explain) return result;
  result["understood"] = {{"text", found.understood.text},
                          {"asked_for", found.understood.reasons},
                          {"notes", found.understood.notes},
                          {"filter_dropped", found.filter_dropped}};
  result["stages"] = Json::array();
  for (const StageTime& time : found.times) {
    result["stages"].push_back({{"stage", time.stage}, {"ms", 1000 * time.seconds}});
  }
  return result;
}

RetrievalOptions retrieval_options(Session& session, const SearchOptions& options) {
  RetrievalOptions retrieval;
  retrieval.k = options.k;
  retrieval.stages = retrieval_stages(session);
  retrieval.min_similarity = min_similarity(session);
  PassageFilter& filter = retrieval.filter;
  if (!options.author.empty()) filter.author_id = session.author(options.author).id;
  if (!options.platform.empty()) filter.platform = options.platform;
  if (!options.category.empty()) filter.category = category_from_name(options.category);
  if (!options.from.empty()) filter.date_from = options.from;
  if (!options.to.empty()) filter.date_to = options.to;
  filter.tags = options.tags;
  return retrieval;
}

void run_search(Session& session, const SearchOptions& options) {
  if (session.documents().chunk_count() == 0) {
    throw Error(ErrorCode::kUsage, "nothing is indexed yet; run `twin features` first");
  }
  const RetrievalOptions retrieval = retrieval_options(session, options);
  const SearchModels models = open_search_models(session);
  const Retriever retriever(session.context(), session.documents(), models.models());
  const Retrieval found = retriever.retrieve(options.text, retrieval);
  if (options.explain) {
    print_explanation(session, found);
  } else if (found.cut_for_reranker > 0) {
    session.context().log.info(cut_by_reranker(found));
  }
  if (found.passages.empty()) {
    session.print(
        models.embedder != nullptr
            ? "Nothing found that has to do with this request.\n"
            : fmt::format("Nothing found: no passage has one of the telling words of this "
                          "request; {}.\n",
                          embedder_hint()));
  } else if (options.explain && models.embedder == nullptr) {
    session.print(fmt::format("Searched by words alone; {}.\n\n", embedder_hint()));
  }
  print_passages(session, found, options.explain);
  session.print_json(to_json(found, options.explain));
}

}  // namespace

void add_search_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<SearchOptions>();
  CLI::App* command = app.add_subcommand("search", "Find passages, best first");
  command->add_option("TEXT", options->text, "What to look for")->required();
  command->add_option("-k", options->k, "How many passages")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command->add_option("--author", options->author, "Only passages of this author");
  command->add_option("--platform", options->platform, "Only from there (\"medium\", \"files\")");
  command->add_option("--category", options->category, "Only articles, posts or repositories")
      ->check(CLI::IsMember({"articles", "posts", "repositories"}));
  command->add_option("--from", options->from, "Not older than this date (2019, 2019-07, ...)");
  command->add_option("--to", options->to, "Not newer than this date, which counts as a whole");
  command->add_option("--tag", options->tags, "Only with this tag; of several, any");
  command->add_flag("--explain", options->explain,
                    "Each passage's rank after each stage, and how long the stages took");
  add_setting_flag(*command, invocation, "--stages", "search.stages",
                   "Stages, with commas between");
  add_setting_flag(*command, invocation, "--embedder", "search.embedder",
                   "Model that finds by meaning: a folder, a pulled OWNER/NAME, or a URL");
  add_setting_flag(*command, invocation, "--reranker", "search.reranker",
                   "Model that orders what was found anew");
  command->footer(
      "Examples:\n"
      "  twin search \"fine-tuning with LoRA\"\n"
      "  twin search \"what did Ada Lovelace write about engines in 1843\" --explain\n"
      "  twin search -k 3 --author \"Ada Lovelace\" --from 2019 engine --json\n\n"
      "Without a model words are searched (BM25). To find by meaning too:\n"
      "  twin models pull sentence-transformers/all-MiniLM-L6-v2\n"
      "and in twin.yaml\n"
      "  search:\n    embedder: sentence-transformers/all-MiniLM-L6-v2\n"
      "then `twin features` makes the vectors.");
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_search(session, *options); };
  });
}

}  // namespace twin
