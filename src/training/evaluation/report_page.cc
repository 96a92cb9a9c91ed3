#include "training/evaluation/report_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "training/pages/page.h"
#include "training/pages/svg_plot.h"

namespace twin {
namespace {

double at(const OrderedJson& value) { return value.is_number() ? value.get<double>() : 0; }

std::string number(const OrderedJson& value, int digits = 3) {
  return value.is_number() ? fmt::format("{:.{}f}", value.get<double>(), digits) : "–";
}

std::string interval(const OrderedJson& value, int digits = 3) {
  if (!value.is_array()) return "";
  return fmt::format("{} to {}", number(value[0], digits), number(value[1], digits));
}

std::string percent(const OrderedJson& value, int digits = 0) {
  return value.is_number() ? fmt::format("{:.{}f}%", 100 * value.get<double>(), digits) : "–";
}

std::string text(const OrderedJson& value) { return escape_html(value.get<std::string>()); }

std::string tiles(const OrderedJson& e) {
  const OrderedJson& style = e["style"];
  std::string html = "<div class=\"tiles\">\n";
  if (style["auc"].is_number()) {
    html +=
        tile(number(style["auc"]), fmt::format("AUC of the style measure: how well it tells the "
                                               "author from others (95%: {})",
                                               interval(style["auc_95"])));
  }
  const OrderedJson& twin = style.contains("dpo") ? style["dpo"] : style["sft"];
  html += tile(percent(twin.is_null() ? OrderedJson() : twin["position"]),
               "of the way from other people’s style to the author’s own, what the twin writes");
  if (!e["loss"]["author"].is_null()) {
    html += tile(fmt::format("{:+.3f}", at(e["loss"]["author"]["change"])),
                 fmt::format("change in loss on the author’s unseen texts (95%: {})",
                             interval(e["loss"]["author"]["change_95"])));
  }
  if (!e["loss"]["impostor"].is_null()) {
    html += tile(fmt::format("{:+.3f}", at(e["loss"]["impostor"]["change"])),
                 fmt::format("the same on other people’s unseen texts (95%: {})",
                             interval(e["loss"]["impostor"]["change_95"])));
  }
  html +=
      tile(percent(e["copy"]["eight_gram_share"], 1),
           fmt::format("of its 8-word runs stand in the training texts; the author’s own unseen "
                       "texts: {}",
                       percent(e["copy"]["real"]["eight_gram_share"], 1)));
  return html + "</div>\n";
}

bool has_dpo(const OrderedJson& e) { return e["style"].contains("dpo"); }

struct Row {
  const char* label;
  const char* css;
  const OrderedJson& style;
  const char* copy;  // its key under "copy"; null: none
};

std::vector<Row> rows_of(const OrderedJson& e) {
  const OrderedJson& style = e["style"];
  std::vector<Row> rows = {{"author, held out", "author", style["real"], "real"}};
  if (has_dpo(e)) rows.push_back({"twin (DPO) writes", "dpo", style["dpo"], "dpo"});
  rows.push_back({"twin (SFT) writes", "sft", style["sft"], "sft"});
  rows.push_back({"base writes", "base", style["base"], "base"});
  rows.push_back({"others, held out", "impostor", style["impostor"], nullptr});
  return rows;
}

std::string style_figure(const OrderedJson& e) {
  const OrderedJson& style = e["style"];
  double low = at(style["floor"]), high = at(style["ceiling"]);
  const std::vector<Row> rows = rows_of(e);
  const auto height = static_cast<double>(rows.size());
  for (const Row& row : rows) {
    if (row.style.is_null()) continue;
    for (const OrderedJson& score : row.style["scores"]) {
      low = std::min(low, at(score));
      high = std::max(high, at(score));
    }
  }
  const double margin = std::max(1e-3, 0.05 * (high - low));
  SvgPlot plot("Style score of each passage", {low - margin, high + margin}, {0, height}, 760,
               20 + 60 * height, 130);
  plot.x_axis("style score: higher is more like the author, 0 as near to the author as to others");
  plot.segment(at(style["floor"]), 0, at(style["floor"]), height, "guide impostor");
  plot.segment(at(style["ceiling"]), 0, at(style["ceiling"]), height, "guide author");
  double y = height - 0.5;
  for (const Row& row : rows) {
    plot.text(low - margin, y, row.label, "strong", "end", -10);
    if (!row.style.is_null()) {
      size_t i = 0;
      for (const OrderedJson& score : row.style["scores"]) {
        // Spread so that equal scores stay apart; a fixed pattern, not chance.
        plot.dot(at(score), y + 0.12 * (static_cast<double>(i++ % 5) - 2), row.css);
      }
      const OrderedJson& ends = row.style["score_95"];
      plot.segment(at(ends[0]), y, at(ends[1]), y, fmt::format("mark {}", row.css));
    }
    y -= 1;
  }
  return fmt::format(
      "<figure>{}<figcaption>One dot is one passage; the thick line is the 95% interval of the "
      "mean (bootstrap over documents, over passages where a model wrote). Dashed: the others’ "
      "floor and the author’s ceiling, both on texts no model was trained on. Delta: Burrows’ "
      "distance to the author’s average. Copied: share of 8-word runs that stand in the training "
      "texts.</figcaption></figure>",
      plot.svg());
}

std::string style_table(const OrderedJson& e) {
  std::string html =
      "<div class=\"wide\"><table><tr><th></th><th>score</th><th>95%</th><th>on the way</th>"
      "<th>Delta</th><th>95%</th><th>copied</th><th>longest</th></tr>\n";
  for (const Row& row : rows_of(e)) {
    if (row.style.is_null()) continue;
    html += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>",
                        row.label, number(row.style["score"]), interval(row.style["score_95"]),
                        percent(row.style["position"]), number(row.style["delta"]),
                        interval(row.style["delta_95"]));
    html += row.copy == nullptr
                ? "<td>–</td><td>–</td></tr>\n"
                : fmt::format("<td>{}</td><td>{} words</td></tr>\n",
                              percent(e["copy"][row.copy]["eight_gram_share"], 1),
                              e["copy"][row.copy]["longest_run_words"].get<size_t>());
  }
  return html + "</table></div>\n";
}

std::string separation_figure(const OrderedJson& e) {
  const OrderedJson& style = e["style"];
  if (!style["auc"].is_number()) {
    return "<p class=\"dim\">No other author is collected: average English stands in for them, and "
           "there is nobody to tell the author from.</p>";
  }
  constexpr size_t kBins = 30;
  double low = 1e9, high = -1e9;
  for (const char* key : {"author_scores", "impostor_scores"}) {
    for (const OrderedJson& score : style[key]) {
      low = std::min(low, at(score));
      high = std::max(high, at(score));
    }
  }
  if (!(high > low)) high = low + 1;
  const double width = (high - low) / kBins;
  std::vector<std::vector<double>> bins(2, std::vector<double>(kBins, 0.0));
  double most = 0;
  for (size_t k = 0; k < 2; ++k) {
    for (const OrderedJson& score : style[k == 0 ? "author_scores" : "impostor_scores"]) {
      const auto bin = std::min(kBins - 1, static_cast<size_t>((at(score) - low) / width));
      most = std::max(most, ++bins[k][bin]);
    }
  }
  SvgPlot plot("Scores of real passages, author and others", {low, high}, {0, most * 1.05}, 760,
               240);
  plot.x_axis("style score");
  plot.y_axis("passages");
  for (size_t k = 0; k < 2; ++k) {
    for (size_t b = 0; b < kBins; ++b) {
      const double x = low + static_cast<double>(b) * width;
      if (bins[k][b] > 0) plot.bar(x, x + width * 0.94, bins[k][b], k == 0 ? "author" : "impostor");
    }
  }
  return fmt::format(
      "<figure>{}<figcaption>Every real passage of {} words, scored by a measure that never saw "
      "its "
      "document. AUC {} (95%: {}), accuracy {} at the best threshold.</figcaption></figure>",
      plot.svg(), style["passage_words"].get<size_t>(), number(style["auc"]),
      interval(style["auc_95"]), percent(style["accuracy"], 1));
}

std::string loss_figure(const OrderedJson& loss) {
  double most = 0;
  for (const char* who : {"author", "impostor"}) {
    if (loss[who].is_null()) continue;
    most = std::max({most, at(loss[who]["base"]), at(loss[who]["sft"])});
  }
  SvgPlot plot("Loss on held-out documents", {0, 6}, {0, std::max(0.1, most * 1.15)}, 760, 240);
  plot.y_axis("nats per token");
  double x = 0.5;
  for (const char* who : {"author", "impostor"}) {
    if (!loss[who].is_null()) {
      const bool author = std::string_view(who) == "author";
      plot.bar(x, x + 1, at(loss[who]["base"]), "base");
      plot.text(x + 0.5, at(loss[who]["base"]), number(loss[who]["base"]), "strong", "middle", 0,
                -6);
      plot.bar(x + 1.1, x + 2.1, at(loss[who]["sft"]), "sft");
      plot.text(x + 1.6, at(loss[who]["sft"]), number(loss[who]["sft"]), "strong", "middle", 0, -6);
      plot.text(x + 1.05, 0, author ? "the author’s texts" : "other people’s texts", "strong",
                "middle", 0, 18);
    }
    x += 2.9;
  }
  return plot.svg();
}

std::string curve_figure(const OrderedJson& training) {
  double steps = 1, most = 0, least = 1e9;
  for (const char* run : {"base", "sft"}) {  // DPO's is of another kind
    for (const OrderedJson& point : training[run]) {
      steps = std::max(steps, at(point[0]));
      most = std::max(most, at(point[1]));
      least = std::min(least, at(point[1]));
    }
  }
  if (most == 0) return "";
  SvgPlot plot("Training loss", {0, steps}, {std::floor(least), std::ceil(most)}, 760, 260);
  plot.x_axis("step");
  plot.y_axis("loss while training");
  for (const char* run : {"base", "sft"}) {
    std::vector<std::pair<double, double>> points;
    for (const OrderedJson& point : training[run]) points.emplace_back(at(point[0]), at(point[1]));
    plot.line(points, run);
  }
  return fmt::format("<figure>{}</figure>", plot.svg());
}

std::string sentence_figure(const OrderedJson& profile) {
  double most = 0.05;
  for (const auto& [who, p] : profile.items()) {
    for (const OrderedJson& share : p["sentence_length_shares"]) most = std::max(most, at(share));
  }
  SvgPlot plot("Sentence lengths", {0, 48}, {0, most * 1.1}, 760, 250);
  plot.x_axis("words in a sentence (the last point: 45 and more)");
  plot.y_axis("share of sentences");
  for (const auto& [who, p] : profile.items()) {
    std::vector<std::pair<double, double>> points;
    double x = 2.5;
    for (const OrderedJson& share : p["sentence_length_shares"]) {
      points.emplace_back(x, at(share));
      x += 4;
    }
    plot.line(points, who == "impostors" ? "impostor" : who);
  }
  return fmt::format("<figure>{}</figure>", plot.svg());
}

std::string profile_table(const OrderedJson& profile) {
  std::string html = "<div class=\"wide\"><table><tr><th></th>";
  std::vector<const char*> heads = {"author", "twin (SFT)", "base", "others"};
  std::vector<const char*> keys = {"author", "sft", "base", "impostors"};
  if (profile.contains("dpo")) {
    heads.insert(heads.begin() + 1, "twin (DPO)");
    keys.insert(keys.begin() + 1, "dpo");
  }
  for (const char* head : heads) html += fmt::format("<th>{}</th>", head);
  html += "</tr>\n";
  const auto row = [&](const std::string& label, const auto& value) {
    html += fmt::format("<tr><td>{}</td>", escape_html(label));
    for (const char* key : keys) {
      html += fmt::format("<td>{}</td>",
                          profile.contains(key) ? value(profile[key]) : std::string("–"));
    }
    html += "</tr>\n";
  };
  row("words a sentence", [](const OrderedJson& p) { return number(p["mean_sentence_words"], 1); });
  row("deviation", [](const OrderedJson& p) { return number(p["sd_sentence_words"], 1); });
  row("different words of 500",
      [](const OrderedJson& p) { return percent(p["type_token_ratio"]); });
  for (const auto& [name, rate] : profile["author"]["punctuation_per_1000_characters"].items()) {
    const std::string key = name;
    row(key + ", per 1000 characters",
        [&](const OrderedJson& p) { return number(p["punctuation_per_1000_characters"][key], 2); });
  }
  return html + "</table></div>\n";
}

std::string samples(const OrderedJson& e) {
  std::string html;
  for (const OrderedJson& sample : e["samples"][has_dpo(e) ? "dpo" : "sft"]) {
    html += fmt::format("<p class=\"dim\">“{}”, the twin:</p><blockquote>{}</blockquote>\n",
                        text(sample["title"]), text(sample["text"]));
  }
  return html;
}

std::string preference_row(const char* label, const OrderedJson& preference) {
  return fmt::format("<tr><td>{}</td><td>{}</td><td>{} to {}</td><td>{}</td><td>{}</td></tr>\n",
                     label, percent(preference["share"], 1), percent(preference["share_95"][0], 1),
                     percent(preference["share_95"][1], 1), number(preference["margin"]),
                     interval(preference["margin_95"]));
}

// How often the author's own passage is the likelier one.
std::string preference_table(const OrderedJson& preference) {
  if (preference.is_null()) return "<p class=\"dim\">No held-out passage could be paired.</p>\n";
  const OrderedJson& answers = preference["answers"];
  std::string html = fmt::format(
      "<p>{} held-out passages, each beside what the model after SFT writes for the same prompt, "
      "made as long ({:.2f} times, in tokens). Share: how often the author’s is the likelier one, "
      "per token; margin: by how many nats a token.</p>\n<div class=\"wide\"><table><tr><th></th>"
      "<th>share</th><th>95%</th><th>margin</th><th>95%</th></tr>\n",
      answers["pairs"].get<size_t>(), at(answers["length_ratio"]));
  html += preference_row("base", preference["base"]);
  html += preference_row("SFT", preference["sft"]);
  if (preference.contains("dpo")) html += preference_row("DPO", preference["dpo"]);
  if (preference.contains("dpo_own")) {
    html += preference_row("DPO, beside its own answers", preference["dpo_own"]);
  }
  html += "</table></div>\n";
  if (preference.contains("dpo")) {
    const OrderedJson& reward = preference["dpo"]["reward"];
    html += fmt::format(
        "<p>By DPO’s reward, its log-probability less that of SFT, the author’s passage is "
        "preferred in {} (95%: {} to {}).</p>\n",
        percent(reward["share"], 1), percent(reward["share_95"][0], 1),
        percent(reward["share_95"][1], 1));
  }
  return html;
}

constexpr const char* kKey =
    "<p class=\"key\"><span><i style=\"background:var(--author)\"></i>the author</span>"
    "<span><i style=\"background:var(--sft)\"></i>the twin (after SFT)</span>"
    "<span><i style=\"background:var(--dpo)\"></i>after DPO, where there was one</span>"
    "<span><i style=\"background:var(--base)\"></i>the base model</span>"
    "<span><i style=\"background:var(--impostor)\"></i>others</span></p>\n";

}  // namespace

