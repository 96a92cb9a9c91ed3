#include "cli/collection_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace twin {
namespace {

std::string counted(const CollectionReport& report) {
  std::string counts;
  for (const auto& [state, count] : report.states) {
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, state);
  }
  return counts;
}

std::string items(size_t count) { return fmt::format("{} item{}", count, count == 1 ? "" : "s"); }

// The reasons of a state, and where the others stand.
void print_reasons(Session& session, const CollectionReport& report, std::string_view state) {
  size_t shown = 0;
  for (const CollectionReport::Refused& item : report.refused) {
    if (item.state != state || shown == CollectionReport::kMaxRefused) continue;
    session.print(fmt::format("  {}: {}: {}\n", item.state, item.source, item.reason));
    ++shown;
  }
}

}  // namespace

void print_collection_report(Session& session, std::string_view verb,
                             const CollectionReport& report) {
  const size_t failed = report.count("failed"), skipped = report.count("skipped");
  const bool nothing = failed + skipped == report.total();
  if (report.total() == 0) {
    session.print("Found nothing to read: no kind of text that is collected there.\n");
  } else if (report.count("unchanged") == report.total()) {
    session.print(fmt::format("Nothing changed: {}, all as they were.\n", items(report.total())));
  } else {
    session.print(fmt::format("{} {}: {}.\n", verb, items(report.total()), counted(report)));
  }
  print_reasons(session, report, "failed");
  if (nothing) print_reasons(session, report, "skipped");
  const size_t told = std::min(failed, CollectionReport::kMaxRefused) +
                      (nothing ? std::min(skipped, CollectionReport::kMaxRefused) : 0);
  if (failed + skipped > told) {
    session.print("`twin status --items` says why items were skipped or failed.\n");
  }
  for (const std::string& note : report.notes) session.print(fmt::format("Note: {}.\n", note));
  Json failures = Json::array();
  for (const CollectionReport::Refused& item : report.refused) {
    if (item.state == "failed")
      failures.push_back({{"source", item.source}, {"reason", item.reason}});
  }
  session.print_json({{"items", report.states},
                      {"total", report.total()},
                      {"failed", failures},
                      {"notes", report.notes}});
}

}  // namespace twin
