#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/command.h"
#include "cli/setting_flag.h"
#include "cli/training_settings.h"
#include "cli/writing_settings.h"
#include "training/evaluation/evaluate.h"
#include "training/evaluation/report_page.h"

namespace twin {
namespace {

std::string number(const OrderedJson& value, int digits = 3) {
  return value.is_number() ? fmt::format("{:.{}f}", value.get<double>(), digits) : "-";
}

std::string interval(const OrderedJson& value) {
  if (!value.is_array()) return "";
  return fmt::format("[{}, {}]", number(value[0]), number(value[1]));
}

std::string loss_line(const char* label, const OrderedJson& loss) {
  if (loss.is_null()) return fmt::format("  {:<12} -\n", label);
  return fmt::format("  {:<12} {:>7}  {:>7}  {:>+7.3f}  {}\n", label, number(loss["base"]),
                     number(loss["sft"]), loss["change"].get<double>(),
                     interval(loss["change_95"]));
}

std::string style_line(const char* label, const OrderedJson& style, const OrderedJson* copy) {
  if (style.is_null()) return fmt::format("  {:<18} -\n", label);
  const std::string position = style["position"].is_number()
                                   ? fmt::format("{:.0f}%", 100 * style["position"].get<double>())
                                   : "-";
  const std::string copied =
      copy == nullptr
          ? ""
          : fmt::format("{:>6.1f}%  {:>3}", 100 * (*copy)["eight_gram_share"].get<double>(),
                        (*copy)["longest_run_words"].get<size_t>());
  return fmt::format("  {:<18} {:>7}  {:<18} {:>5}  {:>7}  {}\n", label, number(style["score"]),
                     interval(style["score_95"]), position, number(style["delta"]), copied);
}

std::string table(const OrderedJson& e) {
  const OrderedJson& style = e["style"];
  std::string text = fmt::format("The twin of {}", e["author"].get<std::string>());
  if (e["bundled_reference"]) {
    text += ", measured against bundled frequencies of English: no other author is collected\n\n";
  } else {
    text += fmt::format(" against {}\n\n",
                        fmt::join(e["impostors"].get<std::vector<std::string>>(), ", "));
    text += fmt::format("Style tells the author's {}-word passages from the others': AUC {} {}\n\n",
                        style["passage_words"].get<size_t>(), number(style["auc"]),
                        interval(style["auc_95"]));
  }
  text += "Loss on held-out documents (nats per token, 95% interval of the change)\n";
  text += "                  base      SFT   change\n";
  text += loss_line("the author", e["loss"]["author"]);
  text += loss_line("the others", e["loss"]["impostor"]);
  text += "\nStyle (0% the others' held-out text, 100% the author's) and copied 8-word runs\n";
  text += "                        score  95%                on way    Delta  copied  longest\n";
  text += style_line("others, held out", style["impostor"], nullptr);
  text += style_line("base writes", style["base"], &e["copy"]["base"]);
  text += style_line("SFT writes", style["sft"], &e["copy"]["sft"]);
  text += style_line("author, held out", style["real"], &e["copy"]["real"]);
  return text;
}

void run_evaluate(Session& session) {
  const Workspace& workspace = session.workspace();
  EvaluationOptions options;
  options.author_id = session.author().id;
  options.test_share = test_share(session);
  options.passages = size_setting(session, "evaluate.passages", 2, 10'000);
  options.seed = static_cast<uint64_t>(session.settings().integer("evaluate.seed"));
  options.sampling = sampling_settings(session);
  const OrderedJson evaluation =
      evaluate(session.context(), session.kernels(), session.documents(), options,
               {workspace.base_model(), workspace.sft_model(), workspace.runs() / "evaluate"});
  const std::filesystem::path page = workspace.exports() / "report.html";
  write_file_atomic(page, report_page(evaluation));
  session.print(table(evaluation));
  session.print(fmt::format("\nThe report: {}\n", page.string()));
  Json json = evaluation;
  json["report"] = page.string();
  session.print_json(json);
}

}  // namespace

void add_evaluate_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("evaluate", "Does it sound like the author? Numbers and a report page");
  add_setting_flag(*command, invocation, "--author", "author", "Full name of the author");
  add_setting_flag(*command, invocation, "--passages", "evaluate.passages",
                   "Passages each model writes");
  command->footer(
      "Examples:\n  twin evaluate\n  twin evaluate --json | jq .style.auc\n\n"
      "The page is exports/report.html: one file, readable offline.");
  command->callback([&invocation] { invocation.run = run_evaluate; });
}

}  // namespace twin
