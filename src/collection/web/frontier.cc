#include "collection/web/frontier.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "collection/web/fetcher.h"

namespace twin {

namespace {

using std::chrono::steady_clock;

constexpr const char* kGuessed = "guessed";  // the reason of a waiting link that nothing names

bool brings_stand_ins(const std::string& kind) {
  return kind == name_of(LinkKind::kFeed) || kind == name_of(LinkKind::kArchive);
}

}  // namespace

Frontier::Frontier(Collector& collector) : collector_(collector), run_began_(collector.now()) {
  const std::string& author = collector.author().id;
  std::vector<Item> left, lists;
  for (Item& item : collector.store().items()) {
    if (item.author_id != author) continue;
    if (item.state == "waiting") {
      run_began_ = std::min(run_began_, item.time);
      left.push_back(std::move(item));
    } else if (item.state == "listed" && brings_stand_ins(item.kind)) {
      lists.push_back(std::move(item));
    }
  }
  resumed_ = !left.empty();
  for (const Item& item : left) {
    push({Url::parse(item.source), link_kind_from_name(item.kind), item.reason == kGuessed});
  }
  for (Item& item : lists) {
    const Url url = Url::parse(item.source);
    if (item.time < run_began_ || !hosts_.contains(host_name(url))) continue;
    item.state = "waiting";
    item.etag = item.last_modified = "";  // all of it, unchanged or not
    collector.store().put_item(item);
    push({url, link_kind_from_name(item.kind)});
  }
}

size_t Frontier::add(const std::vector<FoundLink>& links) {
  std::lock_guard lock(mutex_);
  size_t added = 0;
  for (const FoundLink& link : links) {
    if (seen_.contains(link.url.text())) continue;
    std::optional<Item> known = collector_.store().item(link.url.text());
    const bool done = known && known->state != "waiting" && resumed_ && known->time >= run_began_ &&
                      known->author_id == collector_.author().id;
    if (done) {
      seen_.insert(link.url.text());
      continue;
    }
    Item item = known.value_or(Item{});
    item.source = link.url.text();
    item.state = "waiting";
    if (link.guessed) item.reason = kGuessed;
    item.kind = name_of(link.kind);
    item.author_id = collector_.author().id;
    item.time = run_began_;
    collector_.store().put_item(item);
    added += push(link) ? 1 : 0;
  }
  changed_.notify_all();
  return added;
}

size_t Frontier::add_known(const std::string& host) {
  std::vector<FoundLink> links;
  for (const Item& item : collector_.store().items()) {
    const bool absent = item.state == "skipped" && item.reason.starts_with(kNothingThere);
    // Refused by what the list says of it and never fetched: the list says so still.
    const bool refused = item.state == "skipped" && item.etag.empty() && item.last_modified.empty();
    if (item.kind.empty() || absent || refused || item.author_id != collector_.author().id)
      continue;
    const Url url = Url::parse(item.source);
    if (host_name(url) == host) links.push_back({url, link_kind_from_name(item.kind)});
  }
  return add(links);
}

bool Frontier::push(const FoundLink& link) {
  if (!seen_.insert(link.url.text()).second) return false;
  const std::string name = host_name(link.url);
  std::unique_ptr<Host>& host = hosts_[name];
  if (!host) {
    host = std::make_unique<Host>();
    host->name = name;
  }
  // Lists first: they say what else there is.
  if (is_list(link.kind)) {
    host->waiting.push_front(link);
  } else {
    host->waiting.push_back(link);
  }
  ++waiting_;
  return true;
}

std::optional<Frontier::Work> Frontier::take(size_t hosts_at_once) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (stopped_ || (waiting_ == 0 && busy_ == 0)) {
      changed_.notify_all();
      return std::nullopt;
    }
    Host* best = nullptr;
    for (const auto& [name, host] : hosts_) {
      if (host->busy || host->waiting.empty()) continue;
      if (best == nullptr || host->next < best->next) best = host.get();
    }
    if (best == nullptr || busy_ >= hosts_at_once) {
      changed_.wait_for(lock, std::chrono::milliseconds(200));
      continue;
    }
    if (best->next > steady_clock::now() && busy_ > 0) {
      const auto soon = steady_clock::now() + std::chrono::milliseconds(200);
      changed_.wait_until(lock, std::min(best->next, soon));
      if (best->next > steady_clock::now()) continue;
      if (best->busy || best->waiting.empty()) continue;
    }
    best->busy = true;
    ++busy_;
    Work work{best, best->waiting.front(), {}};
    best->waiting.pop_front();
    --waiting_;
    work.known = collector_.store().item(work.link.url.text());
    return work;
  }
}

void Frontier::give_back(Host& host) {
  std::lock_guard lock(mutex_);
  TWIN_CHECK(host.busy, host.name);
  host.busy = false;
  --busy_;
  changed_.notify_all();
}

void Frontier::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

Item Frontier::item_of(const Work& work) const {
  Item item = work.known.value_or(Item{});
  item.source = work.link.url.text();
  item.state.clear();
  item.reason.clear();
  item.time = collector_.now();
  item.kind = name_of(work.link.kind);
  item.author_id = collector_.author().id;
  return item;
}

void Frontier::mark_done(const Url& url, const Url& as) {
  std::lock_guard lock(mutex_);
  if (!seen_.insert(url.text()).second) drop(url, "the same page as " + as.text());
}

void Frontier::refuse(const RefusedLink& link) {
  std::lock_guard lock(mutex_);
  if (!seen_.insert(link.url.text()).second) return drop(link.url, link.reason);
  // Without a kind: nothing follows it unless it is found again.
  collector_.refuse(Item{.source = link.url.text(),
                         .state = "skipped",
                         .reason = link.reason,
                         .document_id = {},
                         .time = collector_.now(),
                         .author_id = collector_.author().id});
}

// Takes a link that waits out of its queue; any other stays as it is.
void Frontier::drop(const Url& url, const std::string& reason) {
  const auto host = hosts_.find(host_name(url));
  if (host == hosts_.end()) return;
  std::deque<FoundLink>& queue = host->second->waiting;
  const auto found = std::find_if(queue.begin(), queue.end(),
                                  [&](const FoundLink& link) { return link.url == url; });
  if (found == queue.end()) return;
  Item item = collector_.store().item(url.text()).value_or(Item{});
  item.source = url.text();
  item.state = "skipped";
  item.reason = reason;
  item.time = collector_.now();
  collector_.refuse(item);
  queue.erase(found);
  --waiting_;
}

size_t Frontier::waiting() const {
  std::lock_guard lock(mutex_);
  return waiting_;
}

size_t Frontier::seen() const {
  std::lock_guard lock(mutex_);
  return seen_.size();
}

}  // namespace twin
