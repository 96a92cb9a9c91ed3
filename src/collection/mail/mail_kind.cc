#include "collection/mail/mail_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "collection/mail/gmime.h"
#include "collection/mail/mail_lines.h"
#include "text/unicode.h"

namespace twin {
namespace {

struct FolderNames {
  const char* reason;
  std::initializer_list<std::string_view> names;
};

const FolderNames kFolders[] = {
    {"a draft",
     {"draft",      "drafts",          "entwürfe", "entwurf",    "brouillons",  "brouillon",
      "borradores", "rascunhos",       "bozze",    "concepten",  "utkast",      "kladder",
      "luonnokset", "wersje robocze",  "szkice",   "koncepty",   "piszkozatok", "черновики",
      "чернетки",   "taslaklar",       "草稿",     "下書き",     "임시보관함",  "templates",
      "vorlagen",   "unsent messages", "outbox",   "postausgang"}},
    {"spam",
     {"spam",
      "junk",
      "junk e-mail",
      "junk email",
      "junk mail",
      "bulk mail",
      "bulk",
      "courrier indésirable",
      "indésirables",
      "pourriel",
      "correo no deseado",
      "lixo eletrônico",
      "posta indesiderata",
      "spamverdacht",
      "werbung",
      "ongewenste e-mail",
      "skräppost",
      "søppelpost",
      "roskaposti",
      "nevyžádaná pošta",
      "спам",
      "нежелательная почта",
      "垃圾邮件",
      "垃圾郵件",
      "迷惑メール",
      "스팸함"}},
    {"deleted",
     {"trash",
      "bin",
      "deleted",
      "deleted items",
      "deleted messages",
      "papierkorb",
      "gelöscht",
      "gelöschte elemente",
      "gelöschte objekte",
      "corbeille",
      "éléments supprimés",
      "papelera",
      "elementos eliminados",
      "lixeira",
      "lixo",
      "itens excluídos",
      "cestino",
      "posta eliminata",
      "prullenbak",
      "verwijderde items",
      "papperskorg",
      "papirkurv",
      "papirkorg",
      "roskakori",
      "kosz",
      "koš",
      "корзина",
      "удаленные",
      "кошик",
      "çöp kutusu",
      "已删除",
      "已删除邮件",
      "ゴミ箱",
      "휴지통"}},
};

std::string field(GMimeMessage* message, const char* name) {
  return folded_line(text_or_empty(g_mime_object_get_header(GMIME_OBJECT(message), name)));
}

// Calls each(label) for the labels of a comma-separated list, as Gmail's export writes it.
std::string reason_of_labels(const std::string& labels) {
  for (size_t begin = 0; begin < labels.size();) {
    const size_t end = std::min(labels.find(',', begin), labels.size());
    if (std::string reason = why_not_written(std::string_view(labels).substr(begin, end - begin));
        !reason.empty()) {
      return reason;
    }
    begin = end + 1;
  }
  return {};
}

// Mozilla's flags, in hexadecimal: 0x8 is a message that was deleted and not yet compacted away.
bool is_expunged(const std::string& status) {
  if (status.size() != 4) return false;
  const char last = status[3];
  return (last >= '8' && last <= '9') || (last >= 'a' && last <= 'f');
}

}  // namespace

std::string why_not_written(std::string_view folder) {
  const std::string name = folded_line(folder);
  // "[Gmail].Drafts", "INBOX.Drafts", "[Google Mail]/Spam".
  std::string_view last = name;
  if (const size_t mark = last.find_last_of("./"); mark != std::string_view::npos) {
    last = last.substr(mark + 1);
  }
  for (const FolderNames& kind : kFolders) {
    const auto is = [&](std::string_view one) {
      return std::find(kind.names.begin(), kind.names.end(), one) != kind.names.end();
    };
    if (is(name) || is(last)) return kind.reason;
  }
  return {};
}

std::string why_not_written(GMimeMessage* message) {
  if (std::string reason = reason_of_labels(field(message, "X-Gmail-Labels")); !reason.empty()) {
    return reason;
  }
  if (field(message, "X-Uniform-Type-Identifier") == "com.apple.mail-draft") return "a draft";
  const std::string status = field(message, "X-Status");
  if (status.find('t') != std::string::npos) return "a draft";
  if (status.find('d') != std::string::npos || is_expunged(field(message, "X-Mozilla-Status"))) {
    return "deleted";
  }
  if (field(message, "X-Spam-Flag").starts_with("yes") ||
      field(message, "X-Spam-Status").starts_with("yes")) {
    return "spam";
  }
  if (const std::string submitted = field(message, "Auto-Submitted");
      !submitted.empty() && !submitted.starts_with("no")) {
    return fmt::format("automatic (Auto-Submitted: {})", submitted);
  }
  for (const char* name : {"X-Autoreply", "X-Autorespond", "X-Autoresponder"}) {
    if (const std::string value = field(message, name); !value.empty() && value != "no") {
      return fmt::format("automatic ({})", name);
    }
  }
  const std::string precedence = field(message, "Precedence");
  if (precedence == "auto_reply") return "automatic (Precedence: auto_reply)";
  const std::string post = field(message, "List-Post");
  const bool discussion =
      (!post.empty() && post != "no") || !field(message, "X-Mailman-Version").empty();
  if (!discussion && !field(message, "List-Unsubscribe").empty()) {
    return "mass mail (List-Unsubscribe)";
  }
  if (!discussion && (precedence == "bulk" || precedence == "junk")) {
    return fmt::format("mass mail (Precedence: {})", precedence);
  }
  return {};
}

}  // namespace twin
