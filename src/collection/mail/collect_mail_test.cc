#include "collection/mail/collect_mail.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/files.h"
#include "collection/files.h"
#include "collection/mail/author_addresses.h"
#include "collection/mail/mail_kind.h"
#include "collection/mail/message.h"
#include "collection/mail/subject.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

std::string mail(const std::string& id, const std::string& headers, const std::string& body,
                 const std::string& from = "Ada Lovelace <ada@example.org>") {
  return fmt::format(
      "From: {}\nTo: Bob <bob@example.org>\nSubject: Re: Brass\nDate: Tue, 5 Mar 2024 10:11:12 "
      "+0100\nMessage-ID: <{}>\n{}\n{}",
      from, id, headers, body);
}

const char kSeparator[] = "From ada@example.org Tue Mar  5 10:11:12 2024\n";

class CollectMail : public ::testing::Test {
 protected:
  CollectMail()
      : folder_(fs::path(::testing::TempDir()) / fmt::format("twin_mail_test_{}", getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~CollectMail() override { fs::remove_all(folder_); }

  void write(const fs::path& name, std::string_view bytes) {
    write_file_atomic(folder_ / name, bytes);
  }
  CollectionReport collect(FileOptions options = {}) {
    return collect_files(context_, *store_, author_, {folder_}, options);
  }
  std::string state(const std::string& source) {
    const auto item = store_->item(source);
    return item ? item->state + ": " + item->reason : "no item";
  }
  RawDocument document(const std::string& id) {
    const auto item = store_->item("mid:" + id);
    if (!item || item->document_id.empty()) return {};
    return *store_->document(item->document_id);
  }

  using States = std::map<std::string, size_t>;
  fs::path folder_;
  QuietContext context_;
  Author author_ = author_from_full_name("Ada Lovelace");
  std::unique_ptr<DocumentStore> store_ = open_sqlite_document_store(":memory:");
};

// Some programs break ids where a subject went into them: "<Re: looms.1@x>".
TEST_F(CollectMail, MailsWithTheSameHalfOfAnIdAreTwo) {
  write("Sent.mbox",
        kSeparator + mail("Re", "", "One.\n") + "\n" + kSeparator + mail("Re", "", "Two.\n"));
  EXPECT_EQ(collect().states, (States{{"new", 2}}));
}

TEST_F(CollectMail, AMailboxGivesTheAuthorsMails) {
  const std::string own = mail("1@x", "", "Fine.\n\n>From here it is quoted\n\n>>From Bob\n");
  write("Sent.mbox", kSeparator + own + "\n" + kSeparator +
                         mail("2@x", "", "Mine?\n", "Bob Miller <bob@example.org>") + "\n" +
                         kSeparator +
                         mail("3@x", "", "From my bare address.\n", "ada@example.org"));
  const CollectionReport report = collect();
  EXPECT_EQ(report.states, (States{{"new", 2}}));
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_EQ(report.notes[0],
            "taken for addresses of Ada Lovelace by name: ada@example.org (2 mails); --email says "
            "otherwise");
  const RawDocument found = document("1@x");
  EXPECT_EQ(found.verbatim, "Fine.\n\nFrom here it is quoted\n");
  EXPECT_TRUE(found.raw.starts_with("From: Ada Lovelace"));
  EXPECT_TRUE(found.raw.ends_with("\nFrom here it is quoted\n\n>From Bob\n"));
  EXPECT_EQ(found.title, "Brass");
  EXPECT_EQ(found.date, "2024-03-05T10:11:12+01:00");
  EXPECT_EQ(found.genre, "mail");
  EXPECT_EQ(found.category, Category::kPosts);
  EXPECT_EQ(found.extractor, kMailExtractor);
  EXPECT_EQ(found.link, "mid:1@x");
  EXPECT_NE(found.headers.find("to: Bob <bob@example.org>"), std::string::npos);
  EXPECT_EQ(state((folder_ / "Sent.mbox").string()), "read: 3 mails, 2 of them by the author");
  EXPECT_EQ(state("mid:2@x"), "no item");
  EXPECT_EQ(collect().states, (States{{"unchanged", 2}}));
}

TEST_F(CollectMail, GivenAddressesAreTheOnlyOnes) {
  write("all", kSeparator + mail("1@x", "", "One.\n") + "\n" + kSeparator +
                   mail("2@x", "", "Two.\n", "A <AL@Example.net>"));
  FileOptions options;
  options.mail_addresses = {"al@example.NET"};
  EXPECT_EQ(collect(options).states, (States{{"new", 1}}));
  EXPECT_EQ(document("2@x").verbatim, "Two.\n");
}

TEST_F(CollectMail, WhatNobodyWroteIsSkippedWithItsReason) {
  const auto part = [](const char* type, const char* body) {
    return mail("6@x", fmt::format("MIME-Version: 1.0\nContent-Type: {}\n", type), body);
  };
  std::string all;
  for (const std::string& message :
       {mail("1@x", "X-Gmail-Labels: =?UTF-8?Q?Wichtig,Entw=C3=BCrfe?=\n", "A draft.\n"),
        mail("2@x", "Auto-Submitted: auto-replied\n", "I am away.\n"),
        mail("3@x", "List-Unsubscribe: <http://x>\n", "News.\n"),
        mail("4@x", "List-Unsubscribe: <http://x>\nList-Post: <mailto:l@x>\n", "To the list.\n"),
        mail("5@x", "", "> all quoted\n"),
        part("text/calendar; method=REPLY", "BEGIN:VCALENDAR\n")}) {
    all += kSeparator + message + "\n";
  }
  write("all.mbox", all);
  write("Junk", kSeparator + mail("7@x", "", "Spam.\n"));
  EXPECT_EQ(collect().states, (States{{"new", 1}, {"skipped", 6}}));
  EXPECT_EQ(state("mid:1@x"), "skipped: a draft");
  EXPECT_EQ(state("mid:2@x"), "skipped: automatic (Auto-Submitted: auto-replied)");
  EXPECT_EQ(state("mid:3@x"), "skipped: mass mail (List-Unsubscribe)");
  EXPECT_EQ(document("4@x").verbatim, "To the list.\n");
  EXPECT_EQ(state("mid:5@x"), "skipped: nothing of the author's own: quotations and a signature");
  EXPECT_EQ(state("mid:6@x"), "skipped: automatic (an invitation or the answer to one)");
  EXPECT_EQ(state("mid:7@x"), "skipped: spam");
}

TEST_F(CollectMail, CopiesAndChangedFlagsAreTheSameMail) {
  write("a.mbox", kSeparator + mail("1@x", "Status: O\n", "One.\n") + "\n" + kSeparator +
                      mail("1@x", "Status: RO\n", "One.\n"));
  const CollectionReport report = collect();
  EXPECT_EQ(report.states, (States{{"new", 1}}));
  EXPECT_EQ(report.notes.back(), "1 mails were there more than once");
  write("a.mbox", kSeparator + mail("1@x", "Status: RO\n", "One.\n"));
  EXPECT_EQ(collect().states, (States{{"unchanged", 1}}));
}

TEST_F(CollectMail, MaildirFoldersAreReadWithTheirFlags) {
  write("Mail/cur/1:2,S", mail("1@x", "", "Inbox.\n"));
  write("Mail/new/2", mail("2@x", "", "New.\n"));
  write("Mail/cur/3:2,ST", mail("3@x", "", "Trashed.\n"));
  write("Mail/tmp/4", mail("4@x", "", "Not delivered.\n"));
  write("Mail/.Drafts/cur/5:2,", mail("5@x", "", "Draft.\n"));
  write("Mail/.Sent/cur/6:2,S", mail("6@x", "", "Sent.\n"));
  write("single.eml", mail("7@x", "", "Single.\n"));
  write("other.eml", mail("8@x", "", "Other.\n", "Bob <bob@example.org>"));
  const std::string apple = mail("9@x", "", "Apple.\n");
  write("apple.emlx", fmt::format("{}\n{}<?xml version=\"1.0\"?>", apple.size(), apple));
  EXPECT_EQ(collect().states, (States{{"new", 5}, {"skipped", 3}}));
  EXPECT_EQ(state("mid:3@x"), "skipped: deleted");
  EXPECT_EQ(state("mid:5@x"), "skipped: a draft");
  EXPECT_EQ(document("9@x").verbatim, "Apple.\n");
  EXPECT_EQ(state((folder_ / "other.eml").string()),
            "skipped: a mail from bob@example.org, no address of the author's (--email)");
  EXPECT_EQ(state((folder_ / "Mail").string()), "read: 5 mails, 5 of them by the author");
}

TEST_F(CollectMail, AnInterruptedMailboxGoesOnWhereItStopped) {
  const std::string first = kSeparator + mail("1@x", "", "One.\n") + "\n";
  write("a.mbox", first + kSeparator + mail("2@x", "", "Two.\n"));
  const fs::path path = folder_ / "a.mbox";
  Item item{path.string(), "waiting", "", "", ""};
  item.etag = fmt::format("{}-{}", fs::file_size(path),
                          fs::last_write_time(path).time_since_epoch().count());
  item.last_modified = std::to_string(first.size());
  store_->put_item(item);
  EXPECT_EQ(collect().states, (States{{"new", 1}}));
  EXPECT_EQ(document("2@x").verbatim, "Two.\n");
  EXPECT_EQ(collect().states, (States{{"new", 1}, {"unchanged", 1}}));
}

TEST_F(CollectMail, AMailThatIsTooLongIsSkippedAndTheRestGoesOn) {
  write("a.mbox", kSeparator + mail("1@x", "", std::string(9 << 20, 'x') + "\n") + "\n" +
                      kSeparator + mail("2@x", "", "Two.\n") + "\n" + kSeparator +
                      mail("3@x", "", "\nFrom time to time\n\nI write.\n"));
  FileOptions options;
  options.max_file_bytes = 1 << 20;
  EXPECT_EQ(collect(options).states, (States{{"new", 2}, {"skipped", 1}}));
  EXPECT_EQ(state("mid:1@x"),
            "skipped: a mail of 9.4 MB, more than the limit of 1.0 MB (collect.max_file_bytes)");
  EXPECT_EQ(document("3@x").verbatim, "From time to time\n\nI write.\n");
}

TEST(ReadMessage, CharsetsEncodingsAndPartsAreRead) {
  const MailMessage mail = read_message(
      "From: =?iso-8859-1?Q?Ad=E4?= <A@X.org>\r\nSubject: =?UTF-8?B?8J+MuCBncsO8w59l?=\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
      "multipart/alternative; "
      "boundary=c\r\n\r\n--c\r\nContent-Type: text/plain; charset=iso-8859-15\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n50 =A4 f=FCr=\r\n alles\r\n--c\r\n"
      "Content-Type: text/html\r\n\r\n<p>other</p>\r\n--c--\r\n--b\r\nContent-Type: "
      "application/pdf; name=\"a.pdf\"\r\n\r\nxxx\r\n--b\r\nContent-Type: text/plain\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nw7wK\r\n--b--\r\n",
      "test");
  EXPECT_EQ(mail.from.name, "Adä");
  EXPECT_EQ(mail.from.address, "a@x.org");
  EXPECT_EQ(mail.subject, "🌸 grüße");
  EXPECT_EQ(mail.text, "50 € für alles\n\nü\n");
  EXPECT_EQ(mail.attachments, std::vector<std::string>{"a.pdf"});
  EXPECT_EQ(mail.date, "");
}

TEST(ReadMessage, HtmlAloneIsReadAndWrongCharsetsAreMended) {
  EXPECT_EQ(
      read_message("Content-Type: text/html; charset=us-ascii\n\n<p>It\x92s <b>so</b></p>", "t")
          .text,
      "It’s **so**\n");
  EXPECT_EQ(read_message("Content-Type: text/plain; charset=iso-8859-1\n\nna\xefve\n", "t").text,
            "naïve\n");
  EXPECT_EQ(
      read_message("Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B$3\x1b(B\n", "t").text,
      "こ\n");
}

TEST(ReadMessage, EncryptedAndSignedMailsAreTold) {
  EXPECT_TRUE(read_message("Content-Type: multipart/encrypted; boundary=b\n\n--b\n\n--b--\n", "t")
                  .not_written.starts_with("encrypted"));
  EXPECT_EQ(read_message(
                "Subject: x\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nText\n- -- \nAda\n"
                "-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----\n",
                "t")
                .text,
            "Text\n-- \nAda\n");
}

TEST(ReadMessage, DeepPartsAreReadWithoutHarm) {
  std::string deep;
  for (int i = 0; i < 3000; ++i) {
    deep += fmt::format("Content-Type: multipart/mixed; boundary=b{}\n\n--b{}\n", i, i);
  }
  read_message(deep + "\nx\n", "t");
}

TEST(AuthorAddresses, ServicesThatSendInManyNamesAreNone) {
  AddressSurvey survey({"Ada Lovelace"});
  survey.add({"Lovelace, Ada", "ada@example.org"});
  survey.add({"", "ada@example.org"});
  survey.add({"Ada K. Lovelace", "ada@work.example.org"});
  survey.add({"Ada Lovelace", "invitations@linkedin.com"});
  survey.add({"Bob Miller", "invitations@linkedin.com"});
  survey.add({"Ada Lovelace (Docs)", "docs@google.com"});
  survey.add({"Ada Lovelace", "notifications@github.com"});
  const auto found = survey.addresses();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].address, "ada@example.org");
  EXPECT_EQ(found[0].mails, 2u);
  EXPECT_EQ(found[1].address, "ada@work.example.org");
}

