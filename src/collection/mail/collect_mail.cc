#include "collection/mail/collect_mail.h"

#include <fmt/format.h>

#include <chrono>
#include <unordered_set>

#include "base/hashing.h"
#include "collection/mail/author_addresses.h"
#include "collection/mail/mail_lines.h"
#include "collection/mail/message.h"
#include "collection/mail/own_words.h"
#include "collection/mail/subject.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxIdBytes = 512;
// How often a mailbox's item says how far it was read.
constexpr uint64_t kCheckpointBytes = 64 << 20;

class MailCollector {
 public:
  MailCollector(Collector& collector, const MailOptions& options)
      : collector_(collector), options_(options), author_(collector.author().full_name()) {
    for (const std::string& address : options.addresses) addresses_.insert(lower(address));
  }

  void run(const std::vector<MailSource>& sources) {
    if (addresses_.empty()) survey(sources);
    for (const MailSource& source : sources) collect(source);
    if (copies_ > 0) {
      collector_.note(fmt::format("{} mails were there more than once", copies_));
    }
  }

 private:
  // Calls each(message) for the messages of a source from `begin` on, with a bar by bytes.
  template <class Each>
  void read(const MailSource& source, uint64_t begin, const char* label, Each each) {
    Context& context = collector_.context();
    const auto reader = open_mail(source, options_.max_message_bytes, begin);
    const auto bar = context.progress.start(label, reader->total_bytes());
    FoundMessage message;
    while (reader->next(message)) {
      stop_if_interrupted(context);
      each(message);
      bar->update(message.stored.end, source.path.filename().string());
    }
    bar->finish();
  }

  void survey(const std::vector<MailSource>& sources) {
    std::vector<std::string> names{author_};
    const std::vector<std::string>& aliases = collector_.author().aliases;
    names.insert(names.end(), aliases.begin(), aliases.end());
    AddressSurvey survey(names);
    for (const MailSource& source : sources) {
      collector_.attempt(source.path.string(), [&] {
        read(source, 0, "addresses", [&](const FoundMessage& message) {
          survey.add(read_head(message.stored.bytes).from);
        });
      });
    }
    std::string list;
    for (const auto& [address, mails] : survey.addresses()) {
      addresses_.insert(address);
      list += fmt::format("{}{} ({} mails)", list.empty() ? "" : ", ", address, mails);
    }
    collector_.note(
        list.empty() ? fmt::format("no mail bears the name {}: say --email ADDRESS for mails "
                                   "from an address of the author",
                                   author_)
                     : fmt::format("taken for addresses of {} by name: {}; --email says otherwise",
                                   author_, list));
  }

  // What one source held.
  struct Counts {
    uint64_t mails = 0, own = 0;
  };

  // Changes with the file, whatever is in it.
  static std::string stamp_of(const fs::path& path) {
    std::error_code error;
    const auto time = fs::last_write_time(path, error).time_since_epoch().count();
    const uintmax_t size = fs::file_size(path, error);
    return error ? std::string() : fmt::format("{}-{}", size, time);
  }

  void collect(const MailSource& source) {
    const std::string name = source.path.string();
    collector_.attempt(name, [&] {
      Counts counts;
      const bool resumes = source.kind == MailSourceKind::kMailbox;
      const std::string stamp =
          resumes ? stamp_of(source.archive.empty() ? source.path : source.archive) : std::string();
      const uint64_t begin = resumes ? checkpoint(name, stamp) : 0;
      uint64_t saved = begin;
      read(source, begin, "mail", [&](const FoundMessage& message) {
        take(source, message, counts);
        if (resumes && message.stored.end >= saved + kCheckpointBytes) {
          saved = message.stored.end;
          Item item{name, "waiting", fmt::format("read up to byte {}", saved), "",
                    collector_.now()};
          item.etag = stamp;
          item.last_modified = std::to_string(saved);
          collector_.store().put_item(item);
        }
      });
      if (source.kind == MailSourceKind::kMessage) return;
      collector_.store().put_item(
          {name, "read",
           fmt::format("{} mails, {} of them by the author{}", counts.mails, counts.own,
                       begin > 0 ? ", since an interrupted run" : ""),
           "", collector_.now()});
    });
  }

