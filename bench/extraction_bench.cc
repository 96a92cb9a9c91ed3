// What is kept of web pages, beside what a person would keep: token F1 of each page of a folder
// laid out as NAME/source.html, expected.html, expected-metadata.json (mozilla/readability's test
// pages), how often title, byline, date and language are right, and the speed on one core.
//
//     extraction_bench [FOLDER] [--half even|odd] [--repeat N] [--show NAME]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "text/article/article.h"
#include "text/article/test_extraction.h"

namespace {

namespace fs = std::filesystem;
using namespace twin;
using namespace twin::test;

struct Options {
  fs::path folder = fs::path(TWIN_SOURCE_DIR) / "../shared/data/extraction/readability";
  std::string half, show;
  int repeat = 5;
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (i + 1 < argc && argument == "--half") {
      options.half = argv[++i];
    } else if (i + 1 < argc && argument == "--show") {
      options.show = argv[++i];
    } else if (i + 1 < argc && argument == "--repeat") {
      options.repeat = std::atoi(argv[++i]);
    } else {
      options.folder = argument;
    }
  }
  return options;
}

double seconds_for(const std::vector<LabelledPage>& pages) {
  const auto begin = std::chrono::steady_clock::now();
  for (const LabelledPage& page : pages) read_article(page.html, page.name);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  const std::vector<LabelledPage> pages = read_labelled_pages(options.folder, options.half);
  if (pages.empty()) {
    std::fprintf(stderr, "%s: no pages\n", options.folder.c_str());
    return 1;
  }
  const ExtractionMeasure measure = measure_extraction(pages);
  for (const PageMeasure& page : measure.pages) {
    if (!options.show.empty()) {
      if (page.name == options.show) std::printf("%s\n", page.reading.text.c_str());
      continue;
    }
    Json row = {{"page", page.name},
                {"f1", page.content.f1()},
                {"precision", page.content.precision},
                {"recall", page.content.recall}};
    for (const auto& [field, result] : page.fields) {
      if (!result.right) row["wrong"][field] = {result.expected, result.found};
    }
    std::puts(dump_json(row).c_str());
  }
  if (!options.show.empty()) return 0;
  size_t bytes = 0;
  for (const LabelledPage& page : pages) bytes += page.html.size();
  std::vector<double> speeds;
  for (int i = 0; i < options.repeat; ++i) {
    speeds.push_back(static_cast<double>(bytes) / 1e6 / seconds_for(pages));
  }
  std::sort(speeds.begin(), speeds.end());
  Json summary = {{"pages", pages.size()}, {"mean_f1", measure.mean_f1}};
  for (const auto& [field, rate] : measure.rates) {
    summary[field] = {{"stated", rate.stated}, {"right", rate.right}};
  }
  if (!speeds.empty()) {
    summary["mb_per_s"] = {
        {"median", speeds[speeds.size() / 2]}, {"least", speeds.front()}, {"most", speeds.back()}};
  }
  std::puts(dump_json(summary).c_str());
  return 0;
}
