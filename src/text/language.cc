#include "text/language.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxLetters = 20000;
constexpr size_t kMinLetters = 12;
// Another language is plainly that where it has twice the score, by so many different words and
// letters: one word that it happens to share ("to", "a") makes no Czech of English.
constexpr double kMostOfAsked = 0.5;
constexpr size_t kMinDifferent = 3;
constexpr double kMinScore = 0.08;  // of the words' weight; a language's own texts have 0.3 or more

enum class Script { kLatin, kCyrillic, kArabic, kDevanagari, kHan, kKana, kOwn, kOther };

// Those that many languages share.
constexpr Script kProfiledScripts[] = {Script::kLatin, Script::kCyrillic, Script::kArabic,
                                       Script::kDevanagari};

// Scripts, by their Unicode blocks; those of one larger language name it.
struct Block {
  char32_t first, last;
  Script script;
  std::string_view language;
};
constexpr Block kBlocks[] = {
    {0x41, 0x24f, Script::kLatin, ""},       {0x370, 0x3ff, Script::kOwn, "el"},
    {0x400, 0x52f, Script::kCyrillic, ""},   {0x530, 0x58f, Script::kOwn, "hy"},
    {0x590, 0x5ff, Script::kOwn, "he"},      {0x600, 0x77f, Script::kArabic, ""},
    {0x900, 0x97f, Script::kDevanagari, ""}, {0x980, 0x9ff, Script::kOwn, "bn"},
    {0xa00, 0xa7f, Script::kOwn, "pa"},      {0xa80, 0xaff, Script::kOwn, "gu"},
    {0xb00, 0xb7f, Script::kOwn, "or"},      {0xb80, 0xbff, Script::kOwn, "ta"},
    {0xc00, 0xc7f, Script::kOwn, "te"},      {0xc80, 0xcff, Script::kOwn, "kn"},
    {0xd00, 0xd7f, Script::kOwn, "ml"},      {0xd80, 0xdff, Script::kOwn, "si"},
    {0xe00, 0xe7f, Script::kOwn, "th"},      {0xe80, 0xeff, Script::kOwn, "lo"},
    {0xf00, 0xfff, Script::kOwn, "bo"},      {0x1000, 0x109f, Script::kOwn, "my"},
    {0x10a0, 0x10ff, Script::kOwn, "ka"},    {0x1100, 0x11ff, Script::kOwn, "ko"},
    {0x1200, 0x137f, Script::kOwn, "am"},    {0x1780, 0x17ff, Script::kOwn, "km"},
    {0x1e00, 0x1eff, Script::kLatin, ""},    {0x1f00, 0x1fff, Script::kOwn, "el"},
    {0x3041, 0x30ff, Script::kKana, ""},     {0x3400, 0x9fff, Script::kHan, ""},
    {0xac00, 0xd7af, Script::kOwn, "ko"},    {0x20000, 0x2fa1f, Script::kHan, ""}};

