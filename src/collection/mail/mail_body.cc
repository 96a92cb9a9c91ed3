#include "collection/mail/mail_body.h"

#include "collection/mail/flowed.h"
#include "collection/mail/gmime.h"
#include "collection/mail/html_mail.h"
#include "collection/mail/mail_lines.h"
#include "collection/web/charset.h"
#include "text/unicode.h"

namespace twin {
namespace {

// GMime itself stops at a depth of its own; ours is for what walks its tree.
constexpr size_t kMaxDepth = 64;

std::string decoded_bytes(GMimePart* part) {
  GMimeDataWrapper* const content = g_mime_part_get_content(part);
  if (content == nullptr) return {};
  const GPointer<GMimeStream> memory(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(content, memory.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
  if (bytes == nullptr || bytes->data == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

std::string parameter(GMimePart* part, const char* name) {
  return lower(text_or_empty(g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), name)));
}

// In UTF-8, lines ending in \n, without zero bytes.
std::string decode_text(std::string_view bytes, const std::string& charset) {
  const std::string utf8 =
      to_utf8(bytes, charset.empty() ? charset : "text/plain; charset=" + charset);
  std::string text;
  text.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size(); ++i) {
    if (utf8[i] == '\0') continue;
    if (utf8[i] != '\r') {
      text += utf8[i];
    } else if (i + 1 == utf8.size() || utf8[i + 1] != '\n') {
      text += '\n';
    }
  }
  return text;
}

// "-----BEGIN PGP SIGNED MESSAGE-----": the text between the headers and the signature.
std::string without_pgp(const std::string& text) {
  static constexpr std::string_view kBegin = "-----BEGIN PGP SIGNED MESSAGE-----";
  if (text.find(kBegin) == std::string::npos) return text;
  std::string inner;
  bool headers = false, signature = false;
  for (std::string_view line : lines_of(text)) {
    if (line == kBegin) {
      headers = true;
    } else if (line == "-----BEGIN PGP SIGNATURE-----") {
      signature = true;
    } else if (line == "-----END PGP SIGNATURE-----") {
      signature = false;
    } else if (headers) {
      headers = !trimmed(line).empty();
    } else if (!signature) {
      if (line.starts_with("- ")) line.remove_prefix(2);
      inner.append(line) += '\n';
    }
  }
  return inner;
}

class BodyReader {
 public:
  explicit BodyReader(const std::string& where) : where_(where) {}

  MailBody run(GMimeObject* object) {
    read(object, 0);
    return std::move(body_);
  }

 private:
  void read(GMimeObject* object, size_t depth) {
    if (object == nullptr || depth > kMaxDepth || !body_.not_written.empty()) return;
    if (GMIME_IS_MULTIPART(object)) return multipart(GMIME_MULTIPART(object), depth);
    if (GMIME_IS_MESSAGE_PART(object)) {
      body_.attachments.push_back("a mail");
      return;
    }
    if (GMIME_IS_PART(object)) part(GMIME_PART(object));
  }

  void multipart(GMimeMultipart* multipart, size_t depth) {
    GMimeObject* object = GMIME_OBJECT(multipart);
    if (is(object, "multipart", "encrypted")) {
      body_.not_written = "encrypted; decrypt it in your mail program and export it anew";
      return;
    }
    if (is(object, "multipart", "report")) {
      body_.not_written = "automatic (a receipt or report of delivery)";
      return;
    }
    const int count = g_mime_multipart_get_count(multipart);
    if (is(object, "multipart", "alternative")) return alternative(multipart, count, depth);
    for (int i = 0; i < count; ++i) read(g_mime_multipart_get_part(multipart, i), depth + 1);
  }

  // Plain text if it says anything, else what does.
  void alternative(GMimeMultipart* multipart, int count, size_t depth) {
    MailBody best;
    for (int i = 0; i < count; ++i) {
      GMimeObject* child = g_mime_multipart_get_part(multipart, i);
      BodyReader reader(where_);
      reader.read(child, depth + 1);
      MailBody& found = reader.body_;
      if (!found.not_written.empty()) {
        body_.not_written = found.not_written;
        return;
      }
      body_.attachments.insert(body_.attachments.end(), found.attachments.begin(),
                               found.attachments.end());
      if (best.markdown.empty()) best.markdown = std::move(found.markdown);
      if (!best.markdown.empty()) break;
    }
    // An invitation has its calendar part last.
    for (int i = 0; i < count; ++i) {
      GMimeObject* child = g_mime_multipart_get_part(multipart, i);
      if (GMIME_IS_PART(child) && is(child, "text", "calendar")) part(GMIME_PART(child));
    }
    add(std::move(best.markdown));
  }

  void part(GMimePart* part) {
    GMimeObject* object = GMIME_OBJECT(part);
    if (is(object, "text", "calendar")) {
      if (const std::string method = parameter(part, "method");
          !method.empty() && method != "publish") {
        body_.not_written = "automatic (an invitation or the answer to one)";
      }
      return;
    }
    if (is(object, "application", "pkcs7-mime") || is(object, "application", "x-pkcs7-mime")) {
      body_.not_written = "encrypted (S/MIME); decrypt it in your mail program and export it anew";
      return;
    }
    const std::string disposition = lower(text_or_empty(g_mime_object_get_disposition(object)));
    const std::string name = text_or_empty(g_mime_part_get_filename(part));
    const bool html = is(object, "text", "html");
    if ((!html && !is(object, "text", "plain")) || disposition == "attachment" || !name.empty()) {
      if (is_signature(object)) return;
      const GText type(g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object)));
      body_.attachments.push_back(name.empty() ? text_or_empty(type.get()) : name);
      return;
    }
    std::string text = decode_text(decoded_bytes(part), parameter(part, "charset"));
    if (html) return add(html_mail_to_markdown(text, where_));
    if (text.find("-----BEGIN PGP MESSAGE-----") != std::string::npos) {
      body_.not_written = "encrypted; decrypt it in your mail program and export it anew";
      return;
    }
    if (parameter(part, "format") == "flowed") {
      text = unflow(text, parameter(part, "delsp") == "yes");
    }
    add(without_pgp(text));
  }

  static bool is_signature(GMimeObject* object) {
    return is(object, "application", "pgp-signature") ||
           is(object, "application", "pkcs7-signature") ||
           is(object, "application", "x-pkcs7-signature");
  }

  static bool is(GMimeObject* object, const char* type, const char* subtype) {
    return g_mime_content_type_is_type(g_mime_object_get_content_type(object), type, subtype);
  }

  void add(std::string text) {
    if (trimmed(text).empty()) return;
    if (!body_.markdown.empty()) body_.markdown += '\n';
    body_.markdown += text;
    if (!body_.markdown.ends_with('\n')) body_.markdown += '\n';
  }

  const std::string& where_;
  MailBody body_;
};

}  // namespace

MailBody read_body(GMimeMessage* message, const std::string& where) {
  return BodyReader(where).run(g_mime_message_get_mime_part(message));
}

}  // namespace twin
