#include "features/vectors.h"

#include <algorithm>
#include <cmath>

#include "base/hashing.h"
#include "base/progress.h"
#include "text/fitting.h"

namespace twin {
namespace {

// Passages embedded together: enough that threads share them, few enough that little is lost.
constexpr size_t kBatchPassages = 64;
constexpr size_t kLookAhead = 256;  // documents whose points are looked up at once

// Bytes of the longest beginning that the embedder takes. All, for it to say what is wrong, where
// not even a character fits.
size_t fitting_bytes(const Embedder& embedder, std::string_view text) {
  if (embedder.max_tokens() == 0) return text.size();
  const size_t bytes = fitting_beginning(text, embedder.max_tokens(), [&](std::string_view part) {
    return embedder.count_tokens(part, EmbedAs::kDocument);
  });
  return bytes == 0 ? text.size() : bytes;
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

// The points there are of the next documents: a server is asked once for all of them.
DocumentHashes known_of(const VectorStore& vectors, const std::vector<DocumentSummary>& documents,
                        size_t first) {
  std::vector<std::string> ids;
  for (size_t i = first; i < std::min(documents.size(), first + kLookAhead); ++i) {
    ids.push_back(documents[i].id);
  }
  return vectors.hashes_of(ids);
}

void add_document(const DocumentStore& store, const std::string& id, const std::string& hash,
                  const Embedder& embedder, LongPassages long_passages, Batch& batch,
                  VectorsReport& report) {
  const std::optional<Features> features = store.features(id);
  const RawDocument document = *store.document(id);
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
}

}  // namespace

VectorsReport update_vectors(Context& context, const DocumentStore& store, VectorStore& vectors,
                             Embedder& embedder, LongPassages long_passages) {
  VectorsReport report;
  const std::vector<DocumentSummary> documents = store.documents();
  const std::string identity = embedder.identity();
  const auto bar = context.progress.start("embedding", documents.size());
  Batch batch;
  DocumentHashes known;
  for (size_t i = 0; i < documents.size(); ++i) {
    stop_if_interrupted(context);
    if (i % kLookAhead == 0) known = known_of(vectors, documents, i);
    const DocumentSummary& summary = documents[i];
    bar->update(report.documents++);
    if (summary.features_key.empty()) continue;
    const std::string hash = KeyHasher()
                                 .add("vector")
                                 .add(identity)
                                 .add(static_cast<long long>(long_passages))
                                 .add(summary.features_key)
                                 .add(static_cast<long long>(summary.version))
                                 .finish();
    const std::map<std::string, std::string>& points = known[summary.id];
    const bool current =
        !points.empty() && std::all_of(points.begin(), points.end(),
                                       [&](const auto& point) { return point.second == hash; });
    if (current) {
      ++report.unchanged;
      continue;
    }
    if (!points.empty()) batch.replaced.push_back(summary.id);
    add_document(store, summary.id, hash, embedder, long_passages, batch, report);
    if (batch.points.size() >= kBatchPassages) commit(context, vectors, embedder, batch, report);
  }
  if (!batch.points.empty() || !batch.replaced.empty()) {
    commit(context, vectors, embedder, batch, report);
  }
  bar->update(report.documents);
  return report;
}

}  // namespace twin
