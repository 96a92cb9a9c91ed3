#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "cli/embedder_argument.h"
#include "cli/models_command.h"

namespace twin {
namespace {

struct EmbedOptions {
  EmbedderArgument model;
  std::vector<std::string> texts;
  std::string lines;   // a file of texts
  std::string output;  // f32, little endian, row after row; empty: in the answer
  bool query = false;
};

void run_embed(Session& session, const EmbedOptions& options) {
  const auto embedder = load_embedder(session, options.model);
  std::vector<std::string> texts = options.texts;
  if (!options.lines.empty()) {
    for (std::string& text : read_text_lines(options.lines)) texts.push_back(std::move(text));
  }
  if (texts.empty()) throw Error(ErrorCode::kUsage, "no TEXT and no --lines FILE to embed");
  const EmbedAs as = options.query ? EmbedAs::kQuery : EmbedAs::kDocument;
  const std::vector<float> vectors = embedder->embed(session.context(), texts, as);
  const size_t D = embedder->dimensions();
  Json json = {{"dimensions", D},
               {"texts", texts.size()},
               {"identity", embedder->identity()},
               {"max_tokens", embedder->max_tokens()}};
  if (!options.output.empty()) {
    write_file_atomic(options.output, {reinterpret_cast<const char*>(vectors.data()),
                                       vectors.size() * sizeof(float)});
    session.print(fmt::format("{} vectors of {} values in {}\n", texts.size(), D, options.output));
    json["output"] = options.output;
  } else {
    json["vectors"] = Json::array();
    for (size_t i = 0; i < texts.size(); ++i) {
      const auto begin = vectors.begin() + static_cast<ptrdiff_t>(i * D);
      const std::vector<float> row(begin, begin + static_cast<ptrdiff_t>(D));
      session.print(dump_json(Json(row)) + '\n');
      json["vectors"].push_back(row);
    }
  }
  session.print_json(json);
}

}  // namespace

void add_models_embed(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<EmbedOptions>();
  CLI::App* embed = models.add_subcommand("embed", "Texts as vectors of unit length");
  add_embedder_argument(embed, options->model);
  embed->add_option("TEXT", options->texts, "Texts");
  embed->add_option(
      "--lines", options->lines,
      "A file with a text a line: as it is, a JSON string or an object with \"text\"");
  embed->add_option("--output", options->output,
                    "Write the vectors there (f32, little endian, row after row)");
  embed->add_flag("--query", options->query, "The texts are queries, not documents");
  embed->footer(
      "Examples:\n"
      "  twin models embed sentence-transformers/all-MiniLM-L6-v2 \"Coffee is a protocol\" --json\n"
      "  twin models embed ./e5-small-v2 --query --query-prefix \"query: \" \"who made the "
      "chair\"\n\n"
      "A text longer than the model takes is an error; nothing is cut.");
  embed->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_embed(session, *options); };
  });
}

}  // namespace twin
