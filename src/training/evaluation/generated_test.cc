#include "training/evaluation/generated.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/files.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPrompts = 12;

// Repeats a prompt's title, but for one prompt of which it does not come back.
class Parrot : public TextGenerator {
 public:
  explicit Parrot(std::string stuck = "") : stuck_(std::move(stuck)) {}

  Result write(const WritingPrompt& prompt, const SamplingOptions& options,
               const std::function<bool(std::string_view)>&) override {
    while (prompt.title == stuck_) std::this_thread::sleep_for(std::chrono::seconds(1));
    const std::lock_guard lock(mutex_);
    asked_.push_back(prompt.title);
    Result result;
    result.text = prompt.title + " with seed " + std::to_string(options.seed) + " é\n";
    return result;
  }
  std::string name() const override { return "parrot"; }
  const std::vector<std::string>& asked() const { return asked_; }

 private:
  std::string stuck_;
  std::mutex mutex_;
  std::vector<std::string> asked_;
};

class GeneratedTest : public ::testing::Test {
 protected:
  GeneratedTest() {
    fs::create_directories(folder_);
    for (size_t i = 0; i < kPrompts; ++i) {
      Sample sample;
      sample.document_id = "d" + std::to_string(i);
      sample.prompt.title = "title " + std::to_string(i);
      prompts_.push_back(sample);
    }
  }
  ~GeneratedTest() override { fs::remove_all(folder_); }

  std::vector<GeneratedPassage> generate(TextGenerator& generator, const std::string& key = "k") {
    QuietContext context(1);
    SamplingOptions sampling;
    sampling.seed = 3;
    return generate_passages(context, generator, prompts_, 0, sampling, file_, key);
  }

  size_t lines() const {
    if (!fs::exists(file_)) return 0;
    const std::string text = read_file(file_);
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  fs::path folder_ =
      fs::path(::testing::TempDir()) / ("twin_generated." + std::to_string(::getpid()));
  fs::path file_ = folder_ / "passages.jsonl";
  std::vector<Sample> prompts_;
};

// All but the stuck one are kept before it is finished, whatever they were written together with.
TEST_F(GeneratedTest, AKillLosesThePassageInHandAlone) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Parrot parrot("title 2");
    generate(parrot);
    ::_exit(0);
  }
  const auto start = std::chrono::steady_clock::now();
  while (lines() < kPrompts - 1 &&
         std::chrono::steady_clock::now() - start < std::chrono::minutes(2)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_EQ(lines(), kPrompts - 1);

  Parrot again;
  const std::vector<GeneratedPassage> passages = generate(again);
  EXPECT_EQ(again.asked(), std::vector<std::string>{"title 2"});
  const std::string resumed = read_file(file_);
  fs::remove(file_);
  Parrot undisturbed;
  const std::vector<GeneratedPassage> wanted = generate(undisturbed);
  EXPECT_EQ(undisturbed.asked().size(), kPrompts);
  EXPECT_EQ(resumed, read_file(file_));
  ASSERT_EQ(passages.size(), kPrompts);
  for (size_t i = 0; i < kPrompts; ++i) {
    EXPECT_EQ(passages[i].document_id, "d" + std::to_string(i));
    EXPECT_EQ(passages[i].text, wanted[i].text);
  }
}

TEST_F(GeneratedTest, ATornLineIsWrittenAnew) {
  Parrot first;
  generate(first);
  const std::string whole = read_file(file_);
  write_file_atomic(file_, whole.substr(0, whole.size() - 9));
  Parrot again;
  generate(again);
  EXPECT_EQ(again.asked(), std::vector<std::string>{"title 11"});
  EXPECT_EQ(read_file(file_), whole);
}

TEST_F(GeneratedTest, AnotherKeyBeginsAgain) {
  Parrot first, other;
  generate(first);
  generate(other, "another");
  EXPECT_EQ(other.asked().size(), kPrompts);
}

TEST_F(GeneratedTest, AnErrorIsThrownAndTheOthersAreKept) {
  class Broken : public Parrot {
   public:
    Result write(const WritingPrompt& prompt, const SamplingOptions& options,
                 const std::function<bool(std::string_view)>& on_text) override {
      if (prompt.title == "title 0") throw Error(ErrorCode::kFailed, "no more ink");
      return Parrot::write(prompt, options, on_text);
    }
  } broken;
  EXPECT_THROW(generate(broken), Error);
  EXPECT_EQ(lines(), broken.asked().size());
}

}  // namespace
}  // namespace twin
