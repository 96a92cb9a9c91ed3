#include "training/pages/run_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/http_client.h"
#include "base/progress.h"
#include "training/pages/page.h"
#include "training/pages/svg_plot.h"

namespace twin {
namespace {

namespace fs = std::filesystem;
using Points = RunCurves::Points;

constexpr const char* kReload = "<meta http-equiv=\"refresh\" content=\"10\">\n";

// One curve of a figure.
struct Curve {
  std::string field;  // of metrics.jsonl
  const char* css;
  const char* label = "";  // in the figure's key; empty: none
  bool smooth = false;     // the mean of the last steps, over the faint steps themselves
  bool dots = false;       // few and far between
};

struct Figure {
  const char* heading;
  const char* unit;
  const char* caption;
  std::vector<Curve> curves;
};

// No more points than a screen shows: means of neighbours.
Points thinned(const Points& points) {
  constexpr size_t kMost = 600;
  if (points.size() <= kMost) return points;
  Points means;
  for (size_t k = 0; k < kMost; ++k) {
    const size_t begin = k * points.size() / kMost, end = (k + 1) * points.size() / kMost;
    double x = 0, y = 0;
    for (size_t i = begin; i < end; ++i) {
      x += points[i].first;
      y += points[i].second;
    }
    const auto count = static_cast<double>(end - begin);
    means.emplace_back(x / count, y / count);
  }
  return means;
}

// The steps that a smooth line's mean is of: fewer where there are few, which it would lag behind.
size_t window_of(const RunCurves& run) { return std::clamp<size_t>(run.steps / 20, 1, 10); }

Points smoothed(const Points& points, size_t window) {
  Points smooth;
  double sum = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    sum += points[i].second;
    if (i >= window) sum -= points[i - window].second;
    smooth.emplace_back(points[i].first, sum / static_cast<double>(std::min(i + 1, window)));
  }
  return smooth;
}

SvgPlot::Range range_of(const std::vector<const Points*>& all) {
  double low = all.front()->front().second, high = low;
  for (const Points* points : all) {
    for (const auto& [x, y] : *points) {
      low = std::min(low, y);
      high = std::max(high, y);
    }
  }
  const double margin = high > low ? 0.05 * (high - low) : high != 0 ? 0.1 * std::abs(high) : 1;
  // What cannot be below nought is not shown as if it could.
  return {low >= 0 ? std::max(0.0, low - margin) : low - margin, high + margin};
}

std::string key_of(const Figure& figure, const RunCurves& run) {
  std::string key;
  for (const Curve& curve : figure.curves) {
    if (*curve.label == '\0' || !run.series.contains(curve.field)) continue;
    key += fmt::format("<span><i style=\"background:var(--{})\"></i>{}</span>", curve.css,
                       curve.label);
  }
  return key.empty() ? "" : fmt::format("<p class=\"key\">{}</p>\n", key);
}

// Nothing where the run has none of its curves.
std::string draw(const Figure& figure, const RunCurves& run) {
  std::vector<const Points*> all;
  for (const Curve& curve : figure.curves) {
    if (const auto found = run.series.find(curve.field); found != run.series.end()) {
      all.push_back(&found->second);
    }
  }
  if (all.empty()) return "";
  double last = std::max<double>(1, static_cast<double>(run.steps));
  if (run.plan && !run.finished()) last = std::max(last, static_cast<double>(run.plan->steps));
  SvgPlot plot(fmt::format("{} by step", figure.heading), {0, last}, range_of(all), 760, 240, 76);
  plot.x_axis("step");
  plot.y_axis(figure.unit);
  const size_t window = window_of(run);
  bool smooth = false;
  for (const Curve& curve : figure.curves) {
    const auto found = run.series.find(curve.field);
    if (found == run.series.end()) continue;
    const Points& points = found->second;
    if (curve.smooth && window > 1) {
      plot.line(thinned(points), "faint");
      plot.line(thinned(smoothed(points, window)), curve.css);
      smooth = true;
    } else {
      plot.line(thinned(points), curve.css);
    }
    if (curve.dots || points.size() == 1) {
      for (const auto& [x, y] : thinned(points)) plot.dot(x, y, curve.css);
    }
  }
  std::string caption = figure.caption;
  if (smooth) {
    caption += fmt::format("{}Faint: each step; the line: the mean of the last {}.",
                           caption.empty() ? "" : " ", window);
  }
  return fmt::format("<h2>{}</h2>\n{}<figure>{}<figcaption>{}</figcaption></figure>\n",
                     figure.heading, key_of(figure, run), plot.svg(), caption);
}

bool copies(const RunCurves& run) {
  const auto found = run.series.find("copied_share");
  return found != run.series.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [](const auto& point) { return point.second > 0; });
}