std::string report_page(const OrderedJson& e) {
  const std::string title = "The twin of " + e["author"].get<std::string>();
  std::string html = begin_page(title);
  if (e["bundled_reference"]) {
    html +=
        "<p class=\"dim\">Measured against average English: no other author is collected.</p>\n";
  } else {
    const auto names = e["impostors"].get<std::vector<std::string>>();
    html += fmt::format("<p class=\"dim\">Measured against {}.</p>\n",
                        escape_html(fmt::format("{}", fmt::join(names, ", "))));
  }
  html += tiles(e);
  html += kKey;
  html += "<h2>Does it sound like the author?</h2>\n" + style_figure(e) + style_table(e);
  html += "<h2>Can the measure be trusted?</h2>\n" + separation_figure(e);
  html +=
      "<h2>Did it learn the author, or just to write?</h2>\n<p>Loss on documents kept out of all "
      "training: lower is better. Fine-tuning should lower the author’s more than other "
      "people’s.</p>\n<figure>" +
      loss_figure(e["loss"]) + "</figure>\n";
  html += "<h2>Does it prefer the author’s words to its own?</h2>\n" +
          preference_table(e["preference"]);
  html += "<h2>Sentences</h2>\n" + sentence_figure(e["profile"]);
  html += "<h2>Habits</h2>\n" + profile_table(e["profile"]);
  html += "<h2>Training</h2>\n" + curve_figure(e["training"]);
  html +=
      "<h2>What it writes</h2>\n<p>For titles and headings of the author’s held-out "
      "documents, unedited:</p>\n" +
      samples(e);
  return html + kEndOfPage;
}

}  // namespace twin
