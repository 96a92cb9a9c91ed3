#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "models/embedder.h"

namespace twin {

// The embedder that a command works with, as its command line names it.
struct EmbedderArgument {
  std::string model;  // as model_path takes it
  std::string compute = "f32";
  std::string query_prefix, document_prefix;
  bool has_query_prefix = false, has_document_prefix = false;
};

// Declares MODEL (required), --compute and, where `prefixes`, --query-prefix and
// --document-prefix. `argument` outlives the parse.
void add_embedder_argument(CLI::App* command, EmbedderArgument& argument, bool prefixes = true);

EmbedderOptions embedder_options(Session& session, const EmbedderArgument& argument);
std::unique_ptr<Embedder> load_embedder(Session& session, const EmbedderArgument& argument);

// The texts of a file: a line each, a JSON string or an object with "text", else the line as it is.
// Errors: kBadInput naming file and line.
std::vector<std::string> read_text_lines(const std::string& file);

}  // namespace twin
