#include "collection/mail/client_phrases.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "collection/mail/mail_lines.h"

namespace twin {
namespace {

using Phrases = std::initializer_list<std::string_view>;

bool has_any(std::string_view line, const Phrases& phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return line.find(phrase) != line.npos; });
}

bool starts_with_any(std::string_view line, const Phrases& phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return line.starts_with(phrase); });
}

std::string_view without(std::string_view line, std::string_view marks) {
  const size_t first = line.find_first_not_of(marks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(marks) - first + 1);
}

}  // namespace

bool says_wrote(std::string_view line) {
  static const Phrases kWords = {
      "wrote",     "writes",     "schrieb",   "a écrit", "écrit",  "escribió",    "escribio",
      "escreveu",  "ha scritto", "scrisse",   "schreef", "skrev",  "napisał",     "napisała",
      "kirjoitti", "napsal",     "napsal(a)", "napísal", "írta",   "a scris",     "yazdı",
      "menulis",   "đã viết",    "έγραψε",    "писал",   "писала", "написал",     "написала",
      "пишет",     "написав",    "пише",      "כתב",     "كتب",    "va escriure", "said",
      "skrifaði",  "je napisao", "napisao"};
  static const Phrases kUnspaced = {"写道", "寫道", "のメッセージ", "님이 작성",
                                    "さんは書きました"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return has_words(line, word); }) ||
         has_any(line, kUnspaced);
}

bool announces_original(std::string_view line) {
  static const Phrases kOriginal = {"original message",
                                    "forwarded message",
                                    "ursprüngliche nachricht",
                                    "originalnachricht",
                                    "weitergeleitete nachricht",
                                    "original-nachricht",
                                    "message d'origine",
                                    "message d’origine",
                                    "message original",
                                    "message transféré",
                                    "mensaje original",
                                    "mensaje reenviado",
                                    "forwarded by",
                                    "mensagem original",
                                    "mensagem encaminhada",
                                    "messaggio originale",
                                    "messaggio inoltrato",
                                    "oorspronkelijk bericht",
                                    "doorgestuurd bericht",
                                    "forwarded email",
                                    "ursprungligt meddelande",
                                    "vidarebefordrat meddelande",
                                    "oprindelig meddelelse",
                                    "videresendt meddelelse",
                                    "opprinnelig melding",
                                    "videresendt melding",
                                    "alkuperäinen viesti",
                                    "wiadomość oryginalna",
                                    "oryginalna wiadomość",
                                    "przekazana wiadomość",
                                    "původní zpráva",
                                    "přeposlaná zpráva",
                                    "eredeti üzenet",
                                    "исходное сообщение",
                                    "пересылаемое сообщение",
                                    "переадресованное сообщение",
                                    "пересланное сообщение",
                                    "вихідне повідомлення",
                                    "özgün ileti",
                                    "iletilen mesaj",
                                    "原始邮件",
                                    "原始郵件",
                                    "转发邮件",
                                    "转发的邮件",
                                    "元のメッセージ",
                                    "転送メッセージ",
                                    "원본 메시지",
                                    "original appointment"};
  static const Phrases kBegins = {"begin forwarded message:",
                                  "anfang der weitergeleiteten nachricht:",
                                  "anfang der weitergeleiteten e-mail:",
                                  "début du message réexpédié :",
                                  "début du message transféré :",
                                  "inicio del mensaje reenviado:",
                                  "início da mensagem encaminhada:",
                                  "início da mensagem reencaminhada:",
                                  "inizio messaggio inoltrato:",
                                  "begin doorgestuurd bericht:",
                                  "vidarebefordrat brev:",
                                  "start på videresendt besked:",
                                  "начало переадресованного сообщения:"};
  if (starts_with_any(line, kBegins)) return true;
  // Dashes stand on both sides.
  const std::string_view inner = without(line, "-_= ");
  const auto is_dash = [](char c) { return c == '-' || c == '_' || c == '='; };
  return line.size() >= inner.size() + 4 && inner.size() < 80 && is_dash(line.front()) &&
         is_dash(line.back()) && (has_any(inner, kOriginal) || says_wrote(inner));
}

