#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "training/datasets/samples.h"

namespace twin {

struct Dataset {
  std::vector<Sample> samples;
  SampleStatistics statistics;
};

// The samples of those `documents` that are on `side` of `split`, in the order given.
// Errors: kUsage where a document has no features, or features of an older version.
Dataset build_dataset(const DocumentStore& store, const std::vector<DocumentSummary>& documents,
                      const std::map<std::string, Split>& split, Split side,
                      const SampleOptions& options);

// Writes samples as JSON lines (docs/formats/sft_dataset.md), replacing the file atomically.
void write_dataset(const std::filesystem::path& file, const std::vector<Sample>& samples);

// Reads them back and verifies each against its document. Errors: kBadInput naming file and line.
std::vector<Sample> load_dataset(const std::filesystem::path& file, const DocumentStore& store);

// A sample as a line has it, its target under the name `target`. Throws Json::exception or Error
// where it is none.
OrderedJson to_json(const Sample& sample, const char* target = "target");
Sample sample_from_json(const Json& line, const char* target = "target");

// Reads a file of JSON lines, each with a sample in it, which take() makes of the line, and
// verifies each against its document; none may have private data in its target. Errors: kBadInput
// naming file and line.
void read_verified(const std::filesystem::path& file, const DocumentStore& store,
                   const std::function<Sample(const Json& line)>& take);

Json to_json(const SampleStatistics& statistics);

}  // namespace twin
