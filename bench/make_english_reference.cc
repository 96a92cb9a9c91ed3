// Prints src/style/english_reference.cc from texts by several people, one argument per person: a
// file or a folder of .md, .markdown and .xhtml files. People count alike, however much they wrote:
//
//   make_english_reference authors/haack authors/willison authors/branchaud authors/chesterton

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "style/passages.h"
#include "style/style_counts.h"
#include "text/html.h"
#include "text/markdown.h"

namespace {

namespace fs = std::filesystem;
using namespace twin;

constexpr size_t kPassagesPerPerson = 600;

// The paragraphs of a file: neither headings, code nor quotations.
std::string prose_of(const fs::path& file) {
  std::string text = read_file(file);
  const std::string extension = file.extension().string();
  if (extension == ".xhtml" || extension == ".html") {
    text = html_to_markdown(text, file.string()).markdown;
  }
  std::string prose;
  for (const Block& block : markdown_blocks(text)) {
    if (block.kind == BlockKind::kParagraph || block.kind == BlockKind::kList) {
      prose += slice(text, block.range);
      prose += '\n';
    }
  }
  return prose;
}

std::vector<fs::path> files_of(const fs::path& path) {
  std::vector<fs::path> files;
  if (fs::is_regular_file(path)) return {path};
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".md" || extension == ".markdown" || extension == ".xhtml") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<double> values_of(const StyleCounts& counts) {
  std::vector<double> values;
  for (const std::string& word : function_words()) {
    const auto found = counts.word_counts.find(word);
    values.push_back(found == counts.word_counts.end()
                         ? 0
                         : static_cast<double>(found->second) / static_cast<double>(counts.words));
  }
  values.insert(values.end(), counts.punctuation.begin(), counts.punctuation.end());
  values.insert(values.end(), counts.shape.begin(), counts.shape.end());
  return values;
}

void print(const char* name, const std::vector<double>& values) {
  fmt::print("      .{} = {{", name);
  for (size_t i = 0; i < values.size(); ++i) {
    fmt::print("{}{:.6g}", i == 0 ? "" : i % 8 == 0 ? ",\n          " : ", ", values[i]);
  }
  fmt::print("}},\n");
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<double> mean, squares;
  for (int person = 1; person < argc; ++person) {
    std::vector<StyleDocument> documents;
    // Short notes make no passage alone: a person's texts are read on, in the order of their paths.
    documents.push_back({"all", argv[person], ""});
    for (const fs::path& file : files_of(argv[person])) documents.back().text += prose_of(file);
    const std::vector<StylePassage> passages = style_passages(documents);
    const size_t stride = passages.size() / kPassagesPerPerson + 1;
    const size_t count = (passages.size() + stride - 1) / stride;
    const double weight = 1.0 / (static_cast<double>(count) * (argc - 1));
    for (size_t i = 0; i < passages.size(); i += stride) {
      const std::vector<double> values = values_of(count_style(passages[i].text));
      mean.resize(values.size());
      squares.resize(values.size());
      for (size_t k = 0; k < values.size(); ++k) {
        mean[k] += weight * values[k];
        squares[k] += weight * values[k] * values[k];
      }
    }
    fmt::print(stderr, "{}: {} of {} passages\n", argv[person], count, passages.size());
  }
  std::vector<double> deviation(mean.size());
  for (size_t k = 0; k < mean.size(); ++k) {
    deviation[k] = std::sqrt(std::max(0.0, squares[k] - mean[k] * mean[k]));
  }
  fmt::print(
      "#include \"style/english_reference.h\"\n\nnamespace twin {{\n\n"
      "// Printed by bench/make_english_reference.cc from four people's prose (Haack, Willison,\n"
      "// Branchaud, Chesterton); numbers alone.\n"
      "const EnglishReference& english_reference() {{\n"
      "  static const EnglishReference reference = {{\n");
  print("mean", mean);
  print("deviation", deviation);
  fmt::print("  }};\n  return reference;\n}}\n\n}}  // namespace twin\n");
}
