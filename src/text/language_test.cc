#include "text/language.h"

#include <gtest/gtest.h>

#include "text/test_texts.h"

namespace twin {
namespace {

struct Sample {
  const char *language, *text;
};

// Article 1 of the Universal Declaration of Human Rights, or its like.
constexpr Sample kSamples[] = {
    {"en",
     "All human beings are born free and equal in dignity and rights. They are endowed with "
     "reason and conscience and should act towards one another in a spirit of brotherhood."},
    {"de",
     "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft "
     "und Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen."},
    {"fr",
     "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués "
     "de raison et de conscience et doivent agir les uns envers les autres."},
    {"es",
     "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como "
     "están de razón y conciencia, deben comportarse fraternalmente los unos con los otros."},
    {"it",
     "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati "
     "di ragione e di coscienza e devono agire gli uni verso gli altri."},
    {"pt",
     "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de "
     "razão e de consciência, devem agir uns para com os outros em espírito de fraternidade."},
    {"nl",
     "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd "
     "met verstand en geweten, en behoren zich jegens elkander te gedragen."},
    {"sv",
     "Alla människor är födda fria och lika i värde och rättigheter. De har utrustats med "
     "förnuft och samvete och bör handla gentemot varandra i en anda av gemenskap."},
    {"da",
     "Alle mennesker er født frie og lige i værdighed og rettigheder. De er udstyret med "
     "fornuft og samvittighed, og de bør handle mod hverandre i en broderskabets ånd."},
    {"fi",
     "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. Heille on "
     "annettu järki ja omatunto, ja heidän on toimittava toisiaan kohtaan."},
    {"pl",
     "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni "
     "obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa."},
    {"cs",
     "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem "
     "a svědomím a mají spolu jednat v duchu bratrství."},
    {"hu",
     "Minden emberi lény szabadon születik és egyenlő méltósága és joga van. Az emberek, "
     "ésszel és lelkiismerettel bírván, egymással szemben testvéri szellemben kell hogy "
     "viseltessenek."},
    {"tr",
     "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana "
     "sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler."},
    {"vi", "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền."},
    {"id",
     "Semua orang dilahirkan merdeka dan mempunyai martabat dan hak-hak yang sama. Mereka "
     "dikaruniai akal dan hati nurani dan hendaknya bergaul satu sama lain dalam semangat "
     "persaudaraan."},
    {"ru",
     "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены "
     "разумом и совестью и должны поступать в отношении друг друга в духе братства."},
    {"uk",
     "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені "
     "розумом і совістю і повинні діяти у відношенні один до одного в дусі братерства."},
    {"bg",
     "Всички хора се раждат свободни и равни по достойнство и права. Те са надарени с разум и "
     "съвест и следва да се отнасят помежду си в дух на братство."},
    {"ar",
     "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميرًا وعليهم أن "
     "يعامل بعضهم بعضًا بروح الإخاء."},
    {"fa",
     "تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ "
     "حیثیت "
     "و "
     "حقوق "
     "با "
     "هم "
     "برابرند. "
     "همه "
     "دارای "
     "عقل "
     "و وجدان هستند."},
    {"hi", "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।"},
    {"el", "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια."},
    {"he", "כל בני אדם נולדו בני חורין ושווים בערכם ובזכויותיהם."},
    {"th", "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ"},
    {"ko", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다."},
    {"ja", "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"},
    {"zh", "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心。"},
};

TEST(Language, SentencesAreTold) {
  for (const Sample& sample : kSamples) EXPECT_EQ(detect_language(sample.text), sample.language);
}

TEST(Language, AFewForeignWordsDoNotCount) {
  EXPECT_EQ(
      detect_language("The word “жизнь” is not the only one that we have for this, and 日本 is "
                      "a name of a country."),
      "en");
}

TEST(Language, WhatCannotBeToldIsEmpty) {
  for (const char* text :
       {"", "12345 67890", "a", "Zxq Vbn Qwr Plk Mnb Xcv Trw Hgf", "...", "☺☺☺☺"}) {
    EXPECT_EQ(detect_language(text), "") << text;
  }
}

TEST(Language, AnyBytesAreRead) {
  Random random(7);
  for (int i = 0; i < 500; ++i) detect_language(test::random_text(random, 80));
}

}  // namespace
}  // namespace twin
