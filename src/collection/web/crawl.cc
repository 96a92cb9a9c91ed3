#include "collection/web/crawl.h"

#include <fmt/format.h>

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/progress.h"
#include "collection/web/fetcher.h"
#include "collection/web/frontier.h"

namespace twin {
namespace {

// How the reason of a document begins that a feed had, and its page not.
constexpr std::string_view kStandIn = "as the feed has it";

class Crawl {
 public:
  Crawl(Collector& collector, const WebSources& sources, const WebOptions& options)
      : collector_(collector), sources_(sources), options_(options), frontier_(collector) {}

  CrawlReport run(const std::vector<Url>& links) {
    begin(links);
    if (frontier_.waiting() == 0) return {0, frontier_.resumed()};
    bar_ = collector_.context().progress.start("collect", 0);
    std::vector<std::thread> workers;
    for (size_t i = 0; i < options_.hosts_at_once; ++i) {
      workers.emplace_back([this] { work(); });
    }
    for (std::thread& worker : workers) worker.join();
    bar_->finish();
    if (failure_) std::rethrow_exception(failure_);
    return {frontier_.waiting(), frontier_.resumed()};
  }

 private:
  void begin(const std::vector<Url>& links) {
    for (const Url& url : links) {
      collector_.attempt(url.text(), [&] {
        const WebSource& source = source_of(sources_, url);
        if (source.collect(collector_, url)) return;
        frontier_.add(source.begin(url));
      });
    }
  }

  // One thread's share. Whatever is not one link's own trouble ends the run.
  void work() {
    try {
      Fetcher fetcher(collector_.context(), options_);
      while (const std::optional<Frontier::Work> work = frontier_.take(options_.hosts_at_once)) {
        const auto give_back = [&](Host* host) { frontier_.give_back(*host); };
        const std::unique_ptr<Host, decltype(give_back)> owner(work->host, give_back);
        follow(fetcher, *work);
        if (options_.max_pages > 0 && pages_ >= options_.max_pages) frontier_.stop();
      }
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      frontier_.stop();
    }
  }

  void follow(Fetcher& fetcher, const Frontier::Work& work) {
    const FoundLink& link = work.link;
    Item item = frontier_.item_of(work);
    try {
      Fetched fetched = fetcher.fetch(*work.host, link.url, work.known);
      if (!is_list(link.kind)) ++pages_;
      item.etag = fetched.etag;
      item.last_modified = fetched.last_modified;
      if (fetched.unchanged) {
        // A list that is as it was leads where it led before.
        if (is_list(link.kind)) frontier_.add_known(work.host->name);
        if (work.known) {
          if (item.etag.empty()) item.etag = work.known->etag;
          if (item.last_modified.empty()) item.last_modified = work.known->last_modified;
        }
        note_unchanged(std::move(item), link, work.known);
      } else if (fetched.elsewhere) {
        frontier_.add({{*fetched.elsewhere, link.kind}});
        note(std::move(item), "skipped", "moved to " + fetched.elsewhere->text());
      } else {
        take(link, *fetched.page, item);
      }
    } catch (const Refusal& refusal) {
      refuse(std::move(item), work, refusal);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kBadInput) throw;
      refuse(std::move(item), work, {"failed", error.what()});
    }
    std::lock_guard lock(mutex_);
    bar_->update(++done_, link.url.text());
  }

