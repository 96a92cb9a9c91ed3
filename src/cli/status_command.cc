#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/progress.h"
#include "cli/command.h"
#include "training/pages/run_curves.h"
#include "training/train_own_preferences.h"

namespace twin {
namespace {

struct StatusOptions {
  bool items = false;
  std::string document;
  int version = 0;  // 0: the newest
};

// What a span looks like on a terminal, and what the legend calls it.
struct Ink {
  const char* code;
  const char* open;  // where there is no colour
  const char* close;
};

Ink ink_of(const Span& span) {
  switch (span.kind) {
    case SpanKind::kProse:
      return {"", "", ""};
    case SpanKind::kHeading:
      return {"\033[1m", "", ""};
    case SpanKind::kCode:
      return {"\033[36m", "[code|", "|code]"};
    case SpanKind::kQuote:
      return {"\033[33m", "[quote|", "|quote]"};
    case SpanKind::kCaption:
      return {"\033[35m", "[caption|", "|caption]"};
    case SpanKind::kOther:
      return {"\033[2m", "[other|", "|other]"};
    case SpanKind::kRemoved:
      return {"\033[9;31m", "[-", "-]"};
  }
  return {"", "", ""};
}

double percent(size_t part, size_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string marked_text(const RawDocument& document, const CleanDocument& clean, bool color) {
  std::string text;
  for (const Span& span : clean.spans) {
    const Ink ink = ink_of(span);
    const std::string_view bytes = slice(document.verbatim, span.range);
    const bool paint = color && *ink.code != '\0';
    text += paint ? ink.code : ink.open;
    text += bytes;
    text += paint ? "\033[0m" : ink.close;
  }
  return text;
}

void show_document(Session& session, const StatusOptions& options) {
  DocumentStore& store = session.documents();
  const std::optional<RawDocument> document = store.document(
      options.document, options.version == 0 ? std::nullopt : std::optional(options.version));
  if (!document) {
    throw Error(ErrorCode::kUsage,
                fmt::format("no document '{}'{}; `twin status` lists them", options.document,
                            options.version == 0 ? "" : " of that version"));
  }
  std::string versions;
  for (const int version : store.versions(document->id)) versions += fmt::format(" {}", version);
  session.print(fmt::format("{}\n{}\nby {}, version {} of:{}, {} raw, {} verbatim{}\n",
                            document->title, document->link, document->author_full_name,
                            document->version, versions,
                            format_bytes(static_cast<double>(document->raw.size())),
                            format_bytes(static_cast<double>(document->verbatim.size())),
                            document->extractor.empty() ? "" : " by " + document->extractor));
  Json json = {{"id", document->id},
               {"version", document->version},
               {"title", document->title},
               {"link", document->link},
               {"author", document->author_full_name},
               {"date", document->date},
               {"media_type", document->media_type},
               {"extractor", document->extractor},
               {"content_hash", document->content_hash},
               {"raw_bytes", document->raw.size()},
               {"verbatim_bytes", document->verbatim.size()}};
  const std::optional<Features> features = store.features(document->id);
  if (!features || features->clean.version != document->version) {
    session.print(features ? "Its features are of another version.\n\n"
                           : "No features yet: run `twin features`.\n\n");
    session.print(document->verbatim + "\n");
    session.print_json(json);
    return;
  }
  const CleanDocument& clean = features->clean;
  const size_t size = document->verbatim.size();
  const auto row = [&](const std::string& label, size_t bytes) {
    if (bytes > 0) {
      session.print(
          fmt::format("  {:<22}{:>9} bytes {:5.1f}%\n", label, bytes, percent(bytes, size)));
    }
  };
  Json kept = Json::object(), set_aside = Json::object(), removed = Json::object();
  Json ranges = Json::array();
  for (const SpanKind kind : kSpanKinds) {
    if (kind == SpanKind::kOther || kind == SpanKind::kRemoved) continue;
    row(std::string(name_of(kind)), clean.bytes_of(kind));
    kept[std::string(name_of(kind))] = clean.bytes_of(kind);
  }
  for (const RemovalReason reason : kRemovalReasons) {
    const size_t bytes = clean.bytes_of(SpanKind::kOther, reason);
    row(fmt::format("not voice: {}", name_of(reason)), bytes);
    if (bytes > 0) set_aside[std::string(name_of(reason))] = bytes;
  }
  for (const RemovalReason reason : kRemovalReasons) {
    row(fmt::format("removed: {}", name_of(reason)), clean.removed_bytes(reason));
    removed[std::string(name_of(reason))] = clean.removed_bytes(reason);
  }
  for (const Span& span : clean.spans) {
    ranges.push_back({{"begin", span.range.begin},
                      {"end", span.range.end},
                      {"kind", name_of(span.kind)},
                      {"reason", name_of(span.reason)}});
  }
  session.print(session.color()
                    ? "  prose, \033[1mheading\033[0m, \033[36mcode\033[0m, \033[33mquote\033[0m, "
                      "\033[35mcaption\033[0m, \033[2mnot voice\033[0m, "
                      "\033[9;31mremoved\033[0m\n\n"
                    : "  [code|...|code], [quote|...|quote], [caption|...|caption], "
                      "[other|...|other], [-removed-]\n\n");
  session.print(marked_text(*document, clean, session.color()) + "\n");
  json["chunks"] = features->chunks.size();
  json["kept_bytes"] = kept;
  json["set_aside_bytes"] = set_aside;
  json["removed_bytes"] = removed;
  json["ranges"] = ranges;
  session.print_json(json);
}

void show_items(Session& session) {
  Json list = Json::array();
  for (const Item& item : session.documents().items()) {
    session.print(fmt::format("{:<12} {}{}{}\n", item.state, item.source,
                              item.reason.empty() ? "" : ": ", item.reason));
    list.push_back({{"source", item.source},
                    {"state", item.state},
                    {"reason", item.reason},
                    {"document", item.document_id},
                    {"time", item.time}});
  }
  session.print_json({{"items", list}});
}

// The twin's own models, in the order they are made.
Json show_models(Session& session) {
  const Workspace& workspace = session.workspace();
  Json models = Json::array();
  const auto show = [&](const std::filesystem::path& folder, const char* state, const char* note) {
    if (!std::filesystem::exists(folder)) return;
    const std::string name = folder.filename().string();
    session.print(fmt::format("  models/{}{}\n", name, note));
    models.push_back({{"name", name}, {"state", state}});
  };
  show(workspace.tokenizer(), "ready", "");
  show(workspace.base_model(), "ready", "");
  const DpoState dpo = dpo_state(workspace.sft_model(), workspace.dpo_model());
  show(workspace.sft_model(), "ready", dpo == DpoState::kCurrent ? "" : ": writes the drafts");
  if (dpo == DpoState::kStale) {
    show(workspace.dpo_model(), "stale", ": of another models/sft, not used; `twin train dpo`");
  } else {
    show(workspace.dpo_model(), "ready", ": writes the drafts");
  }
  return models;
}

// The trainings, at work, interrupted or done, with the page of each.
Json show_runs(Session& session) {
  const std::filesystem::path folder = session.workspace().runs();
  Json runs = Json::array();
  for (const std::string& name : run_names(folder)) {
    const RunCurves run = read_run(folder / name);
    const auto loss = run.recent("loss");
    session.print(fmt::format("  runs/{}: {}{} steps{}{}; page.html there shows its curves\n", name,
                              run.steps, run.plan ? fmt::format(" of {}", run.plan->steps) : "",
                              loss ? fmt::format(", loss {:.3f}", *loss) : "",
                              run.finished() ? "" : ", not finished"));
    runs.push_back(to_json(run));
  }
  return runs;
}

void show_all(Session& session) {
  DocumentStore& store = session.documents();
  Json authors = Json::array(), documents = Json::array();
  for (const Author& author : store.authors()) {
    const std::vector<DocumentSummary> own =
        store.documents({.author_id = author.id, .category = {}});
    size_t bytes = 0, ready = 0;
    for (const DocumentSummary& document : own) {
      bytes += document.verbatim_bytes;
      ready += document.features_key.empty() ? 0 : 1;
    }
    session.print(fmt::format("{}: {} documents, {}, {} with features\n", author.full_name(),
                              own.size(), format_bytes(static_cast<double>(bytes)), ready));
    for (const DocumentSummary& document : own) {
      session.print(fmt::format("  {}  v{}  {:>9}  {}\n", document.id, document.version,
                                format_bytes(static_cast<double>(document.verbatim_bytes)),
                                document.title.empty() ? document.link : document.title));
      documents.push_back({{"id", document.id},
                           {"version", document.version},
                           {"author", document.author_full_name},
                           {"title", document.title},
                           {"link", document.link},
                           {"date", document.date},
                           {"verbatim_bytes", document.verbatim_bytes},
                           {"features", !document.features_key.empty()}});
    }
    authors.push_back({{"id", author.id},
                       {"name", author.full_name()},
                       {"documents", own.size()},
                       {"verbatim_bytes", bytes}});
  }
  const Json models = show_models(session), runs = show_runs(session);
  std::map<std::string, size_t> states;
  for (const Item& item : store.items()) ++states[item.state];
  std::string counts;
  for (const auto& [state, count] : states) {
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, state);
  }
  if (authors.empty()) {
    session.print(
        "Nothing collected yet: `twin collect --author \"First Last\" PATH` or "
        "`twin import DIR`.\n");
  } else {
    session.print(fmt::format("{} chunks indexed. Items when last looked at: {}.\n",
                              store.chunk_count(), counts));
  }
  session.print_json({{"authors", authors},
                      {"documents", documents},
                      {"models", models},
                      {"runs", runs},
                      {"items", states},
                      {"chunks", store.chunk_count()}});
}

void run_status(Session& session, const StatusOptions& options) {
  if (!options.document.empty()) {
    show_document(session, options);
  } else if (options.items) {
    show_items(session);
  } else {
    show_all(session);
  }
}

}  // namespace

void add_status_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command =
      app.add_subcommand("status", "What the workspace holds, and what became of each item");
  command->add_flag("--items", options->items, "Every file and element, its state and reason");
  CLI::Option* document =
      command->add_option("--document", options->document,
                          "One document by id: what was kept (in colour) and removed, and why");
  document->type_name("ID");
  command->add_option("--version", options->version, "An older version of it")->needs(document);
  command->footer(
      "Examples:\n"
      "  twin status\n"
      "  twin status --items | grep failed\n"
      "  twin status --document ab2f9e2e-5459-4dd6-97d6-c291de4a7093 | less -R");
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_status(session, *options); };
  });
}

}  // namespace twin
