#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/progress.h"
#include "cli/author_aliases.h"
#include "cli/command.h"
#include "cli/search_models.h"
#include "cli/training_settings.h"
#include "features/pipeline.h"
#include "features/vectors.h"

namespace twin {
namespace {

ChunkOptions chunk_options(Session& session) {
  ChunkOptions options;
  options.target_tokens = size_setting(session, "features.chunk.target_tokens", 8, 1'000'000);
  options.max_tokens = size_setting(session, "features.chunk.max_tokens", 8, 1'000'000);
  if (options.max_tokens < options.target_tokens) {
    throw Error(ErrorCode::kUsage, fmt::format("features.chunk.max_tokens ({}) is less than "
                                               "features.chunk.target_tokens ({})",
                                               options.max_tokens, options.target_tokens));
  }
  return options;
}

std::string share_lines(const FeaturesReport& report) {
  const double total = std::max<double>(1, static_cast<double>(report.verbatim_bytes));
  std::string lines;
  const auto add = [&](std::string_view label, size_t bytes) {
    lines +=
        fmt::format("  {:<24}{:>10}  {:5.1f}%\n", label, format_bytes(static_cast<double>(bytes)),
                    100 * static_cast<double>(bytes) / total);
  };
  for (const auto& [kind, bytes] : report.kept_bytes) add(name_of(kind), bytes);
  for (const auto& [reason, bytes] : report.set_aside_bytes) {
    add(fmt::format("not voice: {}", name_of(reason)), bytes);
  }
  for (const auto& [reason, bytes] : report.removed_bytes) {
    add(fmt::format("removed: {}", name_of(reason)), bytes);
  }
  return lines;
}

void run_features(Session& session) {
  const FeaturesReport report =
      update_features(session.context(), session.documents(), chunk_options(session),
                      {.voice = voice_allowance(session.settings().text("voice.allow")),
                       .privacy = privacy_allowance(session.settings().text("privacy.allow")),
                       .author = session.settings().text("author"),
                       .aliases = names_in(session.settings().text("author_aliases"))});
  if (report.documents == 0) {
    throw Error(ErrorCode::kUsage,
                "the workspace has no documents yet: `twin import DIR` or `twin collect --author "
                "\"First Last\" PATH` brings them in");
  }
  if (report.done == 0) {
    session.print(fmt::format("Nothing to do: {} documents, {} chunks, all up to date.\n",
                              report.documents, report.chunks));
  } else {
    session.print(fmt::format("{} documents cleaned, cut and indexed, {} unchanged; {} chunks.\n",
                              report.done, report.unchanged, report.chunks));
  }
  if (report.duplicates > 0) {
    session.print(fmt::format("{} documents say what another one says and are left out.\n",
                              report.duplicates));
  }
  session.print(share_lines(report));
  for (const auto& [kind, found] : report.private_found) {
    session.print(fmt::format("  {:<24}{:>10}, {} of them masked\n",
                              fmt::format("private: {}", name_of(kind)), found,
                              report.private_masked.at(kind)));
  }
  const SearchModels models =
      open_search_models(session, {.access = VectorAccess::kReplace, .to_search = false});
  VectorsReport embedded;
  if (models.embedder != nullptr) {
    embedded =
        update_vectors(session.context(), session.documents(), *models.vectors, *models.embedder);
    session.print(fmt::format("{} passages of {} documents embedded, {} documents unchanged",
                              embedded.passages, embedded.done, embedded.unchanged));
    session.print(embedded.long_passages == 0
                      ? ".\n"
                      : fmt::format("; {} passages longer than the model's {} tokens, in pieces.\n",
                                    embedded.long_passages, models.embedder->max_tokens()));
  }
  Json kept = Json::object(), set_aside = Json::object(), removed = Json::object();
  for (const auto& [kind, bytes] : report.kept_bytes) kept[std::string(name_of(kind))] = bytes;
  for (const auto& [reason, bytes] : report.set_aside_bytes) {
    set_aside[std::string(name_of(reason))] = bytes;
  }
  for (const auto& [reason, bytes] : report.removed_bytes) {
    removed[std::string(name_of(reason))] = bytes;
  }
  Json private_data = Json::object();
  for (const auto& [kind, found] : report.private_found) {
    private_data[std::string(name_of(kind))] = {{"found", found},
                                                {"masked", report.private_masked.at(kind)}};
  }
  session.print_json({{"documents", report.documents},
                      {"done", report.done},
                      {"unchanged", report.unchanged},
                      {"duplicates", report.duplicates},
                      {"chunks", report.chunks},
                      {"embedded_passages", embedded.passages},
                      {"embedded_documents", embedded.done},
                      {"verbatim_bytes", report.verbatim_bytes},
                      {"kept_bytes", kept},
                      {"set_aside_bytes", set_aside},
                      {"removed_bytes", removed},
                      {"private", private_data}});
}

}  // namespace

void add_features_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "features", "Find the author's own prose, cut it into passages, index them");
  command->footer(
      "Example:\n  twin features\n\n"
      "Only what changed is done again. `twin status --document ID` shows what was kept of a\n"
      "document and what was removed and why.");
  command->callback([&invocation] { invocation.run = run_features; });
}

}  // namespace twin