QuotedField quoted_field(std::string_view line) {
  struct Label {
    QuotedField field;
    Phrases names;
  };
  static const std::array<Label, 5> kLabels = {{
      {QuotedField::kFrom,
       {"from",      "von",        "de",        "da",     "van",        "från",
        "fra",       "lähettäjä",  "od",        "feladó", "от",         "от кого",
        "від",       "kimden",     "gönderen",  "发件人", "寄件者",     "差出人",
        "보낸 사람", "expéditeur", "remitente", "从",     "odesílatel", "από"}},
      {QuotedField::kDate,
       {"sent",       "date",      "gesendet",  "datum",   "envoyé",     "enviado",  "enviado el",
        "enviada em", "data",      "fecha",     "inviato", "verzonden",  "skickat",  "sendt",
        "dato",       "lähetetty", "päiväys",   "wysłano", "odesláno",   "elküldve", "dátum",
        "отправлено", "дата",      "надіслано", "tarih",   "gönderildi", "发送时间", "日期",
        "送信日時",   "日付",      "보낸 날짜", "enviada", "enviado em"}},
      {QuotedField::kTo,
       {"to", "an", "à", "a", "para", "aan", "till", "til", "vastaanottaja", "do", "komu",
        "címzett", "кому", "kime", "收件人", "宛先", "받는 사람", "destinataire", "pour"}},
      {QuotedField::kCopy, {"cc", "kopie", "copie", "kopia", "копия", "copia", "抄送", "bcc"}},
      {QuotedField::kSubject,
       {"subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp",
        "ämne",    "emne",    "aihe",  "temat",  "předmět", "tárgy",   "тема",
        "konu",    "主题",    "主旨",  "件名",   "제목",    "re"}},
  }};
  size_t colon = line.find(':');
  const size_t wide = line.find("：");
  colon = std::min(colon, wide);
  if (colon == std::string_view::npos || colon > 32) return QuotedField::kNone;
  const std::string_view name = without(line.substr(0, colon), "-_|# ");
  for (const Label& label : kLabels) {
    if (std::find(label.names.begin(), label.names.end(), name) != label.names.end()) {
      return label.field;
    }
  }
  return QuotedField::kNone;
}

bool names_device(std::string_view line) {
  static const Phrases kOpenings = {"sent from my ",
                                    "sent from mail for ",
                                    "sent from outlook",
                                    "sent from yahoo mail",
                                    "sent from aol",
                                    "sent from proton",
                                    "sent with proton",
                                    "sent from gmail mobile",
                                    "sent from a mobile",
                                    "sent from mobile",
                                    "sent from the all-new",
                                    "sent from samsung",
                                    "sent via blackberry",
                                    "sent via the samsung",
                                    "sent from windows mail",
                                    "sent from hey",
                                    "sent with spark",
                                    "sent with [spark",
                                    "sent from spark",
                                    "sent from tutanota",
                                    "sent using ",
                                    "sent with airmail",
                                    "sent with mailspring",
                                    "sent from [",
                                    "sent with [",
                                    "sent from thunderbird",
                                    "sent with thunderbird",
                                    "sent from canary",
                                    "sent from newton",
                                    "sent from nine",
                                    "get outlook for ",
                                    "get [outlook for",
                                    "holen sie sich outlook",
                                    "télécharger outlook",
                                    "obtener outlook",
                                    "obtenha o outlook",
                                    "laden sie outlook",
                                    "outlook für ",
                                    "outlook per ",
                                    "von meinem ",
                                    "gesendet von meinem ",
                                    "gesendet von mail für",
                                    "gesendet von outlook",
                                    "gesendet mit der ",
                                    "gesendet mit mobile",
                                    "gesendet von yahoo",
                                    "meinem iphone",
                                    "diese nachricht wurde von meinem",
                                    "envoyé de mon ",
                                    "envoyé depuis mon ",
                                    "envoyé depuis ",
                                    "envoyé à partir de ",
                                    "enviado desde ",
                                    "enviado de meu ",
                                    "enviado do meu ",
                                    "enviado pelo ",
                                    "inviato da ",
                                    "inviato dal mio ",
                                    "verstuurd vanaf ",
                                    "verzonden vanaf ",
                                    "verzonden met ",
                                    "skickat från ",
                                    "sendt fra ",
                                    "lähetetty ",
                                    "wysłane z ",
                                    "odesláno z ",
                                    "отправлено с ",
                                    "отправлено из ",
                                    "надіслано з ",
                                    "发自我的",
                                    "從我的",
                                    "從 ",
                                    "iphoneから送信",
                                    "나의 iphone에서",
                                    "iphone'umdan gönderildi",
                                    "please excuse brevity",
                                    "please excuse my brevity",
                                    "please excuse any typos",
                                    "sent on the move"};
  // "Sent from my heart" would be the author's: what follows names a device or a program.
  static const Phrases kDevices = {
      "iphone",    "ipad",     "android", "blackberry", "samsung",    "galaxy",      "outlook",
      "mobile",    "mobil",    "phone",   "handy",      "windows",    "yahoo",       "aol",
      "proton",    "gmail",    "gmx",     "web.de",     "telekom",    "orange",      "k-9",
      "mail app",  "mail-app", "spark",   "airmail",    "mailspring", "thunderbird", "tutanota",
      "tablet",    "huawei",   "xiaomi",  "nokia",      "pixel",      "lg",          "smartphone",
      "hey",       "canary",   "newton",  "nine",       "mac",        "ios",         "mail",
      "téléphone", "teléfono", "телефон", "айфон",      "brevity",    "typos",       "move",
      "sony",      "motorola", "htc",     "oneplus"};
  line = without(line, "_-[]() ");
  return line.size() < 160 && starts_with_any(line, kOpenings) && has_any(line, kDevices);
}