std::vector<Figure> figures_of(const RunCurves& run) {
  std::vector<Figure> figures = {
      {"Loss",
       "loss",
       "",
       {{"loss", "sft", "what it learns from", true},
        {"validation_loss", "author", "validation", false, true}}},
      {"Reward margins",
       "reward",
       "By how much the chosen answer is rewarded more than the rejected one.",
       {{"rewards/margins", "sft", "", true}}},
      {"Reward accuracies",
       "share of pairs",
       "How often the chosen answer has the higher reward.",
       {{"rewards/accuracies", "sft", "", true}}},
      {"Rewards",
       "reward",
       "beta times the log-probability, less the reference’s.",
       {{"rewards/chosen", "author", "chosen"}, {"rewards/rejected", "impostor", "rejected"}}},
      {"Learning rate", "rate", "", {{"learning_rate", "sft"}}},
      {"Gradient norm", "norm", "Before clipping.", {{"grad_norm", "sft", "", true}}},
      {"Speed",
       "tokens per second",
       "Prompts included.",
       {{"tokens_per_second", "sft", "", true}}}};
  if (copies(run)) {
    figures.push_back({"Copied 8-grams",
                       "share",
                       "Of what it answers to validation prompts: taken word for word from what it "
                       "learns.",
                       {{"copied_share", "impostor", "", false, true}}});
  }
  return figures;
}

std::string tiles(const RunCurves& run) {
  std::string html = "<div class=\"tiles\">\n";
  html += tile(fmt::format("{}", run.steps),
               run.plan ? fmt::format("of {} steps", run.plan->steps) : std::string("steps"));
  if (const auto loss = run.recent("loss")) {
    html += tile(fmt::format("{:.3f}", *loss), "loss, of the last ten steps");
  }
  if (const auto best = run.least("validation_loss")) {
    html += tile(fmt::format("{:.3f}", best->second),
                 fmt::format("least validation loss, at step {:.0f}", best->first));
  }
  if (const auto speed = run.recent("tokens_per_second")) {
    html += tile(fmt::format("{:.0f}", *speed), "tokens per second");
  }
  html += tile(format_duration(run.seconds), fmt::format("of steps, {:.0f} tokens", run.tokens));
  const auto pace = run.recent("seconds");
  if (run.plan && !run.finished() && pace && run.plan->steps > run.steps) {
    html += tile(format_duration(*pace * static_cast<double>(run.plan->steps - run.steps)),
                 "left at this pace");
  }
  return html + "</div>\n";
}

const char* state_of(const RunCurves& run) {
  if (run.finished()) return "Finished.";
  return "Not finished: it runs, or was interrupted; the same command goes on with it.";
}

std::string shown(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "–";
}

std::string page_of_all(const fs::path& runs) {
  std::string html = begin_page("Training runs", kReload);
  const std::vector<std::string> names = run_names(runs);
  if (names.empty()) return html + "<p>None yet: <code>twin train</code></p>\n" + kEndOfPage;
  html +=
      "<div class=\"wide\"><table><tr><th>run</th><th>what</th><th>steps</th><th>loss</th>"
      "<th>validation</th><th></th></tr>\n";
  for (const std::string& name : names) {
    const RunCurves run = read_run(runs / name);
    const auto best = run.least("validation_loss");
    html += fmt::format(
        "<tr><td><a href=\"/runs/{}\">{}</a></td><td>{}</td><td>{}{}</td><td>{}</td><td>{}</td>"
        "<td>{}</td></tr>\n",
        url_encode(name), escape_html(name), run.plan ? escape_html(run.plan->title) : "–",
        run.steps, run.plan ? fmt::format(" of {}", run.plan->steps) : "",
        shown(run.recent("loss")), shown(best ? std::optional(best->second) : std::nullopt),
        run.finished() ? "finished" : "not finished");
  }
  return html + "</table></div>\n" + kEndOfPage;
}

}  // namespace

std::string run_page(const RunCurves& run, bool link_to_all) {
  std::string html =
      begin_page(run.plan ? fmt::format("{}: {}", run.name, run.plan->title) : run.name,
                 run.finished() ? "" : kReload);
  if (link_to_all) html += "<p><a href=\"/runs\">All runs</a></p>\n";
  html += fmt::format("<p class=\"dim\">{}</p>\n", state_of(run));
  html += tiles(run);
  for (const Figure& figure : figures_of(run)) html += draw(figure, run);
  return html + kEndOfPage;
}

std::optional<std::string> served_run_page(const fs::path& runs, const std::string& name) {
  if (name.empty()) return page_of_all(runs);
  // Names that are there, and no others: never a path.
  const std::vector<std::string> names = run_names(runs);
  if (std::find(names.begin(), names.end(), name) == names.end()) return std::nullopt;
  return run_page(read_run(runs / name), true);
}

LivePage::LivePage(Context& context, const LearningRun& run, size_t steps)
    : context_(context), folder_(run.folder), plan_{run.name, steps, false} {
  write();
  context.log.info(fmt::format("its curves: {}", (folder_ / "page.html").string()));
}

LivePage::~LivePage() {
  if (!plan_.finished) write();
}

void LivePage::update() {
  if (std::chrono::steady_clock::now() >= next_) write();
}

void LivePage::finish() {
  plan_.finished = true;
  write();
}

void LivePage::write() {
  constexpr std::chrono::seconds kEvery{10};
  try {
    write_run_plan(folder_, plan_);
    write_file_atomic(folder_ / "page.html", run_page(read_run(folder_)));
  } catch (const std::exception& error) {
    if (!warned_) context_.log.warning(fmt::format("no page of the run: {}", error.what()));
    warned_ = true;
  }
  next_ = std::chrono::steady_clock::now() + kEvery;
}

}  // namespace twin
