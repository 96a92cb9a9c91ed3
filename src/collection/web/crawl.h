#pragma once

#include <vector>

#include "collection/collector.h"
#include "collection/web/web_options.h"

namespace twin {

struct CrawlReport {
  size_t waiting = 0;    // links left for the next run, where max_pages was reached
  bool resumed = false;  // a run that was cut off was taken up
};

// Collects what an author wrote from links: pages, feeds, whole sites. Each platform's source says
// what a page holds and which links lead on; several hosts are read at once, each politely
// (web_options.h). Each link is an item with its state and reason; nothing that goes wrong with one
// ends the run. Errors: kInterrupted, with all that was found stored and the rest waiting;
// kBadInput for a text that is no link; those of the store.
CrawlReport collect_web(Collector& collector, const WebSources& sources,
                        const std::vector<Url>& links, const WebOptions& options);

}  // namespace twin
