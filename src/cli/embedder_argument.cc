#include "cli/embedder_argument.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "cli/model_argument.h"

namespace twin {

void add_embedder_argument(CLI::App* command, EmbedderArgument& argument, bool prefixes) {
  command
      ->add_option("MODEL", argument.model,
                   "A folder, a name in the workspace, or a pulled OWNER/NAME")
      ->required();
  command
      ->add_option("--compute", argument.compute,
                   "f32, bf16 (its precision or better) or int8, for BERT encoders")
      ->capture_default_str()
      ->check(CLI::IsMember({"f32", "bf16", "int8"}));
  if (!prefixes) return;
  command
      ->add_option("--query-prefix", argument.query_prefix,
                   "Put before queries instead of what the model's folder says")
      ->each([&](const std::string&) { argument.has_query_prefix = true; });
  command
      ->add_option("--document-prefix", argument.document_prefix,
                   "Put before documents instead of what the model's folder says")
      ->each([&](const std::string&) { argument.has_document_prefix = true; });
}

EmbedderOptions embedder_options(Session& session, const EmbedderArgument& argument) {
  EmbedderOptions options;
  options.compute = argument.compute == "bf16"   ? EncoderCompute::kBf16
                    : argument.compute == "int8" ? EncoderCompute::kInt8
                                                 : EncoderCompute::kF32;
  if (argument.has_query_prefix) options.query_prefix = argument.query_prefix;
  if (argument.has_document_prefix) options.document_prefix = argument.document_prefix;
  options.kernels = &session.kernels();
  return options;
}

std::unique_ptr<Embedder> load_embedder(Session& session, const EmbedderArgument& argument) {
  return load_embedder(session.context(), model_path(session, argument.model).string(),
                       embedder_options(session, argument));
}

std::vector<std::string> read_text_lines(const std::string& file) {
  const std::string all = read_file(file, uint64_t{1} << 30);
  std::vector<std::string> texts;
  std::string_view left = all;
  for (size_t number = 1; !left.empty(); ++number) {
    const size_t end = std::min(left.find('\n'), left.size());
    std::string_view line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.front() != '"' && line.front() != '{') {
      texts.emplace_back(line);
      continue;
    }
    const std::string where = fmt::format("{}:{}", file, number);
    const Json json = parse_json(line, where);
    const bool held = json.is_object() && json.contains("text") && json["text"].is_string();
    if (!json.is_string() && !held) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: neither a string nor an object with a text", where));
    }
    texts.push_back(json.is_string() ? json.get<std::string>() : json["text"].get<std::string>());
  }
  return texts;
}

}  // namespace twin
