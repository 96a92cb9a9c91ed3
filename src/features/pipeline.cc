#include "features/pipeline.h"

#include <algorithm>

#include "base/error.h"
#include "base/hashing.h"
#include "domain/masking.h"
#include "features/author_facts.h"
#include "features/clean.h"
#include "features/foreign_text.h"

namespace twin {
namespace {

// A language is told from so many of an author's documents.
constexpr size_t kLanguageSamples = 200;

template <class List>
void add_list(KeyHasher& key, const List& list) {
  key.add(static_cast<long long>(list.size()));
  for (const auto& entry : list) key.add(entry);
}

// Hash of all that features of a document are made of but what other documents say.
std::string own_key(const RawDocument& document, const ChunkOptions& options,
                    const OwnWordsOptions& own) {
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
      .add(document.platform)
      .add(document.genre);
  add_list(key, document.bylines);
  add_list(key, document.tags);
  for (const SpanKind kind : own.voice.kinds) key.add(name_of(kind));
  for (const RemovalReason reason : own.voice.reasons) key.add(name_of(reason));
  key.add(static_cast<long long>(kPrivateDataVersion));
  for (const PrivateKind kind : own.privacy.kinds) key.add(name_of(kind));
  add_list(key, own.privacy.values);
  return key.finish();
}

std::string features_key(const std::string& own, const DocumentFacts& document,
                         const RepeatedBlocks& repeated, const CleanOptions& options) {
  KeyHasher key;
  key.add(own).add(options.language);
  for (const std::string& hash : document.block_hashes) {
    if (repeated.count(hash) > 0) key.add(hash);
  }
  add_list(key, options.said_before);
  return key.finish();
}

void count(const CleanDocument& clean, FeaturesReport& report) {
  for (const Span& span : clean.spans) {
    if (span.kind == SpanKind::kOther) {
      report.set_aside_bytes[span.reason] += span.range.size();
    } else if (span.kept()) {
      report.kept_bytes[span.kind] += span.range.size();
    } else {
      report.removed_bytes[span.reason] += span.range.size();
    }
    report.verbatim_bytes += span.range.size();
  }
  for (const PrivateSpan& span : clean.private_spans) {
    ++report.private_found[span.kind];
    report.private_masked[span.kind] += span.masked;
  }
}

// All documents of one author: what repeats is known only from all of them.
class AuthorUpdate {
 public:
  AuthorUpdate(Context& context, DocumentStore& store, const ChunkOptions& options,
               const OwnWordsOptions& own)
      : context_(context), store_(store), options_(options), own_(own) {}

  void run(const std::vector<DocumentSummary>& summaries, ProgressBar& bar,
           FeaturesReport& report) {
    std::vector<DocumentFacts> documents(summaries.size());
    std::vector<std::string> keys(summaries.size());
    const size_t stride = summaries.size() / kLanguageSamples + 1;
    context_.threads.parallel_for(summaries.size(), [&](size_t begin, size_t end, size_t) {
      for (size_t i = begin; i < end; ++i) {
        const RawDocument document = *store_.document(summaries[i].id);
        const std::vector<Block> blocks = markdown_blocks(document.verbatim);
        DocumentFacts& facts = documents[i];
        facts.id = document.id;
        facts.link = document.link;
        facts.date = document.date;
        facts.block_hashes = block_hashes(document.verbatim, blocks);
        if (i % stride == 0) facts.language_sample = language_sample(document.verbatim);
        facts.canonical = canonical_link(document);
        if (document.genre != "code") facts.sketch = text_sketch(document, blocks);
        keys[i] = own_key(document, options_, own_);
      }
    });
    AuthorFacts facts = author_facts(documents);
    for (size_t i = 0; i < summaries.size(); ++i) {
      stop_if_interrupted(context_);
      const CleanOptions clean_options{std::move(facts.said_before[i]), facts.language, own_.voice};
      const std::string& kept = facts.duplicate_of[i];
      const std::string key =
          kept.empty() ? features_key(keys[i], documents[i], facts.repeated, clean_options)
                       : KeyHasher().add("duplicate").add(keys[i]).add(kept).finish();
      report.duplicates += kept.empty() ? 0 : 1;
      if (summaries[i].features_key == key) {
        ++report.unchanged;
        count(store_.features(documents[i].id)->clean, report);
      } else {
        count(kept.empty() ? update(documents[i].id, key, facts.repeated, clean_options)
                           : set_duplicate(documents[i].id, key, kept),
              report);
        ++report.done;
      }
      bar.update(++report.documents);
    }
  }

 private:
  CleanDocument update(const std::string& id, const std::string& key,
                       const RepeatedBlocks& repeated, const CleanOptions& clean_options) {
    const RawDocument document = *store_.document(id);
    Features features;
    features.key = key;
    features.clean = clean(document, repeated, clean_options);
    features.clean.private_spans = find_private_data(document.verbatim, privacy_of(document));
    check_partition(features.clean, document.verbatim.size());
    features.chunks = chunk(document, features.clean, options_);
    mask_places(features.chunks, privacy_of(document));
    store_.put_features(features);
    return std::move(features.clean);
  }

  CleanDocument set_duplicate(const std::string& id, const std::string& key,
                              const std::string& kept) {
    Features features;
    features.key = key;
    features.clean = clean_duplicate(*store_.document(id), kept);
    store_.put_features(features);
    return std::move(features.clean);
  }

  PrivateDataOptions privacy_of(const RawDocument& document) const {
    return {.letter = document.genre == "mail" || document.genre == "message",
            .own_name = document.author_full_name,
            .allowance = own_.privacy};
  }

  // Titles and headings are no ranges of a chunk: they are looked at on their own.
  static void mask_places(std::vector<Chunk>& chunks, const PrivateDataOptions& options) {
    std::map<std::string, std::string> places;
    const auto mask = [&](std::string& text) {
      const auto [known, is_new] = places.try_emplace(text);
      if (is_new) {
        known->second = masked(text, {0, text.size()}, find_private_data(text, options));
      }
      text = known->second;
    };
    for (Chunk& chunk : chunks) {
      mask(chunk.title);
      for (std::string& heading : chunk.heading_path) mask(heading);
    }
  }

  Context& context_;
  DocumentStore& store_;
  const ChunkOptions& options_;
  const OwnWordsOptions& own_;
};

}  // namespace

FeaturesReport update_features(Context& context, DocumentStore& store, const ChunkOptions& options,
                               const OwnWordsOptions& own) {
  const std::vector<DocumentSummary> all = store.documents();
  FeaturesReport report;
  const auto bar = context.progress.start("features", all.size());
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::find_if(begin, all.end(), [&](const DocumentSummary& summary) {
      return summary.author_id != begin->author_id;
    });
    AuthorUpdate(context, store, options, own).run({begin, end}, *bar, report);
    begin = end;
  }
  bar->finish();
  report.chunks = store.chunk_count();
  return report;
}

}  // namespace twin
