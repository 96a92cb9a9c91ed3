#include "cli/collection_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace twin {

void print_collection_report(Session& session, std::string_view verb,
                             const CollectionReport& report) {
  std::string counts;
  for (const auto& [state, count] : report.states) {
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, state);
  }
  const auto count_of = [&](const char* state) {
    const auto found = report.states.find(state);
    return found == report.states.end() ? size_t{0} : found->second;
  };
  if (report.total() == 0) {
    session.print("Found nothing to read: no kind of text that is collected there.\n");
  } else if (count_of("unchanged") == report.total()) {
    session.print(fmt::format("Nothing changed: {} items, all as they were.\n", report.total()));
  } else {
    session.print(fmt::format("{} {} items: {}.\n", verb, report.total(), counts));
  }
  if (count_of("skipped") + count_of("failed") > 0) {
    session.print("`twin status --items` says why items were skipped or failed.\n");
  }
  for (const std::string& note : report.notes) session.print(fmt::format("Note: {}.\n", note));
  session.print_json(
      {{"items", report.states}, {"total", report.total()}, {"notes", report.notes}});
}

}  // namespace twin
