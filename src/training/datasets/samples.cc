#include "training/datasets/samples.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/hashing.h"
#include "domain/masking.h"
#include "text/paragraphs.h"
#include "text/sentences.h"
#include "text/unicode.h"

namespace twin {
namespace {

std::vector<ByteRange> lines(std::string_view text) {
  std::vector<ByteRange> found;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    found.push_back({begin, end});
    begin = end;
  }
  return found;
}

// The stretches of `range` that may be learnt, each without a gap.
std::vector<ByteRange> runs_in(const CleanDocument& clean, ByteRange range, bool own_prose_only) {
  std::vector<ByteRange> runs;
  for (const Span& span : clean.spans) {
    const ByteRange part{std::max(span.range.begin, range.begin),
                         std::min(span.range.end, range.end)};
    const bool wanted = own_prose_only ? span.kind == SpanKind::kProse : span.kept();
    if (!wanted || part.begin >= part.end) continue;
    if (!runs.empty() && runs.back().end == part.begin) {
      runs.back().end = part.end;
    } else {
      runs.push_back(part);
    }
  }
  return runs;
}

// The parts of `run` between sentences, or lines, that have private data.
std::vector<ByteRange> without_private(std::string_view verbatim, ByteRange run,
                                       const std::vector<PrivateSpan>& private_spans, bool by_lines,
                                       SampleStatistics& statistics) {
  if (!touches_private(run, private_spans)) return {run};
  std::vector<ByteRange> parts;
  bool open = false;
  const std::string_view text = slice(verbatim, run);
  for (const ByteRange unit : by_lines ? lines(text) : sentences(text)) {
    const ByteRange range{run.begin + unit.begin, run.begin + unit.end};
    if (touches_private(range, private_spans)) {
      ++statistics.dropped["has private data"];
      open = false;
    } else if (open) {
      parts.back().end = range.end;
    } else {
      parts.push_back(range);
      open = true;
    }
  }
  return parts;
}

// The paragraph a reader has just read when they come to `position`, if it is in the same section.
std::string preceding_paragraph(std::string_view verbatim, const CleanDocument& clean,
                                size_t position, size_t max_bytes) {
  for (auto span = clean.spans.rbegin(); span != clean.spans.rend(); ++span) {
    if (span->range.begin >= position) continue;
    if (span->kind == SpanKind::kHeading) return {};
    if (span->kind != SpanKind::kProse) continue;
    const ByteRange before =
        trim(verbatim, {span->range.begin, std::min(span->range.end, position)});
    if (before.size() == 0) continue;
    const std::string paragraph = masked(verbatim, before, clean.private_spans);
    return std::string(last_paragraph(paragraph, max_bytes));
  }
  return {};
}

}  // namespace

std::vector<Sample> build_samples(const RawDocument& document, const Features& features,
                                  Split split, const SampleOptions& options,
                                  SampleStatistics& statistics) {
  TWIN_CHECK(
      features.clean.document_id == document.id && features.clean.version == document.version,
      document.id);
  const std::string_view verbatim = document.verbatim;
  std::vector<Sample> samples;
  for (const Chunk& chunk : features.chunks) {
    if (options.own_prose_only && !chunk.own_prose) {
      ++statistics.dropped["mostly code or quotation"];
      continue;
    }
    std::vector<ByteRange> parts;
    for (const ByteRange run : runs_in(features.clean, chunk.range, options.own_prose_only)) {
      for (const ByteRange part : without_private(verbatim, run, features.clean.private_spans,
                                                  !options.own_prose_only, statistics)) {
        parts.push_back(part);
      }
    }
    for (const ByteRange run : parts) {
      const ByteRange range = trim(verbatim, run);
      const std::string_view target = slice(verbatim, range);
      const size_t word_count = words(target).size();
      if (range.size() == 0 || word_count < options.min_words) {
        if (word_count > 0) {
          ++statistics.dropped[fmt::format("fewer than {} words", options.min_words)];
        }
        continue;
      }
      // JSON cannot hold such bytes, and no model should learn to write them.
      if (!is_valid_utf8(target)) {
        ++statistics.dropped["not valid UTF-8"];
        continue;
      }
      Sample sample;
      sample.prompt.title = chunk.title;
      sample.prompt.heading_path = chunk.heading_path;
      sample.prompt.preceding =
          preceding_paragraph(verbatim, features.clean, range.begin, options.max_preceding_bytes);
      sample.document_id = document.id;
      sample.version = document.version;
      sample.range = range;
      sample.target = target;
      sample.target_sha256 = sha256(target);
      sample.split = split;
      verify_sample(document, sample);
      samples.push_back(std::move(sample));
      ++statistics.samples;
      statistics.words += word_count;
    }
  }
  if (!samples.empty()) ++statistics.documents;
  return samples;
}

void verify_sample(const RawDocument& document, const Sample& sample) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("sample of document {} version {}, bytes {} to {}: {}; build the "
                            "dataset again",
                            sample.document_id, sample.version, sample.range.begin,
                            sample.range.end, what));
  };
  if (sample.document_id != document.id || sample.version != document.version) {
    refuse(fmt::format("held against document {} version {}", document.id, document.version));
  }
  if (sample.range.begin >= sample.range.end || sample.range.end > document.verbatim.size()) {
    refuse(fmt::format("the document has {} bytes", document.verbatim.size()));
  }
  if (slice(document.verbatim, sample.range) != sample.target) {
    refuse("the target is not the document's text there");
  }
  if (const std::string hash = sha256(sample.target); hash != sample.target_sha256) {
    refuse(fmt::format("the target's SHA-256 is {}, expected {}", hash, sample.target_sha256));
  }
}

}  // namespace twin
