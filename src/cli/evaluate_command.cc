#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/command.h"
#include "cli/evaluate_retrieval_command.h"
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
  return fmt::format("  {:<12} {:>7}  {:>7}  {:>+7.3f}  {:<16} {}\n", label, number(loss["base"]),
                     number(loss["sft"]), loss["change"].get<double>(), interval(loss["change_95"]),
                     loss.contains("dpo") ? number(loss["dpo"]) : "");
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

std::string shares(const OrderedJson& value) {
  return fmt::format("[{:.1f}%, {:.1f}%]", 100 * value[0].get<double>(),
                     100 * value[1].get<double>());
}

std::string preference_line(const char* label, const OrderedJson& preference) {
  return fmt::format("  {:<28} {:>5.1f}%  {:<16} {:>+7.3f}  {}\n", label,
                     100 * preference["share"].get<double>(), shares(preference["share_95"]),
                     preference["margin"].get<double>(), interval(preference["margin_95"]));
}

std::string preference_table(const OrderedJson& preference) {
  if (preference.is_null()) return "";
  const OrderedJson& answers = preference["answers"];
  std::string text = fmt::format(
      "\nThe author's held-out passage likelier than what the SFT model writes for its prompt\n"
      "({} passages, answers {:.2f} times as long; per token)\n"
      "                                share  95%               margin  95%\n",
      answers["pairs"].get<size_t>(), answers["length_ratio"].get<double>());
  text += preference_line("to the base model", preference["base"]);
  text += preference_line("to the SFT model", preference["sft"]);
  if (preference.contains("dpo")) {
    text += preference_line("to the DPO model", preference["dpo"]);
    const OrderedJson& reward = preference["dpo"]["reward"];
    text += fmt::format("  {:<28} {:>5.1f}%  {}\n", "preferred by DPO's reward",
                        100 * reward["share"].get<double>(), shares(reward["share_95"]));
  }
  if (preference.contains("dpo_own")) {
    text += preference_line("to DPO, than its own answers", preference["dpo_own"]);
  }
  return text;
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
  const bool has_dpo = e["style"].contains("dpo");
  text += fmt::format("                  base      SFT   change  {:<16}{}\n", "",
                      has_dpo ? "     DPO" : "");
  text += loss_line("the author", e["loss"]["author"]);
  text += loss_line("the others", e["loss"]["impostor"]);
  if (e["loss"]["each_impostor"].size() > 1) {
    for (const auto& [name, loss] : e["loss"]["each_impostor"].items()) {
      text += loss_line(("  " + name.substr(name.rfind(' ') + 1)).c_str(), loss);
    }
  }
  text += "\nStyle (0% the others' held-out text, 100% the author's) and copied 8-word runs\n";
  text += "                        score  95%                on way    Delta  copied  longest\n";
  text += style_line("others, held out", style["impostor"], nullptr);
  text += style_line("base writes", style["base"], &e["copy"]["base"]);
  text += style_line("SFT writes", style["sft"], &e["copy"]["sft"]);
  if (style.contains("dpo")) {
    text += style_line("DPO writes", style["dpo"], &e["copy"]["dpo"]);
  }
  text += style_line("author, held out", style["real"], &e["copy"]["real"]);
  return text + preference_table(e["preference"]);
}

void run_evaluate(Session& session) {
  const Workspace& workspace = session.workspace();
  EvaluationOptions options;
  options.author_id = session.author().id;
  options.test_share = test_share(session);
  options.passages = size_setting(session, "evaluate.passages", 2, 10'000);
  options.pairs = size_setting(session, "evaluate.pairs", 1, 100'000);
  options.seed = static_cast<uint64_t>(session.settings().integer("evaluate.seed"));
  options.sampling = sampling_settings(session);
  const OrderedJson evaluation =
      evaluate(session.context(), session.kernels(), session.documents(), options,
               {workspace.base_model(), workspace.sft_model(), workspace.runs() / "evaluate",
                current_dpo_model(session)});
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
  add_setting_flag(*command, invocation, "--pairs", "evaluate.pairs",
                   "Held-out passages held against what the models write");
  command->footer(
      "Examples:\n  twin evaluate\n  twin evaluate --json | jq .style.auc\n"
      "  twin evaluate retrieval --set beir/scifact\n\n"
      "The page is exports/report.html: one file, readable offline.");
  add_evaluate_retrieval(*command, invocation);
  command->callback([&invocation, command] {
    if (command->get_subcommands().empty()) invocation.run = run_evaluate;
  });
}

}  // namespace twin
