#include "training/pages/run_page.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "training/metrics.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

class RunPage : public ::testing::Test {
 protected:
  RunPage() { fs::remove_all(runs_); }
  ~RunPage() override { fs::remove_all(runs_); }

  // A run as training writes it: each step, a validation every ten.
  fs::path learn(const std::string& name, size_t steps, bool pairs = false) {
    const fs::path folder = runs_ / name;
    fs::create_directories(folder);
    MetricsFile metrics(folder / "metrics.jsonl");
    for (size_t step = 1; step <= steps; ++step) {
      StepReport report;
      report.step = step;
      report.loss = 1 + 1 / static_cast<double>(step);
      report.learning_rate = 1e-4;
      report.grad_norm = 0.5;
      report.tokens = 100;
      report.seconds = 0.5;
      if (pairs) report.figures = {{"rewards/margins", 0.1}, {"rewards/accuracies", 0.75}};
      metrics.add(report);
      if (step % 10 == 0) {
        metrics.add(step, {1.5 + std::abs(static_cast<double>(step) - 20) / 100, 0}, false);
      }
    }
    return folder;
  }
  static bool says(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  }
  static size_t count(const std::string& text, const std::string& part) {
    size_t found = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
      ++found;
    }
    return found;
  }

  fs::path runs_ = fs::path(::testing::TempDir()) / ("twin_runs." + std::to_string(::getpid()));
};

TEST_F(RunPage, CurvesAreThoseOfTheMetrics) {
  const fs::path folder = learn("sft", 40);
  const RunCurves run = read_run(folder);
  EXPECT_EQ(run.name, "sft");
  EXPECT_EQ(run.steps, 40u);
  EXPECT_EQ(run.seconds, 20);
  EXPECT_EQ(run.tokens, 4000);
  EXPECT_FALSE(run.plan);
  EXPECT_EQ(run.series.at("loss").size(), 40u);
  EXPECT_EQ(run.series.at("loss").front(), std::pair(1.0, 2.0));
  EXPECT_EQ(run.series.at("validation_loss").size(), 4u);
  EXPECT_EQ(*run.least("validation_loss"), std::pair(20.0, 1.5));
  EXPECT_EQ(*run.recent("tokens_per_second"), 200);
  EXPECT_FALSE(run.recent("rewards/margins"));
}

TEST_F(RunPage, ShowsWhatTheRunMeasures) {
  const std::string page = run_page(read_run(learn("sft", 40)));
  for (const char* heading : {"Loss", "Learning rate", "Gradient norm", "Speed"}) {
    EXPECT_TRUE(says(page, ("<h2>" + std::string(heading) + "</h2>").c_str())) << heading;
  }
  EXPECT_EQ(count(page, "<svg"), 4u);
  EXPECT_EQ(count(page, "<circle"), 4u) << "validations";
  EXPECT_TRUE(says(page, "least validation loss, at step 20"));
  EXPECT_FALSE(says(page, "Reward"));
  EXPECT_FALSE(says(page, "nan"));
  EXPECT_FALSE(says(page, "http://") && says(page, "<script"));
  const std::string pairs = run_page(read_run(learn("dpo", 12, true)));
  EXPECT_TRUE(says(pairs, "<h2>Reward margins</h2>"));
  EXPECT_TRUE(says(pairs, "<h2>Reward accuracies</h2>"));
  EXPECT_EQ(count(pairs, "<svg"), 6u);
}

TEST_F(RunPage, LongRunsStaySmallAndShortOnesAreDrawn) {
  EXPECT_LT(run_page(read_run(learn("long", 5000))).size(), 120'000u);
  const std::string one = run_page(read_run(learn("one", 1)));
  EXPECT_EQ(count(one, "<svg"), 4u);
  EXPECT_FALSE(says(one, "nan"));
  EXPECT_FALSE(says(one, "inf"));
  EXPECT_EQ(count(run_page(read_run(runs_ / "none")), "<svg"), 0u);
}

TEST_F(RunPage, LiveUntilItEnds) {
  QuietContext context(1);
  const fs::path folder = learn("sft", 5);
  LivePage page(context, {"SFT <LoRA>", folder, "key"}, 10);
  std::string html = read_file(folder / "page.html");
  EXPECT_TRUE(says(html, "http-equiv=\"refresh\""));
  EXPECT_TRUE(says(html, "SFT &lt;LoRA&gt;"));
  EXPECT_TRUE(says(html, "of 10 steps"));
  EXPECT_TRUE(says(html, "left at this pace"));
  EXPECT_FALSE(read_run(folder).finished());
  learn("sft", 7);
  page.update();
  EXPECT_EQ(read_file(folder / "page.html"), html) << "not ten seconds later";
  page.finish();
  html = read_file(folder / "page.html");
  EXPECT_FALSE(says(html, "http-equiv=\"refresh\""));
  EXPECT_TRUE(says(html, "Finished."));
  EXPECT_TRUE(to_json(read_run(folder))["finished"]);
}

TEST_F(RunPage, InterruptedRunsPageHasItsLastStep) {
  QuietContext context(1);
  const fs::path folder = learn("sft", 5);
  {
    const LivePage page(context, {"SFT", folder, "key"}, 10);
    learn("sft", 7);
  }
  const std::string html = read_file(folder / "page.html");
  EXPECT_TRUE(says(html, "<b>7</b><span>of 10 steps"));
  EXPECT_TRUE(says(html, "Not finished"));
}

TEST_F(RunPage, APageThatCannotBeWrittenStopsNoRun) {
  QuietContext context(1);
  const fs::path folder = learn("sft", 5);
  write_file_atomic(folder / "plan.json", "{");
  fs::create_directories(folder / "page.html");
  EXPECT_NO_THROW(LivePage(context, {"SFT", folder, "key"}, 10));
}

TEST_F(RunPage, ACutLineIsLeftOutAndADamagedOneNamed) {
  const fs::path folder = learn("sft", 3);
  const std::string whole = read_file(folder / "metrics.jsonl");
  write_file_atomic(folder / "metrics.jsonl", whole + R"({"step": 4, "lo)");
  EXPECT_EQ(read_run(folder).steps, 3u);
  for (const char* damaged : {"{\n", "[1]\n", "{\"step\": -1}\n", "{\"step\": \"a\"}\n"}) {
    write_file_atomic(folder / "metrics.jsonl", whole + damaged);
    try {
      read_run(folder);
      ADD_FAILURE() << damaged;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_TRUE(says(error.what(), "line 4")) << error.what();
    }
  }
}

TEST_F(RunPage, ServedByNameAlone) {
  EXPECT_TRUE(says(*served_run_page(runs_, ""), "None yet"));
  learn("sft-a b", 20);
  learn("base", 3);
  fs::create_directories(runs_ / "evaluate");
  EXPECT_EQ(run_names(runs_), (std::vector<std::string>{"base", "sft-a b"}));
  const std::string all = *served_run_page(runs_, "");
  EXPECT_TRUE(says(all, "href=\"/runs/sft-a%20b\""));
  EXPECT_TRUE(says(*served_run_page(runs_, "sft-a b"), "href=\"/runs\""));
  for (const char* name : {"..", ".", "evaluate", "base/", "../runs/base", "no"}) {
    EXPECT_FALSE(served_run_page(runs_, name)) << name;
  }
}

}  // namespace
}  // namespace twin
