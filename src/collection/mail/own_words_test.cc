#include "collection/mail/own_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "base/files.h"
#include "collection/mail/flowed.h"
#include "collection/mail/html_mail.h"
#include "text/unicode.h"

namespace twin {
namespace {

// A mail of tests/data/mail/labelled.txt.
struct LabelledMail {
  std::string name, type, body;
  std::string own, foreign;  // its text by whose it is
};

std::vector<LabelledMail> labelled_mails() {
  const std::string file = read_file(TWIN_SOURCE_DIR "/tests/data/mail/labelled.txt");
  std::vector<LabelledMail> mails;
  for (const std::string_view line : lines_of(file)) {
    if (line.starts_with("=== ")) {
      const size_t bar = line.find(" | ");
      mails.push_back(
          {std::string(line.substr(4, bar - 4)), std::string(line.substr(bar + 3)), "", "", ""});
    } else if (!mails.empty()) {
      const std::string_view text = line.substr(std::min<size_t>(2, line.size()));
      mails.back().body.append(text) += '\n';
      std::string& side = line.starts_with('+') ? mails.back().own : mails.back().foreign;
      side.append(text) += '\n';
    }
  }
  return mails;
}

// The words of a text, of HTML without its tags, sorted.
std::vector<std::string> sorted_words(const LabelledMail& mail, std::string text) {
  if (mail.type == "html") {
    std::string bare;
    bool tag = false;
    for (const char c : text) {
      tag = c == '<' || (tag && c != '>');
      bare += tag || c == '>' ? ' ' : c;
    }
    text = bare;
  }
  std::vector<std::string> found;
  for (const ByteRange range : words(text)) found.emplace_back(slice(text, range));
  std::sort(found.begin(), found.end());
  return found;
}

std::string reading(const LabelledMail& mail) {
  if (mail.type == "html") return html_mail_to_markdown(mail.body, mail.name);
  return mail.type == "flowed" ? unflow(mail.body, false) : mail.body;
}

size_t shared(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both.size();
}

// The figures of docs/collection.md.
TEST(OwnWords, LabelledMailsAreReadAsTheirAuthorWroteThem) {
  size_t own = 0, foreign = 0, kept = 0, kept_own = 0, exact = 0;
  const std::vector<LabelledMail> mails = labelled_mails();
  ASSERT_GE(mails.size(), 60u);
  for (const LabelledMail& mail : mails) {
    const std::string result = own_words(reading(mail), "Ada Lovelace");
    LabelledMail plain = mail;
    plain.type = "text";
    const auto own_of = sorted_words(mail, mail.own), foreign_of = sorted_words(mail, mail.foreign),
               kept_of = sorted_words(plain, result);
    const size_t common = shared(own_of, kept_of);
    own += own_of.size();
    foreign += foreign_of.size();
    kept += kept_of.size();
    kept_own += common;
    const bool right = common == own_of.size() && common == kept_of.size();
    exact += right;
    if (!right) std::printf("not exact: %s\n----\n%s----\n", mail.name.c_str(), result.c_str());
  }
  const size_t kept_foreign = kept - kept_own, lost = own - kept_own;
  const size_t removed = foreign - kept_foreign;
  const auto share = [](size_t part, size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  const double precision = share(removed, removed + lost), recall = share(removed, foreign);
  std::printf(
      "%zu mails, %zu exact; own words %zu, others' %zu; removal: precision %.4f, recall "
      "%.4f\n",
      mails.size(), exact, own, foreign, precision, recall);
  EXPECT_GE(precision, 0.99);
  EXPECT_GE(recall, 0.99);
}

TEST(OwnWords, WhatIsNotKeptLeavesOneBlankLine) {
  EXPECT_EQ(own_words("One.\n\n> q\n\nTwo.\n\n\nThree.\n", "Ada Lovelace"),
            "One.\n\nTwo.\n\n\nThree.\n");
}

TEST(OwnWords, OthersMailsAloneLeaveNothing) {
  EXPECT_EQ(own_words("---------- Forwarded message ---------\nFrom: B <b@x.org>\n\nHi\n", "A B"),
            "");
  EXPECT_EQ(own_words("> only\n> this\n", "A B"), "");
  EXPECT_EQ(own_words("", "A B"), "");
}

TEST(Unflow, JoinsFlowedLinesOfTheSameDepth) {
  EXPECT_EQ(unflow("a \nb\n>q \n>r\n c\n-- \nx\n", false), "a b\n> q r\nc\n-- \nx\n");
  EXPECT_EQ(unflow("wo \nrd\r\n", true), "word\n");
  EXPECT_EQ(unflow("open \n> q\n", false), "open \n> q\n");
  EXPECT_EQ(unflow("open \n-- \nx", false), "open \n-- \nx\n");
}

}  // namespace
}  // namespace twin