  void take(const FoundLink& link, const FetchedPage& page, Item item) {
    const WebSource& source = source_of(sources_, page.url);
    PageReading reading = source.read(page, link.kind, collector_.author());
    if (reading.documents.empty() && reading.links.empty() && reading.needs_browser &&
        options_.render) {
      if (const std::optional<FetchedPage> rendered = options_.render(page)) {
        reading = source.read(*rendered, link.kind, collector_.author());
      }
    }
    if (!(page.url == link.url)) frontier_.mark_done(page.url, link.url);
    for (const RawDocument& document : reading.documents) {
      if (document.link.empty() || document.link == link.url.text()) continue;
      frontier_.mark_done(Url::parse(document.link), link.url);
    }
    for (const RefusedLink& refused : reading.refused) frontier_.refuse(refused);
    remember(std::move(reading.stand_ins));
    // The links wait before the page is done: a crash between the two loses none.
    const size_t found = frontier_.add(reading.links);
    if (reading.documents.empty()) {
      const bool listed = reading.skipped.empty() && is_list(link.kind);
      const std::string reason = listed                     ? fmt::format("{} new links", found)
                                 : !reading.skipped.empty() ? reading.skipped
                                                            : "no article on this page";
      if (reading.needs_browser && keep_stand_in(link.url, item, reason)) return;
      note(std::move(item), listed ? "listed" : "skipped", reason);
      return;
    }
    if (reading.documents.size() == 1) {
      keep(std::move(reading.documents.front()), link.url.text(), std::move(item));
      return;
    }
    for (RawDocument& document : reading.documents) {
      TWIN_CHECK(!document.link.empty(), "one of several documents of a page has no link");
      const std::string own = document.link;
      keep(std::move(document), own,
           frontier_.item_of({nullptr, {Url::parse(own), LinkKind::kPage}, {}}));
    }
    note(std::move(item), "listed", fmt::format("{} posts in it", reading.documents.size()));
  }

  // Pages change with every request (counters, tokens in forms). What reads as it did is the
  // version that is stored.
  void keep(RawDocument document, const std::string& source, Item item) {
    if (document.link.empty()) document.link = source;
    if (document.id.empty()) document.id = collector_.id_of(document.link);
    const std::optional<RawDocument> stored = collector_.store().document(document.id);
    if (stored && !document.extractor.empty() && stored->extractor == document.extractor &&
        stored->verbatim == document.verbatim) {
      document.raw = stored->raw;
    }
    collector_.keep(std::move(document), source, std::move(item));
  }

  // What the server says is as it was keeps what was said of it.
  void note_unchanged(Item item, const FoundLink& link, const std::optional<Item>& known) {
    const std::string reason = known ? known->reason : std::string();
    const bool document = known && !known->document_id.empty();
    if (document || is_list(link.kind)) {
      note(std::move(item), "unchanged", document ? reason : "");
    } else {
      note(std::move(item), "skipped", reason);
    }
  }

  // A page that cannot be had: what a feed has of it is kept instead, if anything.
  void refuse(Item item, const Frontier::Work& work, const Refusal& refusal) {
    if (keep_stand_in(work.link.url, item, refusal.reason)) return;
    const bool stands_in =
        work.known && !work.known->document_id.empty() && work.known->reason.starts_with(kStandIn);
    if (stands_in) {  // and the feed did not change
      note(std::move(item), "unchanged", work.known->reason);
    } else if (work.link.guessed && refusal.reason.starts_with("HTTP 4")) {
      note(std::move(item), "skipped", fmt::format("{}: {}", kNothingThere, refusal.reason));
    } else {
      note(std::move(item), refusal.state, refusal.reason);
    }
  }

  void remember(std::vector<RawDocument> stand_ins) {
    std::lock_guard lock(mutex_);
    for (RawDocument& document : stand_ins) {
      const std::string link = document.link;
      stand_ins_.insert_or_assign(link, std::move(document));
    }
  }

  bool keep_stand_in(const Url& url, Item item, const std::string& reason) {
    RawDocument document;
    {
      std::lock_guard lock(mutex_);
      const auto found = stand_ins_.find(url.text());
      if (found == stand_ins_.end()) return false;
      document = std::move(found->second);
      stand_ins_.erase(found);
    }
    item.reason = fmt::format("{}; its page: {}", kStandIn, reason);
    keep(std::move(document), url.text(), std::move(item));
    return true;
  }

  void note(Item item, const std::string& state, const std::string& reason) {
    item.state = state;
    item.reason = reason;
    item.time = collector_.now();
    collector_.refuse(item);
  }

  Collector& collector_;
  const WebSources& sources_;
  const WebOptions& options_;
  Frontier frontier_;
  std::mutex mutex_;  // of what follows
  std::unique_ptr<ProgressBar> bar_;
  size_t done_ = 0;
  std::exception_ptr failure_;
  std::map<std::string, RawDocument> stand_ins_;  // by the link of the page
  std::atomic<size_t> pages_ = 0;
};

}  // namespace

CrawlReport collect_web(Collector& collector, const WebSources& sources,
                        const std::vector<Url>& links, const WebOptions& options) {
  return Crawl(collector, sources, options).run(links);
}

}  // namespace twin
