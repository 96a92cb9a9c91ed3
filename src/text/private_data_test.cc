#include "text/private_data.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "base/files.h"
#include "domain/masking.h"
#include "text/test_texts.h"

namespace twin {
namespace {

using Spans = std::vector<PrivateSpan>;

// A labelled case: tests/data/private_data says how they are written.
struct Case {
  bool letter = false;
  std::string text;
  Spans private_spans;
};

Case case_of(std::string_view line) {
  Case result;
  constexpr std::string_view kLetter = "letter|";
  result.letter = line.starts_with(kLetter);
  if (result.letter) line.remove_prefix(kLetter.size());
  for (size_t i = 0; i < line.size(); ++i) {
    const std::string_view rest = line.substr(i);
    if (rest.starts_with("{{")) {
      const size_t bar = rest.find('|');
      const auto kind = private_kind_from_name(rest.substr(2, bar - 2));
      result.private_spans.push_back({{result.text.size(), 0}, kind});
      i += bar;
    } else if (rest.starts_with("}}")) {
      result.private_spans.back().range.end = result.text.size();
      ++i;
    } else if (rest.starts_with("\\n")) {
      result.text += '\n';
      ++i;
    } else if (line[i] != '~' || line.find("{{secret|") == line.npos) {
      result.text += line[i];
    }
  }
  return result;
}

struct Counts {
  size_t labelled = 0, reached = 0, found = 0, right = 0;
  double recall() const { return static_cast<double>(reached) / static_cast<double>(labelled); }
  double precision() const { return static_cast<double>(right) / static_cast<double>(found); }
};

// Bytes of `range` that spans of `kind` cover.
size_t covered(ByteRange range, PrivateKind kind, const Spans& spans) {
  size_t bytes = 0;
  for (const PrivateSpan& span : spans) {
    const size_t begin = std::max(range.begin, span.range.begin);
    const size_t end = std::min(range.end, span.range.end);
    if (span.kind == kind && begin < end) bytes += end - begin;
  }
  return bytes;
}

// One is found if spans of its kind cover four fifths of it, and one found is right if four fifths
// of it are labelled as its kind.
std::map<PrivateKind, Counts> measure(const std::string& file) {
  std::map<PrivateKind, Counts> counts;
  const std::string lines = read_file(test::kTestData / "private_data" / file);
  size_t cases = 0;
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    const std::string line = lines.substr(begin, end - begin);
    begin = end + 1;
    if (line.empty() || line[0] == '#') continue;
    ++cases;
    const Case labelled = case_of(line);
    const Spans found =
        find_private_data(labelled.text, {.letter = labelled.letter, .own_name = "Ada Lovelace"});
    for (const PrivateSpan& span : labelled.private_spans) {
      ++counts[span.kind].labelled;
      const bool reached = 5 * covered(span.range, span.kind, found) >= 4 * span.range.size();
      counts[span.kind].reached += reached;
      if (!reached) std::cout << "missed " << name_of(span.kind) << ": " << line << '\n';
    }
    for (const PrivateSpan& span : found) {
      ++counts[span.kind].found;
      const bool right =
          5 * covered(span.range, span.kind, labelled.private_spans) >= 4 * span.range.size();
      counts[span.kind].right += right;
      if (!right) {
        std::cout << "false " << name_of(span.kind) << " '" << slice(labelled.text, span.range)
                  << "': " << line << '\n';
      }
    }
  }
  std::cout << file << ": " << cases << " cases\n";
  for (const auto& [kind, c] : counts) {
    std::cout << fmt::format("  {:<10} labelled {:>3}  recall {:.3f}  precision {:.3f}\n",
                             name_of(kind), c.labelled, c.recall(), c.precision());
  }
  return counts;
}

void expect_at_least(const std::map<PrivateKind, Counts>& counts, double recall, double precision) {
  EXPECT_EQ(counts.size(), 5u);
  for (const auto& [kind, c] : counts) {
    EXPECT_GE(c.recall(), recall) << name_of(kind);
    EXPECT_GE(c.precision(), precision) << name_of(kind);
  }
}

TEST(PrivateData, CasesItWasWrittenWithAreFound) {
  expect_at_least(measure("development.txt"), 0.99, 0.95);
}

TEST(PrivateData, CasesItHasNotSeenAreMostlyFound) {
  expect_at_least(measure("held_out.txt"), 0.94, 0.99);
}

TEST(PrivateData, SpansAreInOrderAndApart) {
  const std::string text =
      "Ada, +1 415 555 2671, ada@lovelace.org, 12 Baker Street, postgres://u:p4ss-Wo@h/x";
  size_t end = 0;
  for (const PrivateSpan& span : find_private_data(text)) {
    EXPECT_GE(span.range.begin, end);
    end = span.range.end;
  }
  EXPECT_EQ(masked(text, {0, text.size()}, find_private_data(text)),
            "Ada, [telephone], [e-mail], [address], postgres://[secret]@h/x");
}

TEST(PrivateData, WhatIsAllowedIsFoundAndNotMasked) {
  const std::string text = "ada@lovelace.org, mary@somerville.org, +1 415 555 2671";
  const auto masked_with = [&](std::string_view allow) {
    return masked(text, {0, text.size()},
                  find_private_data(text, {.allowance = privacy_allowance(allow)}));
  };
  EXPECT_EQ(masked_with(""), "[e-mail], [e-mail], [telephone]");
  EXPECT_EQ(masked_with("email"), "ada@lovelace.org, mary@somerville.org, [telephone]");
  EXPECT_EQ(masked_with("ADA@lovelace.org, +1-415-555-2671"),
            "ada@lovelace.org, [e-mail], +1 415 555 2671");
  EXPECT_EQ(find_private_data(text, {.allowance = privacy_allowance("email")}).size(), 3u);
}

TEST(PrivateData, AnyBytesAreAcceptedInLinearTime) {
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = test::random_text(random, 60);
    size_t end = 0;
    for (const PrivateSpan& span : find_private_data(text, {.letter = true})) {
      ASSERT_GE(span.range.begin, end);
      ASSERT_GT(span.range.end, span.range.begin);
      end = span.range.end;
      ASSERT_LE(end, text.size());
    }
  }
  for (std::string_view piece : {"1",
                                 "1 ",
                                 "0 1",
                                 "+1",
                                 "(0",
                                 "a@",
                                 "a.",
                                 "a@b.",
                                 "A ",
                                 "Aa ",
                                 "1 Aa ",
                                 "12 Aa Aa Street, ",
                                 "://a:",
                                 "eyJaaaaaaaaa.",
                                 "-----BEGIN PRIVATE KEY-----",
                                 "token=",
                                 "password=\"",
                                 "Dear ",
                                 "Anna ",
                                 "@aaa ",
                                 "sk-",
                                 "[at]",
                                 "a at b dot ",
                                 "\xc3\xa9",
                                 "Aa-"}) {
    std::string text;
    while (text.size() < 100'000) text += piece;
    find_private_data(text, {.letter = true});
  }
}

}  // namespace
}  // namespace twin
