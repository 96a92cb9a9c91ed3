#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/writing_overview.h"
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
  Json private_ranges = Json::array();
  for (const PrivateSpan& span : clean.private_spans) {
    session.print(fmt::format("  private: {}, bytes {}-{}{}\n", name_of(span.kind),
                              span.range.begin, span.range.end,
                              span.masked ? ", masked" : ", allowed"));
    private_ranges.push_back({{"begin", span.range.begin},
                              {"end", span.range.end},
                              {"kind", name_of(span.kind)},
                              {"masked", span.masked}});
  }
  if (!clean.duplicate_of.empty()) {
    session.print(fmt::format("  says what {} says, which is kept\n", clean.duplicate_of));
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
  json["private"] = private_ranges;
  json["duplicate_of"] = clean.duplicate_of;
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

// Terminals that say they show UTF-8 get block characters.
bool wants_ascii() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale = value;
    return locale.find("UTF-8") == locale.npos && locale.find("utf8") == locale.npos;
  }
  return true;
}

// What a document's line ends with where not all of it is the author's voice.
std::string note_of(const DocumentAccount& account) {
  std::string note;
  const auto add = [&](const std::string& text) { note += (note.empty() ? "" : ", ") + text; };
  if (!account.duplicate_of.empty()) add("duplicate of " + account.duplicate_of);
  for (const auto& [reason, bytes] : account.set_aside_bytes) add("not voice: " + reason);
  size_t masked = 0;
  for (const auto& [kind, count] : account.private_masked) masked += count;
  if (masked > 0) add(fmt::format("{} masked", masked));
  return note.empty() ? note : "  [" + note + "]";
}

// Items by state, and within it by reason, the most frequent first.
OrderedJson show_item_counts(Session& session) {
  std::map<std::string, size_t> states;
  std::map<std::string, std::map<std::string, size_t>> reasons;
  for (const Item& item : session.documents().items()) {
    ++states[item.state];
    if (!item.reason.empty()) ++reasons[item.state][item.reason];
  }
  std::string counts;
  for (const auto& [state, count] : states) {
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, state);
  }
  if (!counts.empty()) {
    session.print(fmt::format("Items when last looked at: {}.\n", counts));
  }
  for (const auto& [state, by_reason] : reasons) {
    std::vector<std::pair<size_t, std::string>> sorted;
    for (const auto& [reason, count] : by_reason) sorted.emplace_back(count, reason);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    constexpr size_t kShown = 5;
    for (size_t i = 0; i < std::min(kShown, sorted.size()); ++i) {
      session.print(fmt::format("  {} {}: {}\n", sorted[i].first, state, sorted[i].second));
    }
    if (sorted.size() > kShown) {
      session.print(fmt::format("  {} {} for other reasons; `twin status --items` lists them\n",
                                sorted.size() - kShown, state));
    }
  }
  return {{"items", states}, {"item_reasons", reasons}};
}

void show_all(Session& session) {
  DocumentStore& store = session.documents();
  Json authors = Json::array(), documents = Json::array();
  OrderedJson writing = OrderedJson::object();
  for (const Author& author : store.authors()) {
    const std::vector<DocumentSummary> own =
        store.documents({.author_id = author.id, .category = {}});
    size_t bytes = 0, ready = 0;
    WritingOverview overview;
    std::string lines;
    for (const DocumentSummary& document : own) {
      bytes += document.verbatim_bytes;
      DocumentAccount account;
      if (!document.features_key.empty()) {
        ++ready;
        account = account_of(*store.features(document.id));
      }
      overview.add(document, account);
      lines +=
          fmt::format("  {}  v{}  {:>9}  {}{}\n", document.id, document.version,
                      format_bytes(static_cast<double>(document.verbatim_bytes)),
                      document.title.empty() ? document.link : document.title, note_of(account));
      Json entry = {{"id", document.id},
                    {"version", document.version},
                    {"author", document.author_full_name},
                    {"platform", document.platform},
                    {"title", document.title},
                    {"link", document.link},
                    {"date", document.date},
                    {"verbatim_bytes", document.verbatim_bytes},
                    {"features", !document.features_key.empty()}};
      const OrderedJson told = to_json(account);
      for (const auto& [name, value] : told.items()) entry[name] = value;
      documents.push_back(std::move(entry));
    }
    session.print(fmt::format("{}: {} documents, {}, {} with features\n", author.full_name(),
                              own.size(), format_bytes(static_cast<double>(bytes)), ready));
    session.print(lines);
    if (!own.empty()) session.print(to_text(overview, wants_ascii()));
    writing[author.full_name()] = to_json(overview);
    authors.push_back({{"id", author.id},
                       {"name", author.full_name()},
                       {"documents", own.size()},
                       {"verbatim_bytes", bytes}});
  }
  const Json models = show_models(session), runs = show_runs(session);
  if (authors.empty()) {
    session.print(
        "Nothing collected yet: `twin collect --author \"First Last\" PATH` or "
        "`twin import DIR`.\n");
  } else {
    session.print(fmt::format("{} chunks indexed.\n", store.chunk_count()));
  }
  OrderedJson json = show_item_counts(session);
  json["authors"] = authors;
  json["documents"] = documents;
  json["writing"] = writing;
  json["models"] = models;
  json["runs"] = runs;
  json["chunks"] = store.chunk_count();
  session.print_json(json);
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
