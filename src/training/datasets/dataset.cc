#include "training/datasets/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "domain/masking.h"

namespace twin {
Sample sample_from_json(const Json& line, const char* target) {
  Sample sample;
  sample.document_id = line.at("document").get<std::string>();
  sample.version = line.at("version").get<int>();
  sample.range = {line.at("begin").get<size_t>(), line.at("end").get<size_t>()};
  sample.target_sha256 = line.at("sha256").get<std::string>();
  const std::string side = line.at("split").get<std::string>();
  if (side != "train" && side != "test") {
    throw Error(ErrorCode::kBadInput, "split is '" + side + "', expected train or test");
  }
  sample.split = side == "test" ? Split::kTest : Split::kTrain;
  sample.prompt.title = line.at("title").get<std::string>();
  sample.prompt.heading_path = line.at("heading_path").get<std::vector<std::string>>();
  sample.prompt.preceding = line.at("preceding").get<std::string>();
  sample.target = line.at(target).get<std::string>();
  return sample;
}

OrderedJson to_json(const Sample& sample, const char* target) {
  return {{"document", sample.document_id},
          {"version", sample.version},
          {"begin", sample.range.begin},
          {"end", sample.range.end},
          {"sha256", sample.target_sha256},
          {"split", sample.split == Split::kTest ? "test" : "train"},
          {"title", sample.prompt.title},
          {"heading_path", sample.prompt.heading_path},
          {"preceding", sample.prompt.preceding},
          {target, sample.target}};
}

Dataset build_dataset(const DocumentStore& store, const std::vector<DocumentSummary>& documents,
                      const std::map<std::string, Split>& split, Split side,
                      const SampleOptions& options) {
  Dataset dataset;
  for (const DocumentSummary& summary : documents) {
    if (split.at(summary.id) != side) continue;
    const std::optional<Features> features = store.features(summary.id);
    if (!features || features->clean.version != summary.version) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("'{}' ({}) has no features yet; run `twin features` first",
                              summary.title, summary.link));
    }
    const std::optional<RawDocument> document = store.document(summary.id, summary.version);
    TWIN_CHECK(document.has_value(), summary.id);
    for (Sample& sample : build_samples(*document, *features, side, options, dataset.statistics)) {
      dataset.samples.push_back(std::move(sample));
    }
  }
  return dataset;
}

void write_dataset(const std::filesystem::path& file, const std::vector<Sample>& samples) {
  std::string lines;
  for (const Sample& sample : samples) lines += dump_json(to_json(sample)) + '\n';
  write_file_atomic(file, lines);
}

void read_verified(const std::filesystem::path& file, const DocumentStore& store,
                   const std::function<Sample(const Json& line)>& take) {
  const std::string lines = read_file(file);
  std::optional<RawDocument> document;  // the last one looked at: a document's samples are together
  std::vector<PrivateSpan> private_spans;  // its
  size_t number = 0;
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    const std::string where = fmt::format("{}: line {}", file.string(), ++number);
    const std::string line = lines.substr(begin, end - begin);
    begin = end + 1;
    try {
      const Sample sample = take(parse_json(line, where));
      if (!document || document->id != sample.document_id || document->version != sample.version) {
        document = store.document(sample.document_id, sample.version);
        const std::optional<Features> features = store.features(sample.document_id);
        const bool current = features && features->clean.version == sample.version;
        private_spans = current ? features->clean.private_spans : std::vector<PrivateSpan>();
      }
      if (!document) {
        throw Error(ErrorCode::kBadInput, fmt::format("document {} version {} is not in the store",
                                                      sample.document_id, sample.version));
      }
      verify_sample(*document, sample);
      if (touches_private(sample.range, private_spans)) {
        throw Error(ErrorCode::kBadInput,
                    fmt::format("bytes {} to {} of document {} have private data; build the "
                                "dataset again",
                                sample.range.begin, sample.range.end, sample.document_id));
      }
    } catch (const Json::exception& error) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, error.what()));
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}: {}", where, error.what()));
    }
  }
}

std::vector<Sample> load_dataset(const std::filesystem::path& file, const DocumentStore& store) {
  std::vector<Sample> samples;
  read_verified(file, store, [&](const Json& line) {
    samples.push_back(sample_from_json(line));
    return samples.back();
  });
  return samples;
}

Json to_json(const SampleStatistics& statistics) {
  return {{"documents", statistics.documents},
          {"samples", statistics.samples},
          {"words", statistics.words},
          {"dropped", statistics.dropped}};
}

}  // namespace twin
