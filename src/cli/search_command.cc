#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/command.h"
#include "inference/retrieval.h"

namespace twin {
namespace {

struct SearchOptions {
  std::string text;
  size_t k = 10;
  std::string author;
};

std::string heading_of(const Chunk& chunk) {
  std::string path = chunk.title;
  for (const std::string& heading : chunk.heading_path) path += " > " + heading;
  return path;
}

void print_passages(Session& session, const std::vector<Passage>& passages) {
  const char* bold = session.color() ? "\033[1m" : "";
  const char* dim = session.color() ? "\033[2m" : "";
  const char* plain = session.color() ? "\033[0m" : "";
  size_t rank = 0;
  for (const Passage& passage : passages) {
    session.print(fmt::format("{}{}. {}{}\n{}{:.2f}  {}, {} bytes {}-{}{}\n{}\n\n", bold, ++rank,
                              heading_of(passage.chunk), plain, dim, passage.score,
                              passage.author_full_name, passage.link, passage.chunk.range.begin,
                              passage.chunk.range.end, plain, passage.chunk.text));
  }
}

void run_search(Session& session, const SearchOptions& options) {
  RetrievalOptions retrieval;
  retrieval.k = options.k;
  if (!options.author.empty()) retrieval.author_id = session.author(options.author).id;
  if (session.documents().chunk_count() == 0) {
    throw Error(ErrorCode::kUsage, "nothing is indexed yet; run `twin features` first");
  }
  const std::vector<Passage> passages = retrieve(session.documents(), options.text, retrieval);
  if (passages.empty()) session.print("Nothing found.\n");
  print_passages(session, passages);
  Json list = Json::array();
  for (const Passage& passage : passages) {
    list.push_back({{"text", passage.chunk.text},
                    {"document", passage.chunk.document_id},
                    {"title", passage.chunk.title},
                    {"heading_path", passage.chunk.heading_path},
                    {"author", passage.author_full_name},
                    {"begin", passage.chunk.range.begin},
                    {"end", passage.chunk.range.end},
                    {"link", passage.link},
                    {"score", passage.score}});
  }
  session.print_json({{"passages", list}});
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
  command->footer(
      "Examples:\n"
      "  twin search \"fine-tuning with LoRA\"\n"
      "  twin search -k 3 --author \"Ada Lovelace\" engine --json");
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_search(session, *options); };
  });
}

}  // namespace twin
