#include "features/pipeline.h"

#include <algorithm>

#include "base/error.h"
#include "base/hashing.h"
#include "domain/masking.h"
#include "features/author_facts.h"
#include "features/clean.h"
#include "text/unicode.h"

namespace twin {
namespace {

// Features of so many documents are asked for at a time.
constexpr size_t kBatch = 256;

template <class List>
void add_list(KeyHasher& key, const List& list) {
  key.add(static_cast<long long>(list.size()));
  for (const auto& entry : list) key.add(entry);
}

// Hash of what features of every document are made of: versions and settings.
std::string program_key(const ChunkOptions& options, const OwnWordsOptions& own) {
  KeyHasher key;
  key.add("features")
      .add(static_cast<long long>(kCleanVersion))
      .add(static_cast<long long>(kChunkVersion))
      .add(static_cast<long long>(options.target_tokens))
      .add(static_cast<long long>(options.max_tokens));
  for (const SpanKind kind : own.voice.kinds) key.add(name_of(kind));
  for (const RemovalReason reason : own.voice.reasons) key.add(name_of(reason));
  key.add(static_cast<long long>(kPrivateDataVersion));
  for (const PrivateKind kind : own.privacy.kinds) key.add(name_of(kind));
  add_list(key, own.privacy.values);
  key.add(own.author);
  add_list(key, own.aliases);
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
      : context_(context),
        store_(store),
        options_(options),
        own_(own),
        program_key_(program_key(options, own)) {}

  void run(const std::vector<DocumentSummary>& documents, ProgressBar& bar,
           FeaturesReport& report) {
    recall(documents);
    AuthorFacts author = author_facts(documents, facts_);
    for (size_t i = 0; i < documents.size(); ++i) {
      stop_if_interrupted(context_);
      const CleanOptions clean_options{std::move(author.said_before[i]), author.language,
                                       own_.voice, aliases_of(documents[i].author_full_name)};
      const std::string& kept = author.duplicate_of[i];
      const std::string own =
          KeyHasher().add(program_key_).add(facts_keys_[i]).add(facts_[i].state).finish();
      const std::string key = kept.empty()
                                  ? features_key(own, facts_[i], author.repeated, clean_options)
                                  : KeyHasher().add("duplicate").add(own).add(kept).finish();
      report.duplicates += kept.empty() ? 0 : 1;
      if (known_[i] && documents[i].features_key == key) {
        ++report.unchanged;
        count(*known_[i], report);
      } else {
        const RawDocument document = *store_.document(documents[i].id);
        Features features = kept.empty() ? features_of(document, author.repeated, clean_options)
                                         : features_of_duplicate(document, kept);
        features.key = key;
        features.facts = pack_facts(facts_[i], facts_keys_[i]);
        store_.put_features(features);
        count(features.clean, report);
        ++report.done;
      }
      bar.update(++report.documents);
    }
  }

 private:
  // Facts of the documents: as they are kept beside the features, or made now.
  void recall(const std::vector<DocumentSummary>& documents) {
    facts_.resize(documents.size());
    facts_keys_.resize(documents.size());
    known_.resize(documents.size());
    for (size_t first = 0; first < documents.size(); first += kBatch) {
      stop_if_interrupted(context_);
      const size_t end = std::min(first + kBatch, documents.size());
      std::vector<std::string> ids;
      for (size_t i = first; i < end; ++i) ids.push_back(documents[i].id);
      std::vector<std::optional<Features>> stored = store_.features_without_chunks(ids);
      context_.threads.parallel_for(end - first, [&](size_t from, size_t to, size_t) {
        for (size_t i = first + from; i < first + to; ++i) {
          facts_keys_[i] = facts_key(documents[i]);
          std::optional<Features>& features = stored[i - first];
          std::optional<DocumentFacts> facts =
              features ? unpack_facts(features->facts, facts_keys_[i]) : std::nullopt;
          if (facts) known_[i] = std::move(features->clean);
          facts_[i] = facts ? *std::move(facts) : document_facts(*store_.document(documents[i].id));
        }
      });
    }
  }

  std::vector<std::string> aliases_of(const std::string& author) const {
    return own_.author.empty() || fold(own_.author) == fold(author) ? own_.aliases
                                                                    : std::vector<std::string>();
  }

  Features features_of(const RawDocument& document, const RepeatedBlocks& repeated,
                       const CleanOptions& clean_options) const {
    Features features;
    features.clean = clean(document, repeated, clean_options);
    features.clean.private_spans = find_private_data(document.verbatim, privacy_of(document));
    check_partition(features.clean, document.verbatim.size());
    features.chunks = chunk(document, features.clean, options_);
    mask_places(features.chunks, privacy_of(document));
    return features;
  }

  static Features features_of_duplicate(const RawDocument& document, const std::string& kept) {
    Features features;
    features.clean = clean_duplicate(document, kept);
    return features;
  }

  PrivateDataOptions privacy_of(const RawDocument& document) const {
    std::string own_name = document.author_full_name;  // by its words
    for (const std::string& alias : aliases_of(document.author_full_name)) own_name += ' ' + alias;
    return {.letter = document.genre == "mail" || document.genre == "message",
            .own_name = own_name,
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
  std::string program_key_;
  // By document.
  std::vector<DocumentFacts> facts_;
  std::vector<std::string> facts_keys_;
  std::vector<std::optional<CleanDocument>> known_;  // where its facts were kept
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
