#include "collection/exports/test_export.h"

namespace twin {
namespace {

// The structure of a page of Medium's export: https://microformats.org/wiki/h-entry.
std::string page(const std::string& title, const std::string& subtitle, const std::string& body) {
  return fmt::format(
      "<!DOCTYPE html><html><head><meta http-equiv=\"Content-Type\" content=\"text/html; "
      "charset=utf-8\"><title>{0}</title><style>* {{ color: red; }}</style></head><body><article "
      "class=\"h-entry\"><header><h1 class=\"p-name\">{0}</h1></header><section "
      "data-field=\"subtitle\" class=\"p-summary\">{1}</section><section data-field=\"body\" "
      "class=\"e-content\"><section name=\"1\" class=\"section section--body\"><div "
      "class=\"section-divider\"><hr class=\"section-divider\"></div>{2}</section></section>"
      "<footer><p>By <a href=\"https://medium.com/@ada\" class=\"p-author h-card\">Ada "
      "Lovelace</a> "
      "on <a href=\"https://medium.com/p/abc\"><time class=\"dt-published\" "
      "datetime=\"2016-02-03T04:05:06.789Z\">February 3, 2016</time></a>.</p><p><a "
      "href=\"https://medium.com/@ada/{3}-abc\" class=\"p-canonical\">Canonical link</a></p>"
      "<p>Exported from <a href=\"https://medium.com\">Medium</a>.</p></footer></article></body>"
      "</html>",
      title, subtitle, body, title.substr(0, title.find(' ')));
}

TEST_F(ExportTest, MediumKeepsPostsAndResponsesAndSkipsDrafts) {
  const TestMembers members = {
      {"README.html", "<html>"},
      {"claps/claps-0001.html", "<html>x</html>"},
      {"claps/claps-0002.html", "<html>x</html>"},
      {"posts/2016-02-03_On-engines-abc.html",
       page("On engines", "They compute",
            "<h3 class=\"graf graf--h3 graf--leading graf--title\">On engines</h3><p>The "
            "<strong>engine</strong> weaves.</p>")},
      {"posts/2016-02-04_Nicely-put-abd.html",
       page("Nicely put, and well…", "", "<p class=\"graf\">Nicely put, and well meant.</p>")},
      {"posts/draft_Notes-abe.html", page("Notes", "", "<p>x</p>")},
      {"profile/profile.html", "<html><body><h3 class=\"p-name\">Ada Lovelace</h3></body></html>"}};
  const Collected found = collect(members);
  EXPECT_EQ(
      found.documents,
      (Lines{"https://medium.com/@ada/Nicely-abc | medium comment | 2016-02-03T04:05:06.789Z | "
             "Nicely put, and well… | Nicely put, and well meant.\n",
             "https://medium.com/@ada/On-abc | medium  | 2016-02-03T04:05:06.789Z | On engines "
             "| ### On engines\n\nThe **engine** weaves.\n"}));
  EXPECT_EQ(found.by_link.at("https://medium.com/@ada/On-abc").subtitle, "They compute");
  EXPECT_EQ(found.items, (Lines{"X/README.html: skipped: no writing of the author's",
                                "X/claps/: skipped: 2 files, no writing of the author's",
                                "X/posts/draft_Notes-abe.html: skipped: a draft",
                                "X/profile/: skipped: 1 files, no writing of the author's"}));
  EXPECT_EQ(export_author(folder_ / "export.zip"), "Ada Lovelace");
}

}  // namespace
}  // namespace twin
