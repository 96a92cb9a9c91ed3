#include "features/vectors.h"

#include <algorithm>
#include <cmath>

#include "base/hashing.h"
#include "base/progress.h"
#include "text/unicode.h"

namespace twin {
namespace {

// Passages embedded together: enough that threads share them, few enough that little is lost.
constexpr size_t kBatchPassages = 64;

// The longest beginning of `text`, cut between words, that the embedder takes. Not empty: where not
// even the first word fits, as many of its characters as do.
size_t fitting_bytes(const Embedder& embedder, std::string_view text) {
  const auto fits = [&](size_t bytes) {
    return embedder.count_tokens(text.substr(0, bytes), EmbedAs::kDocument) <=
           embedder.max_tokens();
  };
  if (fits(text.size())) return text.size();
  std::vector<size_t> ends;
  for (const ByteRange& word : words(text)) ends.push_back(word.end);
  if (ends.empty() || !fits(ends[0])) {
    ends.clear();
    for (size_t i = 1; i < text.size(); ++i) {
      if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ends.push_back(i);
    }
  }
  const auto cut = std::partition_point(ends.begin(), ends.end(), fits);
  return cut == ends.begin() ? text.size() : *(cut - 1);
}

// A batch's texts: one piece after another of one passage after another.
struct Batch {
  std::vector<VectorPoint> points;
  std::vector<size_t> first_piece;  // of each point
  std::vector<std::string> pieces;
  std::vector<std::string> replaced;  // documents whose points are older
};

void add_pieces(const Embedder& embedder, const std::string& text, LongPassages long_passages,
                Batch& batch, VectorsReport& report) {
  batch.first_piece.push_back(batch.pieces.size());
  std::string_view rest = text;
  size_t bytes = fitting_bytes(embedder, rest);
  if (bytes < rest.size()) ++report.long_passages;
  batch.pieces.emplace_back(rest.substr(0, bytes));
  if (long_passages == LongPassages::kBeginning) return;
  for (rest.remove_prefix(bytes); !rest.empty(); rest.remove_prefix(bytes)) {
    bytes = fitting_bytes(embedder, rest);
    batch.pieces.emplace_back(rest.substr(0, bytes));
  }
}

std::vector<float> mean_of(const Embedder& embedder, const Batch& batch, size_t begin, size_t end,
                           const std::vector<float>& vectors) {
  const size_t size = embedder.dimensions();
  std::vector<float> mean(vectors.begin() + static_cast<std::ptrdiff_t>(begin * size),
                          vectors.begin() + static_cast<std::ptrdiff_t>((begin + 1) * size));
  if (end - begin == 1) return mean;
  std::fill(mean.begin(), mean.end(), 0.0f);
  for (size_t piece = begin; piece < end; ++piece) {
    const auto weight =
        static_cast<float>(embedder.count_tokens(batch.pieces[piece], EmbedAs::kDocument));
    for (size_t i = 0; i < size; ++i) mean[i] += weight * vectors[piece * size + i];
  }
  double squares = 0;
  for (const float value : mean) squares += static_cast<double>(value) * value;
  const auto scale = static_cast<float>(1 / std::sqrt(std::max(squares, 1e-30)));
  for (float& value : mean) value *= scale;
  return mean;
}

void commit(Context& context, VectorStore& vectors, Embedder& embedder, Batch& batch,
            VectorsReport& report) {
  const std::vector<float> embedded = embedder.embed(context, batch.pieces, EmbedAs::kDocument);
  for (size_t i = 0; i < batch.points.size(); ++i) {
    const size_t end = i + 1 < batch.points.size() ? batch.first_piece[i + 1] : batch.pieces.size();
    batch.points[i].vector = mean_of(embedder, batch, batch.first_piece[i], end, embedded);
  }
  for (const std::string& document : batch.replaced) vectors.remove_document(document);
  vectors.upsert(batch.points);
  report.passages += batch.points.size();
  batch = {};
}

}  // namespace

VectorsReport update_vectors(Context& context, const DocumentStore& store, VectorStore& vectors,
                             Embedder& embedder, LongPassages long_passages) {
  VectorsReport report;
  const std::vector<DocumentSummary> documents = store.documents();
  const std::string identity = embedder.identity();
  const auto bar = context.progress.start("embedding", documents.size());
  Batch batch;
  for (const DocumentSummary& summary : documents) {
    stop_if_interrupted(context);
    bar->update(report.documents++);
    if (summary.features_key.empty()) continue;
    const std::string hash = KeyHasher()
                                 .add("vector")
                                 .add(identity)
                                 .add(static_cast<long long>(long_passages))
                                 .add(summary.features_key)
                                 .add(static_cast<long long>(summary.version))
                                 .finish();
    const std::map<std::string, std::string> known = vectors.hashes_of(summary.id);
    const bool current =
        !known.empty() && std::all_of(known.begin(), known.end(),
                                      [&](const auto& point) { return point.second == hash; });
    if (current) {
      ++report.unchanged;
      continue;
    }
    const std::optional<Features> features = store.features(summary.id);
    if (!known.empty()) batch.replaced.push_back(summary.id);
    const RawDocument document = *store.document(summary.id);
    for (const Chunk& chunk : features->chunks) {
      VectorPoint point;
      point.id = chunk.id;
      point.document_id = chunk.document_id;
      point.version = chunk.version;
      point.ordinal = chunk.ordinal;
      point.author_id = document.author_id;
      point.platform = document.platform;
      point.category = document.category;
      point.date = document.date;
      point.tags = document.tags;
      point.content_hash = hash;
      batch.points.push_back(std::move(point));
      add_pieces(embedder, text_in_place(chunk), long_passages, batch, report);
    }
    if (!features->chunks.empty()) ++report.done;
    if (batch.points.size() >= kBatchPassages) commit(context, vectors, embedder, batch, report);
  }
  if (!batch.points.empty() || !batch.replaced.empty()) {
    commit(context, vectors, embedder, batch, report);
  }
  bar->update(report.documents);
  return report;
}

}  // namespace twin