// The commonest words of the languages that share a script, and letters that the others lack.
struct Profile {
  std::string_view language;
  Script script;
  std::string_view words, letters;
};
constexpr Profile kProfiles[] = {
    {"en", Script::kLatin,
     "the of and to in is that it for was on are with as be this by have from at not but or which "
     "you they we his her an had were their been has will would there what when who more if about "
     "i a my me our your he she us them so do can no one all just some how out up than then",
     ""},
    {"de", Script::kLatin,
     "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an "
     "werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über so zum war nur "
     "ich wir mir mich uns mein meine man habe haben sehr wenn oder hier aber schon",
     "ß"},
    {"fr", Script::kLatin,
     "de la le et les des en un une du dans que est pour qui par sur au plus pas ne se ce il sont "
     "avec son aux mais ou cette être ont ses elle nous vous leur été fait comme je tout "
     "mon ma mes moi me si on y très bien plus donc",
     "œ"},
    {"es", Script::kLatin,
     "de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya o "
     "este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde yo mi "
     "si era fue ha he son eso muy",
     "ñ¿¡"},
    {"it", Script::kLatin,
     "di e il la che in un a per è una del non sono della con i le da si al dei come nel più anche "
     "alla ha lo gli delle ma nella questo su dal se suo ci ed ai essere io mi mio mia ho era loro "
     "quando o",
     ""},
    {"pt", Script::kLatin,
     "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à "
     "seu sua ou quando muito nos já eu também só pelo pela até isso ela são foi eu meu minha me "
     "mim era",
     "ãõ"},
    {"nl", Script::kLatin,
     "de van het een en in is dat op te zijn met voor niet aan er die om ook als dan maar bij of "
     "uit nog naar heeft hebben ze wordt door over hij werd wel deze kan dit ik je we mijn mij heb "
     "zo veel geen wat",
     ""},
    {"af", Script::kLatin,
     "die van en in het is nie wat te met vir dat op om sy was as ook aan hy deur kan by word sal "
     "hulle ons ek uit daar baie maar wees haar",
     ""},
    {"sv", Script::kLatin,
     "och i att det som en på är av för med den till inte har de ett om var jag men sig från så vi "
     "kan när han nu under efter eller hon ska vara hade också",
     ""},
    {"da", Script::kLatin,
     "og i at det er en til på af som for med den de ikke der har et var fra han men om jeg også "
     "kan så vi blev efter ved eller være hun efter mere nu hvor skal",
     ""},
    {"nb", Script::kLatin,
     "og i det er på til en som av for at med har ikke den de var et om fra jeg men han seg også "
     "kan så vi etter ble ved eller være hun nå skal mer opp ut hva",
     ""},
    {"is", Script::kLatin,
     "og að í á er sem til en við var það af um með ekki hann fyrir eru því ég þetta hún verið ef "
     "frá hafa einnig þá",
     "ðþ"},
    {"fi", Script::kLatin,
     "ja on ei että se oli hän mutta ovat kun niin myös kuin sen ole joka ollut mukaan jo vain voi "
     "mitä tai sitä vuoden jotka ne minä olen tämä sekä",
     ""},
    {"pl", Script::kLatin,
     "i w na z się do nie że to jest o jak za od po przez ale dla tym są co by był jego czy tego "
     "oraz przy ze już tylko może było które który ich",
     "łąęśźż"},
    {"cs", Script::kLatin,
     "a se v na je že to s z do o i ve jako po k ale pro za by jsou které podle jeho který od už "
     "jsem byl také bude však aby jen při nebo",
     "ěřů"},
    {"sk", Script::kLatin,
     "a sa v na je že to s z do o aj ako po k ale pre za by sú ktoré podľa jeho ktorý od už som "
     "bol "
     "tiež bude však aby len pri alebo",
     "ľĺŕ"},
    {"sl", Script::kLatin,
     "in je v na se da za so ki z pa tudi ne po kot bi od iz pri ali do če bo še kako bil sem ima "
     "lahko samo zaradi",
     ""},
    {"hr", Script::kLatin,
     "i je u na se da za su od koji s a o iz kako će nije kao što to bi ne ali po koja koje bio "
     "samo te sam biti prema nakon",
     "đ"},
    {"hu", Script::kLatin,
     "a az és hogy nem is egy ez meg csak már volt de ha van mint el ki vagy még lehet azt kell "
     "minden ezt után majd szerint aki amely között",
     "őű"},
    {"ro", Script::kLatin,
     "de și în a la cu că o pe nu din care un se pentru mai este sunt fi au fost ce sau dar al lui "
     "prin după această ale ca are",
     "șțăşţ"},
    {"sq", Script::kLatin,
     "të e në dhe i për që me një nga se ka është më do si por nuk u ishte këtë kjo ky janë ai tij "
     "edhe duke kanë",
     "ë"},
    {"lt", Script::kLatin,
     "ir kad į iš yra su tai o kaip buvo bet ne dėl už apie nuo po jis tik jau savo per tačiau "
     "arba "
     "prie kurie būti taip",
     "ėįųūž"},
    {"lv", Script::kLatin,
     "un ir ka no ar par kas uz tas bet arī to kā vai ne gan lai nav pie pēc tika bija savu šo "
     "viņš "
     "tikai līdz jau",
     "ņļķģī"},
    {"et", Script::kLatin,
     "ja on ei et see oli ka kui aga ta mis oma kes ning või siis ma nii selle üle välja juba "
     "pärast "
     "veel seda nagu",
     "õ"},
    {"tr", Script::kLatin,
     "ve bir bu da de için ile çok olarak daha en gibi olan kadar ne var sonra ancak ise o ama her "
     "değil mi olduğu tarafından iki şu",
     "ışğ"},
    {"az", Script::kLatin,
     "və bir bu da ilə üçün olan də edib daha olub çox kimi onun isə ki sonra bütün hər deyil var",
     "ə"},
    {"vi", Script::kLatin,
     "và của là có trong được cho không với các một những người này đã khi để đến về ra tôi như "
     "cũng "
     "từ tại sẽ trên vào nhiều",
     "ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"},
    {"id", Script::kLatin,
     "yang dan di dengan untuk dari ini pada tidak itu dalam akan adalah ke juga oleh ada saya "
     "atau "
     "sebagai karena bisa mereka tersebut dapat kami telah lebih sudah",
     ""},
    {"ms", Script::kLatin,
     "yang dan di dengan untuk dari ini pada tidak itu dalam akan adalah ke juga oleh ada saya "
     "atau "
     "sebagai kerana boleh mereka tersebut kepada telah lebih bahawa beliau ialah",
     ""},
    {"tl", Script::kLatin,
     "ang ng sa na mga at ay si ito ni para kay hindi may siya nang ko mula kung pa rin o ako niya "
     "nila din isang",
     ""},
    {"sw", Script::kLatin,
     "na ya wa kwa ni katika za la kuwa hiyo huo yake wake hii cha watu alisema hayo kama lakini "
     "pia "
     "sana au baada huyo",
     ""},
    {"ca", Script::kLatin,
     "de la que i el a en els per un amb una les del no és es al com més però ha o ser dels també "
     "són aquest seva aquesta molt fins hi va",
     "ŀ"},
    {"gl", Script::kLatin,
     "de a o que e do da en un unha para con non os no na por máis as dos como ao das pero seu súa "
     "ou cando moi tamén só polo pola ata foi",
     ""},
    {"eu", Script::kLatin,
     "eta da ez bat du dira egin zen izan ere hau baina den dute bere duen zuen baino behar beste "
     "oso edo hori arte",
     ""},
    {"cy", Script::kLatin,
     "y yn a i o ac ar am mae yr gan fod wedi eu ei bod hefyd ni oedd gyda sydd hyn fel neu nid at "
     "wrth",
     "ŵŷ"},
    {"ga", Script::kLatin,
     "an na agus ar i a go is le ag sé bhí de do mar tá sin nach air seo as leis ach raibh aige "
     "chun",
     ""},
    {"mt", Script::kLatin,
     "li ta u il l fil biex għal minn ma huwa kien hija din dan jew mill kienet dwar iktar ukoll "
     "meta",
     "ħġż"},
    {"eo", Script::kLatin,
     "la de kaj en estas al ke por ne ĝi li el pri mi oni sed kun estis por tiu pli ankaŭ kiu ili "
     "aŭ",
     "ĝĉŝŭĵĥ"},
    {"la", Script::kLatin,
     "et in est non ad cum ut quod qui sed esse ex per quae si quam ab hoc sunt aut enim etiam "
     "atque nec",
     ""},
    {"ru", Script::kCyrillic,
     "и в не на что с по как это а из к у за но он от его для то же так все было о бы мы только "
     "или "
     "еще они был до я также",
     "ыэё"},
    {"uk", Script::kCyrillic,
     "і в не на що з та як до у за це але він від його для про а також які був по й або ми вони "
     "було може якщо",
     "їєґ"},
    {"be", Script::kCyrillic,
     "і ў не на што з як да у за гэта але ён ад яго для пра а таксама якія быў па або мы яны было "
     "можа калі",
     "ў"},
    {"bg", Script::kCyrillic,
     "на и в да за се от е не с по че са до като при ще но който има бъде след това така само или "
     "беше които",
     ""},
    {"sr", Script::kCyrillic,
     "и је у на се да за су од који са а о из као што то би не али по која које био само те сам "
     "бити према после",
     "јљњђћџ"},
    {"mk", Script::kCyrillic,
     "на и во да за се од е не со по дека се до како при ќе но кој има биде по ова така само или "
     "беше кои",
     "ѓќѕ"},
    {"kk", Script::kCyrillic,
     "және мен бұл да де үшін бір деп болып бар ол еді осы жылы туралы қазақстан кейін", "қғңұәһ"},
    {"mn", Script::kCyrillic,
     "нь бол байна энэ юм болон гэж байсан хийх дээр өөрийн тэр байгаа болно", "өү"},
    {"ar", Script::kArabic,
     "في من على أن إلى التي عن مع هذا هذه كان الذي لا ما بين بعد أو كما قد لم ذلك هو كل وقد غير",
     "ةىأإ"},
    {"fa", Script::kArabic,
     "و در به از که این را با است برای آن یک خود تا کرد بر هم نیز می شده بود های دارد شود کند",
     "گچپژی"},
    {"ur", Script::kArabic,
     "کے کی میں سے اور کا ہے کو نے اس پر کہ یہ ہیں کر بھی تھا ایک نہیں وہ گیا لیے تو", "ٹڈڑںےھہ"},
    {"ps", Script::kArabic, "د په او چې له کې ته دي هغه سره یې دا نه هم کړي شي", "ښړټډځڅېۍ"},
    {"hi", Script::kDevanagari,
     "के में है की और को से का पर ने कि यह इस भी हैं एक नहीं कर हो था लिए तो अपने ही जो", ""},
    {"mr", Script::kDevanagari,
     "आहे या आणि व ते हे की तर आहेत होते यांनी त्यांच्या करण्यात मध्ये नाही एक केली असे काही", "ळ"},
    {"ne", Script::kDevanagari,
     "को र छ मा ले पनि छन् भएको यो गर्न हो गरेको लागि भने एक उनले थियो नेपाल तथा गर्ने", ""}};

