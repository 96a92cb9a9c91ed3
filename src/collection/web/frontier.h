#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collection/collector.h"
#include "collection/web/host.h"

namespace twin {

// The links of one run and the state of each, kept in the document store, so that a run that was
// cut off goes on where it was. A link is first an item "waiting", then whatever became of it.
// Items that another run left waiting are taken up again, and what that run had done since it began
// is not done again, but for lists: they may have more to say of the pages that still wait. A
// waiting item keeps the reason of the time before. Thread-safe.
class Frontier {
 public:
  // Takes up what waits for the collector's author. It outlives the frontier.
  explicit Frontier(Collector& collector);

  // Links not seen in this run become waiting; returns how many.
  size_t add(const std::vector<FoundLink>& links);
  // All that was ever followed for the author on a host, as a list says that it is as it was.
  size_t add_known(const std::string& host);

  // A link of a host that nobody else has in hand, that host marked busy; null where nothing waits
  // any more, nor can anything come, or `stop()` was called. Waits as long as only busy or resting
  // hosts have links, but not for a resting host while another could be had.
  struct Work {
    Host* host = nullptr;
    FoundLink link;
    std::optional<Item> known;  // what is known of it from before
  };
  std::optional<Work> take(size_t hosts_at_once);
  void give_back(Host& host);
  void stop();

  // The item of a link in hand, without state and reason; refuse() and keep() replace the waiting
  // one.
  Item item_of(const Work& work) const;
  // Notes that a link is not to be followed in this run, wherever else it is found, and why.
  void refuse(const RefusedLink& link);
  // Another address of a page that was fetched as `as`: not to be fetched again.
  void mark_done(const Url& url, const Url& as);

  size_t waiting() const;
  size_t seen() const;
  bool resumed() const { return resumed_; }

 private:
  bool push(const FoundLink& link);
  void drop(const Url& url, const std::string& reason);

  Collector& collector_;
  std::string run_began_;  // ISO 8601
  bool resumed_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::unique_ptr<Host>> hosts_;
  std::set<std::string> seen_;
  size_t waiting_ = 0, busy_ = 0;
  bool stopped_ = false;
};

}  // namespace twin
