#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "cli/command.h"
#include "cli/search_models.h"
#include "cli/setting_flag.h"
#include "cli/training_settings.h"
#include "cli/writing_settings.h"
#include "inference/draft_json.h"
#include "training/datasets/corpus.h"

namespace twin {
namespace {

struct WriteCommand {
  std::string request;
  std::string out;
  size_t suggest = 0;
};

// Requests in the author's field that no training has seen: the titles of their held-out documents,
// then, where those are too few, the headings in them.
void suggest(Session& session, size_t count) {
  const Corpus corpus = load_corpus(session.documents(), test_share(session));
  std::vector<std::string> titles, headings;
  for (const DocumentSummary& document : corpus.of_author(session.author().id)) {
    if (corpus.split.at(document.id) != Split::kTest) continue;
    if (!document.title.empty()) titles.push_back(document.title);
    const Features features = *session.documents().features(document.id);
    for (const Chunk& chunk : features.chunks) {
      if (!chunk.heading_path.empty()) headings.push_back(chunk.heading_path.back());
    }
  }
  Json requests = Json::array();
  for (const std::vector<std::string>* list : {&titles, &headings}) {
    for (const std::string& request : *list) {
      const bool told = std::find(requests.begin(), requests.end(), request) != requests.end();
      if (requests.size() == count || told) continue;
      session.print(request + '\n');
      requests.push_back(request);
    }
  }
  session.print_json({{"requests", requests}});
}

std::string source_list(const Answer& answer) {
  std::string list = "Sources:\n";
  size_t number = 0;
  for (const Source& source : answer.sources) {
    list += fmt::format("  {}. {}\n     {}, bytes {}-{}, score {:.2f}\n", ++number, source.title,
                        source.link, source.range.begin, source.range.end, source.score);
  }
  return list;
}

void run_write(Session& session, const WriteCommand& command) {
  if (command.suggest > 0) return suggest(session, command.suggest);
  if (command.request.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw Error(ErrorCode::kUsage, "say what to write about: twin write \"Why I keep a notebook\"");
  }
  const WriteOptions options = write_settings(session);
  const auto generator = workspace_generator(session);
  const SearchModels models = open_search_models(session);
  const Retriever retriever(session.context(), session.documents(), models.models());
  const Draft draft =
      write_draft(retriever, *generator, command.request, options, [&](std::string_view text) {
        session.print(text);
        return true;
      });
  const Answer& answer = draft.answer;
  if (!answer.found) {
    session.print(answer.text + '\n');
  } else {
    session.print("\n\n" + source_list(answer));
    session.print(fmt::format("Written by models/{}.\n", generator->name()));
    if (draft.context_tokens_cut > 0) {
      session.context().log.info(
          fmt::format("the passages found are {} tokens too long for the model's context; the "
                      "least relevant were left out, the sources are those that were read",
                      draft.context_tokens_cut));
    }
  }
  if (!command.out.empty()) {
    std::string file = "# " + command.request + "\n\n" + answer.text + '\n';
    if (answer.found) file += "\n---\n\n" + source_list(answer);
    write_file_atomic(command.out, file);
  }
  Json json = to_json(draft);
  json["model"] = generator->name();
  session.print_json(json);
}

}  // namespace

void add_write_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<WriteCommand>();
  CLI::App* command =
      app.add_subcommand("write", "A draft in the author's voice, and the passages it leans on");
  command->add_option("REQUEST", options->request, "What to write about");
  command->add_option("--out", options->out, "Write the draft to a file as well")
      ->type_name("FILE");
  command
      ->add_option("--suggest", options->suggest,
                   "Only print N requests: titles and headings of held-out documents")
      ->type_name("N");
  add_setting_flag(*command, invocation, "--author", "author", "Full name of the author");
  add_setting_flag(*command, invocation, "-k", "write.k", "Passages to lean on");
  add_setting_flag(*command, invocation, "--temperature", "write.temperature",
                   "Randomness; 0: none");
  add_setting_flag(*command, invocation, "--words", "write.words", "Words it has at least");
  add_setting_flag(*command, invocation, "--max-new-tokens", "write.max_new_tokens",
                   "Longest single answer of the model, in tokens");
  add_setting_flag(*command, invocation, "--seed", "write.seed", "Another seed, another draft");
  command->footer(
      "Examples:\n"
      "  twin write \"Why I keep a notebook\"\n"
      "  twin write --seed 7 --out draft.md \"What a good chair owes its sitter\"\n"
      "  twin write --suggest 3");
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_write(session, *options); };
  });
}

}  // namespace twin
