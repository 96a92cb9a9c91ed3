#include "features/pipeline.h"

#include <algorithm>

#include "base/error.h"
#include "base/hashing.h"
#include "features/clean.h"

namespace twin {
namespace {

std::string features_key(const RawDocument& document, const RepeatedBlocks& repeated,
                         const std::vector<std::string>& hashes, const ChunkOptions& options) {
  KeyHasher key;
  key.add("features")
      .add(static_cast<long long>(kCleanVersion))
      .add(static_cast<long long>(kChunkVersion))
      .add(static_cast<long long>(options.target_tokens))
      .add(static_cast<long long>(options.max_tokens))
      .add(document.content_hash)
      .add(document.extractor)
      .add(document.media_type)
      .add(document.title)
      .add(document.author_full_name)
      .add(document.platform);
  for (const std::string& hash : hashes) {
    if (repeated.count(hash) > 0) key.add(hash);
  }
  return key.finish();
}

void count(const CleanDocument& clean, FeaturesReport& report) {
  for (const Span& span : clean.spans) {
    if (span.kept()) {
      report.kept_bytes[span.kind] += span.range.size();
    } else {
      report.removed_bytes[span.reason] += span.range.size();
    }
    report.verbatim_bytes += span.range.size();
  }
}

// All documents of one author: what repeats is known only from all of them.
void update_author(Context& context, DocumentStore& store, const ChunkOptions& options,
                   const std::vector<DocumentSummary>& summaries, ProgressBar& bar,
                   FeaturesReport& report) {
  std::vector<std::vector<std::string>> hashes(summaries.size());
  context.threads.parallel_for(summaries.size(), [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; ++i) {
      hashes[i] = block_hashes(store.document(summaries[i].id)->verbatim);
    }
  });
  const RepeatedBlocks repeated = repeated_blocks(hashes);
  for (size_t i = 0; i < summaries.size(); ++i) {
    stop_if_interrupted(context);
    const RawDocument document = *store.document(summaries[i].id);
    const std::string key = features_key(document, repeated, hashes[i], options);
    if (summaries[i].features_key == key) {
      ++report.unchanged;
      count(store.features(document.id)->clean, report);
    } else {
      Features features;
      features.key = key;
      features.clean = clean(document, repeated);
      features.chunks = chunk(document, features.clean, options);
      store.put_features(features);
      ++report.done;
      count(features.clean, report);
    }
    bar.update(++report.documents);
  }
}

}  // namespace

FeaturesReport update_features(Context& context, DocumentStore& store,
                               const ChunkOptions& options) {
  const std::vector<DocumentSummary> all = store.documents();
  FeaturesReport report;
  const auto bar = context.progress.start("features", all.size());
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::find_if(begin, all.end(), [&](const DocumentSummary& summary) {
      return summary.author_id != begin->author_id;
    });
    update_author(context, store, options, {begin, end}, *bar, report);
    begin = end;
  }
  bar->finish();
  report.chunks = store.chunk_count();
  return report;
}

}  // namespace twin
