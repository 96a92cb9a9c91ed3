#include "collection/site_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

#include "base/files.h"
#include "collection/files.h"
#include "text/test_texts.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

class CollectSite : public ::testing::Test {
 protected:
  CollectSite()
      : folder_(fs::path(::testing::TempDir()) / fmt::format("twin_site_test_{}", getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~CollectSite() override { fs::remove_all(folder_); }

  void write(const fs::path& name, std::string_view bytes) {
    write_file_atomic(folder_ / name, bytes);
  }
  CollectionReport collect() { return collect_files(context_, *store_, author_, {folder_}, {}); }
  std::string state(const fs::path& name) {
    const auto item = store_->item((folder_ / name).string());
    return item ? item->state + ": " + item->reason : "no item";
  }
  RawDocument document(const fs::path& name) {
    const auto item = store_->item((folder_ / name).string());
    if (!item || item->document_id.empty()) return {};
    return *store_->document(item->document_id);
  }

  fs::path folder_;
  QuietContext context_;
  Author author_ = author_from_full_name("Ada Lovelace");
  std::unique_ptr<DocumentStore> store_ = open_sqlite_document_store(":memory:");
};

TEST_F(CollectSite, JekyllsPostsAndPagesHaveTheirAddresses) {
  write("_config.yml",
        "url: https://ada.example.com\nexclude: [notes]\ncollections:\n  essays:\n    output: "
        "true\n");
  write("_data/authors.yml", "ada:\n  name: Ada Lovelace\n");
  write("_posts/2020/2020-10-12-The-Engine.md",
        "---\ntitle: Engine\ncategories: [Loom Work, x]\nauthor: ada\n---\nText.\n");
  write("math/_posts/1843-07-31-notes.markdown",
        "---\npermalink: /notes/:year/:title/\n---\nText.\n");
  write("_posts/2020-01-01-secret.md", "---\npublished: false\n---\nText.\n");
  write("_drafts/later.md", "---\n---\nText.\n");
  write("_layouts/post.html", "<p>x");
  write("_site/index.html", "<p>x");
  write("node_modules/x/README.md", "x");
  write("notes/a.md", "---\n---\nx\n");
  write("_essays/one.md", "---\ntitle: One\n---\nText.\n");
  write("about.md", "---\ntitle: About\n---\nText.\n");
  write("README.md", "About this repository.\n");
  write("robots.txt", "Text.\n");
  EXPECT_EQ(collect().states.at("new"), 4u);
  const RawDocument post = document("_posts/2020/2020-10-12-The-Engine.md");
  EXPECT_EQ(post.link, "https://ada.example.com/loom-work/x/2020/10/12/The-Engine.html");
  EXPECT_EQ(post.date, "2020-10-12");
  EXPECT_EQ(post.bylines, std::vector<std::string>{"Ada Lovelace"});
  EXPECT_EQ(document("math/_posts/1843-07-31-notes.markdown").link,
            "https://ada.example.com/notes/1843/notes/");
  EXPECT_EQ(document("about.md").link, "https://ada.example.com/about.html");
  EXPECT_EQ(document("_essays/one.md").link, (folder_ / "_essays/one.md").string());
  EXPECT_EQ(state("_posts/2020-01-01-secret.md"), "skipped: published: false in its front matter");
  EXPECT_EQ(state("_drafts"), "skipped: drafts, not published");
  EXPECT_EQ(state("_layouts"), "skipped: templates and data of a Jekyll site");
  EXPECT_EQ(state("_site"), "skipped: the site as Jekyll made it");
  EXPECT_EQ(state("node_modules"), "skipped: other people's packages");
  EXPECT_EQ(state("notes"), "skipped: excluded by _config.yml");
  EXPECT_EQ(state("README.md"), "skipped: no front matter: not a page of the Jekyll site");
  const std::string id = post.id;
  write("_config.yml", "url: https://moved.example.com\npermalink: pretty\n");
  collect();
  EXPECT_EQ(document("_posts/2020/2020-10-12-The-Engine.md").id, id) << "the file's document stays";
  EXPECT_EQ(document("_posts/2020/2020-10-12-The-Engine.md").link,
            "https://moved.example.com/loom-work/x/2020/10/12/The-Engine/");
}

TEST_F(CollectSite, HugosContentHasItsAddresses) {
  write("hugo.toml",
        "baseURL = 'https://ada.example.com/'\n[permalinks]\nblog = '/:year/:month/:slug/'\n"
        "[languages.en]\nweight = 1\n[languages.fr]\nweight = 2\n");
  write("content/blog/First Post.md",
        "+++\ntitle = 'The  Engine: weaves!'\ndate = 2024-03-05T10:00:00Z\n+++\nText.\n");
  write("content/notes/Deep/Page.md", "---\ntitle: P\n---\nText.\n");
  write("content/notes/bundle/index.fr.md", "---\ntitle: P\n---\nTexte.\n");
  write("content/notes/slugged.md", "{\n\"title\": \"S\", \"slug\": \"other\"\n}\nText.\n");
  write("content/url.md", "---\nurl: /exact/Here.html\n---\nText.\n");
  write("content/draft.md", "+++\ntitle = 'D'\ndraft = true\n+++\nText.\n");
  write("content/notes/_index.md", "---\n---\n");
  write("themes/x/README.md", "x");
  write("public/index.html", "<p>x");
  write("README.md", "x\n");
  EXPECT_EQ(collect().states.at("new"), 5u);
  EXPECT_EQ(document("content/blog/First Post.md").link,
            "https://ada.example.com/2024/03/the-engine-weaves/");
  EXPECT_EQ(document("content/blog/First Post.md").date, "2024-03-05T10:00:00Z");
  EXPECT_EQ(document("content/notes/Deep/Page.md").link,
            "https://ada.example.com/notes/deep/page/");
  EXPECT_EQ(document("content/notes/bundle/index.fr.md").link,
            "https://ada.example.com/fr/notes/bundle/");
  EXPECT_EQ(document("content/notes/slugged.md").link, "https://ada.example.com/notes/other/");
  EXPECT_EQ(document("content/url.md").link, "https://ada.example.com/exact/Here.html");
  EXPECT_EQ(state("content/draft.md"), "skipped: draft: true in its front matter");
  EXPECT_EQ(state("content/notes/_index.md"), "skipped: a list of a section's pages");
  EXPECT_EQ(state("themes"), "skipped: not below content/: no writing of a Hugo site");
  EXPECT_EQ(state("public"), "skipped: not below content/: no writing of a Hugo site");
  EXPECT_EQ(state("README.md"), "skipped: not below content/: no writing of a Hugo site");
}

TEST_F(CollectSite, ABrokenConfigurationIsAFailedItemAndThePagesAreKept) {
  write("hugo.toml", "baseURL = \n");
  write("content/a.md", "---\ntitle: A\n---\nText.\n");
  EXPECT_EQ(collect().states, (std::map<std::string, size_t>{{"failed", 1}, {"new", 1}}));
  EXPECT_NE(state("hugo.toml").find("hugo.toml:1"), std::string::npos) << state("hugo.toml");
  EXPECT_EQ(document("content/a.md").link, (folder_ / "content/a.md").string());
}

// What the lines of a file's front matter say, read here by eye alone.
std::string line_value(std::string_view text, const std::string& key) {
  const size_t end = text.find("\n---", 3);
  const size_t at = text.substr(0, end).find('\n' + key + ':');
  if (at == std::string_view::npos) return {};
  const size_t begin = at + key.size() + 2;
  const size_t line_end = text.find('\n', begin);
  if (text.substr(line_end).starts_with("\n ")) return {};  // goes on: YAML's to read
  std::string value(text.substr(begin, line_end - begin));
  const auto trim = [&] {
    while (!value.empty() && (value.front() == ' ')) value.erase(0, 1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\r')) value.pop_back();
  };
  trim();
  const bool quoted = value.size() > 1 && value.front() == value.back() &&
                      (value.front() == '"' || value.front() == '\'');
  if (quoted) value = value.substr(1, value.size() - 2);
  trim();
  return value;
}

// Twenty years of one person's blog: every post, with the dates and titles of its files.
TEST_F(CollectSite, AWholeBlogKeepsItsDatesAndTitles) {
  const fs::path posts = test::kSharedData / "authors" / "haack";
  if (!fs::exists(posts)) GTEST_SKIP() << "no shared data";
  const CollectionReport report = collect_files(context_, *store_, author_, {posts}, {});
  EXPECT_EQ(report.states.at("new"), 2005u);
  EXPECT_EQ(report.states.count("failed"), 0u);
  size_t titled = 0;
  for (const DocumentSummary& summary : store_->documents()) {
    const std::string text = read_file(summary.link);
    const std::string name = fs::path(summary.link).filename().string();
    ASSERT_EQ(summary.date.substr(0, 4), name.substr(0, 4)) << name;
    const std::string date = line_value(text, "date");
    ASSERT_EQ(summary.date, date.empty() ? name.substr(0, 10) : date) << name;
    const std::string title = line_value(text, "title");
    ASSERT_FALSE(summary.title.empty()) << name;
    // Titles of several lines or with escapes are read by YAML's rules.
    if (title.empty() || title.find_first_of("\\>|'") != std::string::npos) continue;
    ++titled;
    std::string found = summary.title;
    while (found.ends_with(' ')) found.pop_back();
    ASSERT_EQ(found, title) << name;
  }
  EXPECT_GT(titled, 1700u);
}

}  // namespace
}  // namespace twin
