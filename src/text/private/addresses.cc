#include <algorithm>
#include <array>
#include <string>

#include "text/private/finders.h"
#include "text/private/pattern.h"
#include "text/unicode.h"

namespace twin::privacy {
namespace {

// Pieces of expressions over bytes: a byte beyond ASCII is part of a letter.
#define CAPITAL "(?:[A-Z]|\\xc3[\\x80-\\x9e]|\\xc5[\\x81\\x9a\\xa0\\xbd])"
#define LETTER "(?:[A-Za-z]|[\\x80-\\xff])"
#define CAP_WORD CAPITAL "(?:" LETTER "|['.-](?=[A-Za-z\\x80-\\xff])){0,30}"
#define SPACE "(?:[ ]|\\xc2\\xa0)"
#define JOINT "(?:,?[ ]{0,2}\\n?[ ]{0,4}|,[ ]?)"

// The towns of a line: one to three words with capitals.
#define CITY CAP_WORD "(?:[ -]" CAP_WORD "){0,3}"
#define US_STATE                                                                                 \
  "(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]" \
  "|T[NX]|UT|V[AT]|W[AIVY])"
#define ZIP "\\d{5}(?:-\\d{4})?"
#define UK_POSTCODE                                                                              \
  "(?:A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]" \
  "|JE|K[ATWY]|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T["      \
  "ADFNQRSW]"                                                                                    \
  "|UB|W[ACDFNRSV]?|YO|ZE)\\d[A-Z\\d]? \\d[ABD-HJLNP-UW-Z]{2}"

bool is_year(std::string_view number) {
  return number.size() == 4 &&
         (number.starts_with("18") || number.starts_with("19") || number.starts_with("20"));
}

std::string_view last_word_before(std::string_view text, size_t at) {
  size_t end = at;
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\n')) --end;
  size_t begin = end;
  while (begin > 0 && ((text[begin - 1] | 32) >= 'a' && (text[begin - 1] | 32) <= 'z')) --begin;
  return text.substr(begin, end - begin);
}

bool has_digit_word(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

}  // namespace

void find_addresses(std::string_view text, Found& found) {
  const auto take = [&](ByteRange range) {
    found.push_back({range, PrivateKind::kAddress});
    return true;
  };
  // 221B Baker Street, London NW1 6XE; 1600 Pennsylvania Ave NW, Washington, DC 20500.
  static const Pattern english(
      "(?<![\\w.,$#/:%-])((?:(?:Flat|Apartment|Apt\\.?|Unit|Suite) \\w{1,5},? "
      ")?\\d{1,6}[A-Za-z]?(?:-\\d{1,4})?" SPACE
      "{1,2}(?:[NSEW]\\.?[EW]?\\.? )?"
      "(?:(?:" CAP_WORD "|\\d{1,3}(?:st|nd|rd|th)|[Tt]he)" SPACE
      "{1,2}){1,4}"
      "(?:Street|Str?\\.?|Avenue|Ave?\\.?|Road|Rd\\.?|Boulevard|Blvd\\.?|Lane|Ln\\.?|Drive|Dr\\.?"
      "|Court|Ct\\.?|Place|Pl\\.?|Square|Sq\\.?|Terrace|Parkway|Pkwy\\.?|Circle|Cir\\.?|Highway|"
      "Hwy\\.?"
      "|Way|Plaza|Trail|Close|Crescent|Gardens|Grove|Mews|Row|Hill|Quay|Walk|Alley|Loop)(?![\\w'])"
      "(?: (?:[NSEW]|NE|NW|SE|SW)(?!\\w))?"
      "(?:,? ?(?:\\n)?(?:Apt\\.?|Apartment|Suite|Ste\\.?|Unit|Flat|Floor|Room|#) ?#?\\w{1,6})?"
      "(?:" JOINT CITY "(?:" JOINT CITY ")?" JOINT "(?:" US_STATE "\\.?[ ,]{1,2}" ZIP
      "|" UK_POSTCODE "))?)");
  english.find(text, [&](ByteRange, ByteRange range) {
    const std::string_view address = slice(text, range);
    const std::string_view number = address.substr(0, address.find(' '));
    const size_t after_number = std::min(number.size(), address.size());
    const bool placed =
        has_digit_word(address.substr(after_number)) || address.find(',') != std::string_view::npos;
    if (is_year(number) && !placed) return false;  // "the 2008 Wall Street crash"
    // "St." and "Dr." may begin what follows: 3 Saint St. Mary's.
    const bool short_form = address.ends_with("St") || address.ends_with("St.") ||
                            address.ends_with("Dr") || address.ends_with("Dr.") ||
                            address.ends_with("Pl") || address.ends_with("Ct") ||
                            address.ends_with("Av") || address.ends_with("Ln");
    const std::string_view rest = text.substr(range.end);
    if (short_form && rest.starts_with(' ') && rest.size() > 1 && rest[1] >= 'A' &&
        rest[1] <= 'Z') {
      return false;
    }
    const std::string_view before = last_word_before(text, range.begin);
    for (const std::string_view word :
         {"Windows", "Version", "version", "Chapter", "chapter", "Figure", "Table", "Section",
          "Step", "step", "Top", "top", "Episode"}) {
      if (before == word) return false;
    }
    // "5 Best Way", "10 Things The Hard Way": a title in capitals.
    const bool loose =
        address.ends_with("Way") || address.ends_with("Row") || address.ends_with("Walk") ||
        address.ends_with("Hill") || address.ends_with("Close") || address.ends_with("Drive") ||
        address.ends_with("Square") || address.ends_with("Circle") || address.ends_with("Loop") ||
        address.ends_with("Place") || address.ends_with("Court") || address.ends_with("Trail");
    if (loose && (before == "the" || before == "The" || before == "a" || before == "of"))
      return false;
    for (const std::string_view word :
         {"Ways",   "Reasons", "Things", "Steps", "Tips", "Inch", "Bit",
          "Minute", "Hour",    "Day",    "Foot",  "Mile", "Core", "Best",
          "Easy",   "Great",   "GB",     "TB",    "MB",   "RAM",  "Percent"}) {
      const size_t at = address.find(word);
      if (at != std::string_view::npos && at <= number.size() + 2) return false;
    }
    return take(range);
  });
  static const Pattern town("(?<![\\w])(" CITY "," SPACE "{1,2}" US_STATE "(?:,)?" SPACE "{1,2}" ZIP
                            ")(?![\\w-])");
  town.find(text, [&](ByteRange, ByteRange range) { return take(range); });
  static const Pattern postcode("(?<![\\w-])((?:" CITY ",? )?" UK_POSTCODE ")(?![\\w-])");
  postcode.find(text, [&](ByteRange, ByteRange range) { return take(range); });
  static const Pattern box("(?<![\\w])((?:P\\. ?O\\. ?|PO |P O )[Bb]ox \\d{1,6}(?:" JOINT CITY JOINT
                           "(?:" US_STATE "\\.? " ZIP "|" UK_POSTCODE
                           "))?|Postfach \\d{2}[ \\d]{1,8}(?:" JOINT "\\d{5} " CITY ")?)");
  box.find(text, [&](ByteRange, ByteRange range) { return take(range); });

  // Musterstraße 12a, 10115 Berlin; Am Alten Markt 3, 50667 Köln; Herengracht 12, 1015 BZ
  // Amsterdam.
  static const Pattern germanic(
      "(?<![\\w\\x80-\\xff-])((?:" CAP_WORD
      "[ -]){0,3}(?:(?<=[ -])(?:Stra\\xc3\\x9f"
      "e|Strasse|Str\\.|Allee|Damm|Ufer)|" CAPITAL LETTER
      "{1,30}"
      "(?:stra\\xc3\\x9f"
      "e|strasse|str\\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee|straat|laan|gracht"
      "|plein|kade|singel|dijk|steig|v\\xc3\\xa4gen|gatan))"
      " \\d{1,4}(?: ?[a-z](?![\\w\\x80-\\xff]))?(?:-\\d{1,4}[a-z]?)?"
      "(?:" JOINT "(?:[A-Z]{1,2}-)?(?:\\d{4,5}|\\d{4} ?[A-Z]{2}) " CITY ")?)(?![\\w%]|[.,]\\d)");
  germanic.find(text, [&](ByteRange, ByteRange range) {
    const std::string_view address = slice(text, range);
    const size_t number = address.find_first_of("0123456789");
    const bool placed = has_digit_word(
        address.substr(address.find_first_not_of("0123456789 ", number) == std::string_view::npos
                           ? address.size()
                           : address.find_first_not_of("0123456789 ", number)));
    for (const std::string_view word :
         {"Arbeitsplatz", "Parkplatz", "Marktplatz", "Sitzplatz", "String", "Spring", "Programming",
          "Umweg", "Ausweg", "Arbeitsweg"}) {
      if (!placed && address.find(word) != std::string_view::npos) return false;
    }
    // English words that end so: "Ring" as in "Scoring 12".
    const size_t word_end = address.rfind(' ', number);
    if (!placed && address.substr(0, word_end).ends_with("ring")) return false;
    const std::string_view house =
        address.substr(number, address.find_first_not_of("0123456789", number) - number);
    return (placed || !is_year(house)) && take(range);
  });
  static const Pattern german_town(
      "(?<![\\w\\x80-\\xff-])((?:" CAP_WORD
      "[ -](?:(?:de[nrms]|am|im|von|zu|zu[mr]) )?){1,4}\\d{1,4}[a-z]?," SPACE
      "{0,2}(?:\\n)?(?:(?:[A-Z]{1,2}-)?\\d{5}|\\d{4} [A-Z]{2}) " CITY ")(?![\\w])");
  german_town.find(text, [&](ByteRange, ByteRange range) { return take(range); });

  // 12 rue de la Paix, 75002 Paris; 3 bis, boulevard Voltaire.
  static const Pattern french(
      "(?<![\\w.,$-])(\\d{1,4}(?: ?(?:bis|ter|quater))?,? "
      "(?:[Rr]ue|[Bb]oulevard|[Bb]d\\.?|[Aa]ll\\xc3\\xa9"
      "e"
      "|[Cc]hemin|[Ii]mpasse|[Qq]uai|[Aa]venue|[Aa]v\\.|[Pp]lace|[Rr]oute|[Cc]ours|[Ss]quare|[Pp]"
      "assage|[Ff]aubourg|[Vv]illa)"
      "((?: (?:de|du|des|la|le|les|d'|l'|et|aux|au)| "
      "[dl](?:'|\\xe2\\x80\\x99)(?=[A-Z\\xc3])){0,3}) ?" CAP_WORD
      "(?:[ -](?:de |du |des |la )?" CAP_WORD
      "){0,4}"
      "(?:" JOINT "(?:F-)?\\d{5} " CITY ")?)(?![\\w])");
  french.find(text, [&](ByteRange match, ByteRange range) {
    const std::string_view address = slice(text, range);
    const bool english_word = address.find("lace ") != std::string_view::npos ||
                              address.find("oute ") != std::string_view::npos ||
                              address.find("quare ") != std::string_view::npos ||
                              address.find("assage ") != std::string_view::npos ||
                              address.find("venue ") != std::string_view::npos ||
                              address.find("ours ") != std::string_view::npos ||
                              address.find("illa ") != std::string_view::npos;
    const bool particle = address.find(" de ") != std::string_view::npos ||
                          address.find(" du ") != std::string_view::npos ||
                          address.find(" des ") != std::string_view::npos ||
                          address.find(" la ") != std::string_view::npos ||
                          address.find(" d'") != std::string_view::npos ||
                          address.find(" l'") != std::string_view::npos;
    const bool placed = has_digit_word(address.substr(address.find(' ')));
    if (english_word && !particle && !placed) return false;
    static_cast<void>(match);
    return take(range);
  });

  // Calle de Alcalá 45, 28014 Madrid; Via Garibaldi, 12; ul. Nowy Świat 5; Rua Augusta, 100.
  static const Pattern romance(
      "(?<![\\w-])((?:(?:[Cc]alle|C/"
      "|[Aa]venida|Avda?\\.|[Pp]laza|[Pp]aseo|[Cc]arrer|[Rr]ua|Travessa|ul\\.|al\\.) "
      "?|(?:Viale|Via|Piazza|Corso|Largo|Vicolo) )"
      "(?:(?:de|del|la|las|los|da|do|dos|das|di|della|dei|degli|d'|San|Santa) ?){0,3}" CAP_WORD
      "(?:[ -](?:de |del |la |i |e )?" CAP_WORD
      "){0,4}(?:,? ?(?:n\\.?(?:\\xc2\\xba|\\xc2\\xb0)? ?)?)(\\d{1,4})(?:[a-zA-Z](?!\\w))?(?:" JOINT
      "\\d{2,5}(?:-\\d{3})? " CITY ")?)(?![\\w]|\\.\\d)");
  romance.find(text, [&](ByteRange, ByteRange range) {
    const std::string_view address = slice(text, range);
    if (!address.starts_with("Via ")) return take(range);
    // "Via" is an English word: a comma or a postcode must help.
    return address.find(',') != std::string_view::npos && take(range);
  });
#undef CAPITAL
#undef LETTER
#undef CAP_WORD
#undef SPACE
#undef JOINT
#undef CITY
#undef US_STATE
#undef ZIP
#undef UK_POSTCODE
}

}  // namespace twin::privacy
