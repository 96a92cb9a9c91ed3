#include "inference/retrieval.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <set>

#include "inference/passage_list.h"
#include "inference/rank_fusion.h"
#include "inference/self_query_model.h"
#include "text/fitting.h"
#include "text/search_terms.h"

namespace twin {
namespace {

// A merged passage is still quick to read.
constexpr size_t kMostMergedBytes = 4000;
// Expansion: where the best passage is less like the request than this, or fewer than k have one of
// its words, the words that at least two of the first kFeedback passages share join the request.
constexpr double kWeakSimilarity = 0.45;
constexpr size_t kFeedback = 5, kExpansionTerms = 8;
constexpr double kExpansionWeight = 0.5;

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

PassageFilter both(PassageFilter filter, const PassageFilter& named) {
  const auto add = [](auto& into, const auto& from) {
    if (!into) into = from;
  };
  add(filter.author_id, named.author_id);
  add(filter.platform, named.platform);
  add(filter.category, named.category);
  add(filter.date_from, named.date_from);
  add(filter.date_to, named.date_to);
  if (filter.tags.empty()) filter.tags = named.tags;
  if (filter.document_ids.empty()) filter.document_ids = named.document_ids;
  return filter;
}

Ranking ranking_of(const std::vector<Passage>& passages, double weight = 1) {
  Ranking ranking{{}, weight};
  for (const Passage& passage : passages) ranking.ids.push_back(passage.chunk.id);
  return ranking;
}

// Telling words that the first passages share and the request does not have.
std::vector<std::string> feedback_terms(const std::vector<Passage>& best,
                                        const std::vector<std::string>& terms) {
  std::map<std::string, size_t> passages_with;
  for (size_t i = 0; i < std::min(kFeedback, best.size()); ++i) {
    std::set<std::string> seen;
    for (const std::string& word : search_terms(best[i].chunk.text)) seen.insert(word);
    for (const std::string& word : seen) ++passages_with[word];
  }
  std::vector<std::pair<size_t, std::string>> shared;
  for (const auto& [word, count] : passages_with) {
    const bool asked = std::find(terms.begin(), terms.end(), word) != terms.end();
    if (count >= 2 && !asked && word.size() > 2) shared.push_back({count, word});
  }
  std::stable_sort(shared.begin(), shared.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> result;
  for (const auto& [count, word] : shared) {
    if (result.size() == kExpansionTerms) break;
    result.push_back(word);
  }
  return result;
}

// Of a passage, the beginning that the reranker can read beside the request; all where there is no
// room for any, for it to say so.
size_t readable_bytes(const Reranker& reranker, const std::string& request,
                      std::string_view passage) {
  if (reranker.max_tokens() == 0) return passage.size();
  const size_t bytes = fitting_beginning(
      passage, reranker.max_tokens(),
      [&](std::string_view part) { return reranker.count_tokens(request, part); });
  return bytes == 0 ? passage.size() : bytes;
}

// One request on its way through the stages.
class Search {
 public:
  Search(Context& context, const DocumentStore& store, const RetrievalModels& models,
         const RetrievalOptions& options)
      : context_(context), store_(store), models_(models), options_(options) {}

  // Candidates of all rankings, the best of the fused ones first.
  std::vector<Passage> find(const std::string& text, const PassageFilter& filter,
                            Retrieval& result) {
    ChunkQuery query{search_terms(text), options_.candidates, filter};
    const bool dense = options_.stages.dense && models_.embedder != nullptr;
    std::vector<Passage> by_words;
    double bm25_seconds = 0;
    std::future<void> words_done;
    if (options_.stages.bm25) {
      words_done = std::async(std::launch::async, [&] {
        const Stopwatch watch;
        by_words = store_.search_chunks(query);
        bm25_seconds = watch.seconds();
      });
    }
    std::vector<VectorHit> hits;
    if (dense) hits = near(text, filter, result);
    if (words_done.valid()) {
      words_done.get();
      result.times.push_back({"bm25", bm25_seconds});
    }
    for (size_t i = 0; i < by_words.size(); ++i) {
      PassageRanks& ranks = result.ranks[by_words[i].chunk.id];
      ranks.bm25 = i + 1;
      ranks.bm25_score = by_words[i].score;
    }
    std::vector<Ranking> rankings{ranking_of(by_words), {{}, 1}};
    for (size_t i = 0; i < hits.size(); ++i) {
      PassageRanks& ranks = result.ranks[hits[i].id];
      ranks.dense = i + 1;
      ranks.similarity = hits[i].score;
      rankings[1].ids.push_back(hits[i].id);
    }
    const bool weak =
        by_words.size() < options_.k || (dense && !hits.empty() && hits[0].score < kWeakSimilarity);
    if (options_.stages.expansion && weak && !by_words.empty()) {
      rankings.push_back(expand(query, by_words, result));
    }
    const Stopwatch watch;
    std::map<std::string, Passage> known;
    for (Passage& passage : by_words) known.emplace(passage.chunk.id, std::move(passage));
    for (Passage& passage : expanded_) known.emplace(passage.chunk.id, std::move(passage));
    const bool one_ranking =
        rankings[0].ids.empty() != rankings[1].ids.empty() && rankings.size() == 2;
    std::vector<Passage> found;
    for (const auto& [id, score] : fuse_ranks(rankings)) {
      const auto place = known.find(id);
      std::optional<Passage> passage;
      if (place != known.end()) {
        passage = std::move(place->second);
      } else {
        passage = store_.passage(id);
      }
      // A vector of a chunk that is no more: features ran, and its vectors are not made anew yet.
      if (!passage || (options_.own_prose_only && !passage->chunk.own_prose)) continue;
      PassageRanks& ranks = result.ranks[id];
      ranks.fused = found.size() + 1;
      ranks.fused_score = score;
      passage->score = !one_ranking              ? score
                       : rankings[1].ids.empty() ? ranks.bm25_score
                                                 : ranks.similarity;
      found.push_back(std::move(*passage));
    }
    if (!one_ranking) result.times.push_back({"fusion", watch.seconds()});
    return found;
  }

  void rerank(const std::string& text, std::vector<Passage>& passages, Retrieval& result) {
    const size_t read = std::min(options_.reranked, passages.size());
    if (!options_.stages.rerank || models_.reranker == nullptr || read == 0) return;
    const Stopwatch watch;
    std::vector<std::string> texts(read);
    std::atomic<size_t> cut = 0;
    context_.threads.parallel_for(read, [&](size_t begin, size_t end, size_t) {
      for (size_t i = begin; i < end; ++i) {
        texts[i] = text_in_place(passages[i].chunk);
        const size_t bytes = readable_bytes(*models_.reranker, text, texts[i]);
        if (bytes < texts[i].size()) ++cut;
        texts[i].resize(bytes);
      }
    });
    result.cut_for_reranker = cut;
    const std::vector<float> scores = models_.reranker->scores(context_, text, texts);
    for (size_t i = 0; i < read; ++i) passages[i].score = scores[i];
    const auto end = passages.begin() + static_cast<std::ptrdiff_t>(read);
    std::stable_sort(passages.begin(), end,
                     [](const Passage& a, const Passage& b) { return a.score > b.score; });
    for (size_t i = 0; i < read; ++i) {
      PassageRanks& ranks = result.ranks[passages[i].chunk.id];
      ranks.rerank = i + 1;
      ranks.rerank_score = passages[i].score;
    }
    // Scores of two kinds are not to be compared: those not read come last, below all.
    const double lowest = passages[read - 1].score;
    for (size_t i = read; i < passages.size(); ++i) passages[i].score += lowest - 1;
    result.times.push_back({"rerank", watch.seconds()});
  }

  void finish(std::vector<Passage> passages, Retrieval& result) {
    const auto timed = [&](bool on, const char* name, const std::function<void()>& stage) {
      if (!on) return;
      const Stopwatch watch;
      stage();
      result.times.push_back({name, watch.seconds()});
    };
    const RetrievalStages& stages = options_.stages;
    // Enough that k remain after neighbours are joined.
    const size_t most = 2 * options_.k;
    passages = at_most_per_document(std::move(passages), options_.most_per_document);
    timed(stages.duplicates, "duplicates",
          [&] { passages = without_near_duplicates(std::move(passages), most); });
    passages.resize(std::min(passages.size(), most));
    timed(stages.diversity, "diversity",
          [&] { passages = diversified(std::move(passages), options_.k); });
    timed(stages.neighbours, "neighbours", [&] {
      passages = with_neighbours_merged(store_, std::move(passages), kMostMergedBytes);
    });
    passages.resize(std::min(passages.size(), options_.k));
    result.passages = std::move(passages);
  }

 private:
  std::vector<VectorHit> near(const std::string& text, const PassageFilter& filter,
                              Retrieval& result) {
    const Stopwatch embedding;
    const std::vector<float> query =
        models_.embedder->embed(context_, std::span(&text, 1), EmbedAs::kQuery);
    result.times.push_back({"embed", embedding.seconds()});
    const Stopwatch watch;
    std::vector<VectorHit> hits = models_.vectors->search(query, options_.candidates, filter);
    std::erase_if(hits, [&](const VectorHit& hit) { return hit.score < options_.min_similarity; });
    result.times.push_back({"dense", watch.seconds()});
    return hits;
  }

  Ranking expand(ChunkQuery query, const std::vector<Passage>& best, Retrieval& result) {
    const Stopwatch watch;
    for (std::string& term : feedback_terms(best, query.terms)) {
      query.terms.push_back(std::move(term));
    }
    expanded_ = store_.search_chunks(query);
    for (size_t i = 0; i < expanded_.size(); ++i) {
      result.ranks[expanded_[i].chunk.id].expansion = i + 1;
    }
    result.times.push_back({"expansion", watch.seconds()});
    return ranking_of(expanded_, kExpansionWeight);
  }

  Context& context_;
  const DocumentStore& store_;
  const RetrievalModels& models_;
  const RetrievalOptions& options_;
  std::vector<Passage> expanded_;
};

}  // namespace

Retriever::Retriever(Context& context, const DocumentStore& store, const RetrievalModels& models)
    : context_(context), store_(store), models_(models) {
  TWIN_CHECK((models.vectors == nullptr) == (models.embedder == nullptr));
}

Retrieval Retriever::retrieve(const std::string& request, const RetrievalOptions& options) const {
  const std::lock_guard only(one_);
  Retrieval result;
  Search search(context_, store_, models_, options);
  result.understood.text = request;
  PassageFilter by_rules;
  if (options.stages.self_query) {
    const Stopwatch watch;
    const KnownSources known{store_.authors(), store_.platforms()};
    result.understood = understand(request, known);
    by_rules = result.understood.filter;
    result.times.push_back({"self_query", watch.seconds()});
    if (models_.self_query != nullptr) {
      const Stopwatch asking;
      understand_by_model(context_, *models_.self_query, request, known,
                          both(options.filter, by_rules), result.understood);
      result.times.push_back({"self_query_model", asking.seconds()});
    }
  }
  std::string text = result.understood.text;
  std::vector<Passage> found =
      search.find(text, both(options.filter, result.understood.filter), result);
  if (found.empty() && result.understood.filter != by_rules) {
    result.understood.notes.push_back(
        "nothing passes with what the model said: looked for without it");
    result.understood.filter = by_rules;
    found = search.find(text, both(options.filter, by_rules), result);
  }
  if (found.empty() && by_rules != PassageFilter{}) {
    result.filter_dropped = true;
    text = request;
    found = search.find(text, options.filter, result);
  }
  search.rerank(text, found, result);
  search.finish(std::move(found), result);
  return result;
}

}  // namespace twin