std::vector<std::string_view> split(std::string_view words) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at < words.size();) {
    const size_t end = std::min(words.find(' ', at), words.size());
    if (end > at) parts.push_back(words.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

const Block* block_of(char32_t c) {
  const auto* after = std::upper_bound(std::begin(kBlocks), std::end(kBlocks), c,
                                       [](char32_t x, const Block& b) { return x < b.first; });
  if (after == std::begin(kBlocks)) return nullptr;
  const Block* block = std::prev(after);
  return c <= block->last ? block : nullptr;
}

// Which profiles have a word, and a letter. A word counts less the more languages have it.
struct Index {
  std::unordered_map<std::string_view, std::vector<size_t>> words;
  std::unordered_map<char32_t, std::vector<size_t>> letters;

  explicit Index(Script script) {
    for (size_t p = 0; p < std::size(kProfiles); ++p) {
      if (kProfiles[p].script != script) continue;
      for (const std::string_view word : split(kProfiles[p].words)) {
        std::vector<size_t>& having = words[word];
        if (having.empty() || having.back() != p) having.push_back(p);
      }
      const std::string_view all = kProfiles[p].letters;
      for (size_t i = 0; i < all.size();) {
        const CodePoint c = code_point_at(all, i);
        letters[c.value].push_back(p);
        i += c.bytes;
      }
    }
  }
};

// Made once: it costs more than most texts do.
const Index& index_of(Script script) {
  static const std::map<Script, Index> kIndices = [] {
    std::map<Script, Index> indices;
    for (const Script each : kProfiledScripts) indices.emplace(each, Index(each));
    return indices;
  }();
  return kIndices.at(script);
}

// What a text has of each profile's words and letters.
struct Scores {
  std::array<double, std::size(kProfiles)> scores = {};
  std::array<size_t, std::size(kProfiles)> different = {};  // words and letters, each once
  size_t count = 0, matches = 0;                            // words, and those that any profile has
};

Scores scores_of(std::string_view text, Script script) {
  const Index& index = index_of(script);
  Scores result;
  auto& [scores, different, count, matches] = result;
  std::unordered_set<std::string_view> seen_words;
  std::unordered_set<char32_t> seen_letters;
  const std::string lowered = lower(text);
  for (const ByteRange range : words(lowered)) {
    const std::string_view word = slice(lowered, range);
    ++count;
    if (const auto found = index.words.find(word); found != index.words.end()) {
      ++matches;
      const double weight = 1 / std::sqrt(static_cast<double>(found->second.size()));
      const bool first = seen_words.insert(word).second;
      for (const size_t p : found->second) {
        scores[p] += weight;
        different[p] += first;
      }
    }
    for (size_t i = 0; i < word.size();) {
      const CodePoint c = code_point_at(word, i);
      i += c.bytes;
      if (c.bytes == 1) continue;
      const auto found = index.letters.find(c.value);
      if (found == index.letters.end()) continue;
      const double weight = 0.7 / static_cast<double>(found->second.size());
      const bool first = seen_letters.insert(c.value).second;
      for (const size_t p : found->second) {
        scores[p] += weight;
        different[p] += first;
      }
    }
  }
  return result;
}

// The profile whose words and letters the text has most of.
std::string best_profile(std::string_view text, Script script) {
  const Scores found = scores_of(text, script);
  const auto& [scores, different, count, matches] = found;
  const auto best = std::max_element(scores.begin(), scores.end());
  if (count == 0 || matches < 2 || *best < kMinScore * static_cast<double>(count)) return {};
  return std::string(kProfiles[static_cast<size_t>(best - scores.begin())].language);
}

const Profile* profile_of(std::string_view language) {
  const auto* found =
      std::find_if(std::begin(kProfiles), std::end(kProfiles),
                   [&](const Profile& profile) { return profile.language == language; });
  return found == std::end(kProfiles) ? nullptr : found;
}

}  // namespace

std::string detect_language(std::string_view text) {
  std::array<size_t, static_cast<size_t>(Script::kOther) + 1> scripts = {};
  std::unordered_map<std::string_view, size_t> own;
  size_t letters = 0, end = 0;
  while (end < text.size() && letters < kMaxLetters) {
    const CodePoint c = code_point_at(text, end);
    end += c.bytes;
    if (c.value < 'A' || !is_letter(c.value)) continue;
    ++letters;
    const Block* block = block_of(c.value);
    ++scripts[static_cast<size_t>(block == nullptr ? Script::kOther : block->script)];
    if (block != nullptr && !block->language.empty()) ++own[block->language];
  }
  const auto of = [&](Script script) { return scripts[static_cast<size_t>(script)]; };
  // Chinese and Japanese say in one letter what others say in three.
  if (of(Script::kHan) + of(Script::kKana) >= 4 &&
      3 * (of(Script::kHan) + of(Script::kKana)) > letters) {
    return of(Script::kKana) * 20 > of(Script::kHan) ? "ja" : "zh";
  }
  if (letters < kMinLetters) return {};
  for (const auto& [language, count] : own) {
    if (2 * count > letters) return std::string(language);
  }
  for (const Script script : kProfiledScripts) {
    if (2 * of(script) > letters) return best_profile(text.substr(0, end), script);
  }
  return {};
}

LanguageVerdict is_in_language(std::string_view text, std::string_view language) {
  const std::string found = detect_language(text);
  if (found.empty()) return LanguageVerdict::kUnknown;
  if (found == language) return LanguageVerdict::kYes;
  const Profile* other = profile_of(found);
  if (other == nullptr) return LanguageVerdict::kNo;  // told by its script
  const Profile* asked = profile_of(language);
  const Scores scores = scores_of(text, other->script);
  const auto index = [](const Profile* profile) {
    return static_cast<size_t>(profile - std::begin(kProfiles));
  };
  const double of_other = scores.scores[index(other)];
  const double of_asked = asked == nullptr ? 0 : scores.scores[index(asked)];
  const bool plain =
      of_asked <= kMostOfAsked * of_other && scores.different[index(other)] >= kMinDifferent;
  return plain ? LanguageVerdict::kNo : LanguageVerdict::kUnknown;
}

}  // namespace twin