  // Where an interrupted run of the same file stopped.
  uint64_t checkpoint(const std::string& name, const std::string& stamp) const {
    const std::optional<Item> item = collector_.store().item(name);
    if (!item || item->state != "waiting" || stamp.empty() || item->etag != stamp) return 0;
    return std::strtoull(item->last_modified.c_str(), nullptr, 10);
  }

  void take(const MailSource& source, const FoundMessage& message, Counts& counts) {
    ++counts.mails;
    const MailHead head = read_head(message.stored.bytes);
    if (addresses_.count(head.from.address) == 0) {
      if (source.kind == MailSourceKind::kMessage) {
        collector_.refuse(message.path, {"skipped", fmt::format("a mail from {}, no address of the "
                                                                "author's (--email)",
                                                                head.from.address)});
      }
      return;
    }
    ++counts.own;
    const std::string link = "mid:" + (head.id.empty() || head.id.size() > kMaxIdBytes
                                           ? fingerprint(message.stored.bytes)
                                           : head.id);
    if (!seen_.insert(link).second) {
      ++copies_;
      return;
    }
    collector_.attempt(link, [&] { keep(message, link); });
  }

  void keep(const FoundMessage& message, const std::string& link) {
    if (message.stored.too_long) {
      throw Refusal{
          "skipped",
          fmt::format("a mail of {}, more than the limit of {} (collect.max_file_bytes)",
                      format_bytes(static_cast<double>(message.stored.end - message.stored.begin)),
                      format_bytes(static_cast<double>(options_.max_message_bytes)))};
    }
    if (!message.not_written.empty()) throw Refusal{"skipped", message.not_written};
    const MailMessage mail = read_message(message.stored.bytes, message.path);
    if (!mail.not_written.empty()) throw Refusal{"skipped", mail.not_written};
    RawDocument document;
    document.verbatim = own_words(mail.text, author_);
    const std::string attachments = fmt::format("{}", fmt::join(mail.attachments, ", "));
    if (trimmed(document.verbatim).empty()) {
      throw Refusal{"skipped", mail.text.empty()
                                   ? fmt::format("no text{}{}",
                                                 attachments.empty() ? "" : ", only ", attachments)
                                   : "nothing of the author's own: quotations and a signature"};
    }
    document.category = Category::kPosts;
    document.genre = "mail";
    document.platform = "mail";
    document.link = link;
    document.title = topic_of(mail.subject);
    document.date = mail.date;
    document.media_type = "message/rfc822";
    document.extractor = kMailExtractor;
    document.raw = message.stored.bytes;
    document.headers = mail.people;
    document.id = uuid_from_name(fmt::format("{}\n{}", collector_.author().id, link));
    keep_known_bytes(document);
    Item item;
    if (!attachments.empty()) item.reason = "not read: " + attachments;
    collector_.keep(std::move(document), link, std::move(item));
  }

  // Programs write flags into the headers of mails, and copies differ in how they came: a mail that
  // reads the same is the one we know.
  void keep_known_bytes(RawDocument& document) const {
    const std::optional<RawDocument> known = collector_.store().document(document.id);
    if (known && known->verbatim == document.verbatim && known->extractor == document.extractor &&
        known->title == document.title && known->date == document.date) {
      document.raw = known->raw;
      document.headers = known->headers;
    }
  }

  Collector& collector_;
  const MailOptions& options_;
  std::string author_;
  std::set<std::string> addresses_;
  std::unordered_set<std::string> seen_;  // links of this run
  uint64_t copies_ = 0;
};

}  // namespace

void collect_mail(Collector& collector, const std::vector<MailSource>& sources,
                  const MailOptions& options) {
  if (!sources.empty()) MailCollector(collector, options).run(sources);
}

}  // namespace twin
