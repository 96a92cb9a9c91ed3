#include "engine/formats/families.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"

namespace twin {
namespace {

// A new family is a file in families/ and a name here.
const auto& families() {
  static const std::array list = {llama_family(), mistral_family(), qwen2_family(), qwen3_family(),
                                  gemma3_family()};
  return list;
}

}  // namespace

const Family& family_of(std::string_view model_type, std::string_view where) {
  std::string known;
  for (const Family& family : families()) {
    if (family.model_type == model_type) return family;
    known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", family.model_type);
  }
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: model_type \"{}\" is not supported; expected one of {}", where,
                          model_type, known));
}

const Family& family_of_gguf(std::string_view architecture, std::string_view where) {
  std::string known;
  for (const Family& family : families()) {
    if (family.gguf_architecture == architecture) return family;
    known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", family.gguf_architecture);
  }
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: general.architecture \"{}\" is not supported; expected one of {}",
                          where, architecture, known));
}

}  // namespace twin