TEST(AuthorAddresses, AnAliasIsTheAuthors) {
  AddressSurvey survey({"Ada Lovelace", "Countess"});
  survey.add({"countess", "c@example.org"});
  survey.add({"Bob", "bob@example.org"});
  ASSERT_EQ(survey.addresses().size(), 1u);
  EXPECT_EQ(survey.addresses()[0].address, "c@example.org");
}

TEST(TopicOf, MarksOfRepliesAreLeftOut) {
  EXPECT_EQ(topic_of("Re: AW: [list] Fwd: Lunch: today?"), "Lunch: today?");
  EXPECT_EQ(topic_of("RE[2]: x"), "x");
  EXPECT_EQ(topic_of("回复：计划"), "计划");
  EXPECT_EQ(topic_of("Re:"), "Re:");
  EXPECT_EQ(topic_of("[tag] About it"), "[tag] About it");
  EXPECT_EQ(topic_of("Rome: a visit"), "Rome: a visit");
}

TEST(WhyNotWritten, FoldersOfManyLanguagesAreKnown) {
  EXPECT_EQ(why_not_written("[Gmail].Entwürfe"), "a draft");
  EXPECT_EQ(why_not_written(".INBOX.Trash"), "deleted");
  EXPECT_EQ(why_not_written("Courrier indésirable"), "spam");
  EXPECT_EQ(why_not_written("Sent"), "");
}

}  // namespace
}  // namespace twin