bool opens_footer(std::string_view line) {
  static const Phrases kOpenings = {"you received this message because you are subscribed",
                                    "you are receiving this because",
                                    "to unsubscribe from this group",
                                    "to unsubscribe, e-mail:",
                                    "to unsubscribe send",
                                    "to unsubscribe from this list",
                                    "sie erhalten diese nachricht, weil sie in google",
                                    "vous recevez ce message, car vous êtes abonné",
                                    "has recibido este mensaje porque estás suscrito",
                                    "this email has been checked for viruses",
                                    "diese e-mail wurde von avast",
                                    "virus-free.",
                                    "virenfrei.",
                                    "garanti sans virus",
                                    "libre de virus",
                                    "no virus found in this",
                                    "cet e-mail a été vérifié",
                                    "cette adresse a été vérifiée",
                                    "do you yahoo!?",
                                    "yahoo! groups links",
                                    "reply to this email directly, view it on github",
                                    "reply to this email directly or view it on github",
                                    "this message was sent using imp",
                                    "msn hotmail",
                                    "get your free email",
                                    "[quoted text hidden]",
                                    "[message clipped]"};
  return starts_with_any(without(line, "-_=* []<>"), kOpenings) || line == "[quoted text hidden]";
}

bool is_disclaimer(std::string_view paragraph) {
  struct Notice {
    Phrases secret, addressee;
  };
  static const std::array<Notice, 6> kNotices = {{
      {{"confidential", "privileged", "proprietary"},
       {"intended recipient", "intended only", "intended solely", "received this", "receive this",
        "sent to you in error", "named recipient", "addressee", "recipient only"}},
      {{"vertraulich", "rechtlich geschützt"},
       {"richtige adressat", "irrtümlich", "nicht der beabsichtigte", "bestimmte person",
        "vorgesehene empfänger", "ausschließlich für den"}},
      {{"confidentiel"}, {"par erreur", "destinataire", "à l'attention exclusive"}},
      {{"confidencial"}, {"por error", "destinatari", "por engano"}},
      {{"riservat", "confidenzial"}, {"per errore", "destinatar"}},
      {{"vertrouwelijk"}, {"geadresseerde", "ten onrechte", "abusievelijk"}},
  }};
  if (paragraph.find("consider the environment before printing") != paragraph.npos) return true;
  if (paragraph.size() < 100) return false;
  return std::any_of(kNotices.begin(), kNotices.end(), [&](const Notice& notice) {
    return has_any(paragraph, notice.secret) && has_any(paragraph, notice.addressee) &&
           has_any(paragraph, {"mail", "message", "nachricht", "mensaje", "mensagem", "messaggio",
                               "bericht", "communication", "transmission", "courriel", "correo"});
  });
}

}  // namespace twin
