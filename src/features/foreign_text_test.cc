#include "features/foreign_text.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

// Of the only block of a text.
bool is_foreign(const std::string& text, std::string_view language = "en") {
  const std::vector<Block> blocks = markdown_blocks(text);
  const std::vector<bool> foreign = foreign_blocks(text, blocks, language);
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (foreign[i]) return true;
  }
  return false;
}

TEST(ForeignBlocks, ParagraphsInAnotherLanguageAre) {
  for (const char* text : {
           "Gestern bin ich mit dem Fahrrad an den See gefahren, weil das Wetter so schön war, und "
           "habe dort bis zum Abend gelesen.\n",
           "Je ne sais pas si vous avez déjà essayé de faire du pain à la maison, mais c'est une "
           "chose que je recommande à tout le monde.\n",
           "El otro día estuve hablando con un amigo sobre las cosas que nos gustan de la ciudad y "
           "de las que no nos gustan.\n",
           "Ieri sono andato al mercato con mia sorella e abbiamo comprato tutto quello che "
           "serviva "
           "per la cena di domani.\n",
           "Kävin eilen kirjastossa ja lainasin kirjan, joka kertoo siitä, mitä on olla nuori, kun "
           "sota on jo ohi mutta ei vielä poissa.\n",
           "Вчера я был в библиотеке и взял там книгу, о которой мне так много говорили все мои "
           "друзья.\n",
           "昨日は図書館に行って、友達がずっと勧めていた本を借りてきました。とても面白かったです。"
           "明日もまた行きます。きっと新しい本があるでしょう。\n",
       }) {
    EXPECT_TRUE(is_foreign(text)) << text;
  }
  EXPECT_TRUE(
      is_foreign("I went to the lake by bike as the weather was so fine, and sat there and "
                 "read until it got dark.\n",
                 "de"));
}

TEST(ForeignBlocks, NamesCodeLinksAndPhrasesMakeNone) {
  for (const char* text : {
           "All I want to do is write a tiny bit of code to respond to a call. I don't care how "
           "its hosted.\n",
           "I even got my skinny friend Noah Nakamura to come out one time in San Juan.\n",
           "He was only joking. (*Right Scott? Ha ha ha… It was a joke, right? Ha ha ha…. Ha?)*\n",
           "Juan de la Cruz, María del Carmen, Los Angeles, Oscar de la Renta, Rio de Janeiro, San "
           "Salvador de Bahía and Vicente del Bosque.\n",
           "- <https://example.com/la/que/en/el>\n- "
           "[https://de.example.org/](https://de.example.org)"
           "\n- http://en.example.com/y/a/los/del/se/las/por\n",
           "- `Abc\\@def@example.com`\n- `en@que.com`\n- `la@el.com`\n- y@los.org de@por.org\n",
           "public void doSomething(DataView tableView)\n{\n  for(int i = 0; i < tableView.Count; "
           "i++)\n  {\n    DataRowView row = tableView[i];\n  }\n}\n",
           "It has a certain je ne sais quoi, a raison d'être of its own, comme il faut, as he put "
           "it when he came back.\n",
           "A finely honed detector is a benefit to everyone. Let’s try a hypothetical "
           "conversation "
           "to test yours!\n",
       }) {
    EXPECT_FALSE(is_foreign(text)) << text;
  }
  EXPECT_FALSE(
      is_foreign("Ich nutze dafür GitHub, Visual Studio Code, Docker Compose und in the "
                 "end auch noch ein kleines Skript, das ich selbst geschrieben habe.\n",
                 "de"));
}

TEST(ForeignBlocks, AShortBlockGoesWithTheOthers) {
  const std::string foreign =
      "Gestern bin ich mit dem Fahrrad an den See gefahren, weil das Wetter so schön war, und habe "
      "dort bis zum Abend gelesen.\n\nSchön war es.\n";
  const std::vector<Block> blocks = markdown_blocks(foreign);
  EXPECT_TRUE(foreign_blocks(foreign, blocks, "en").back());
  const std::string own =
      "I went to the lake by bike as the weather was so fine, and sat there and read until it got "
      "dark.\n\nSchön war es.\n";
  EXPECT_FALSE(is_foreign(own));
}

}  // namespace
}  // namespace twin
