#include "engine/tokenizer/post_processor.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/tokenizer/json_fields.h"

namespace twin {
namespace {

constexpr size_t kMaxParts = 64;

class Reader {
 public:
  Reader(std::string where, size_t vocab_size) : where_(std::move(where)), size_(vocab_size) {}

  Surroundings read(const Json& json, size_t depth) const {
    const JsonFields fields(json, where_);
    const std::string type = fields.text("type", "");
    if (type == "ByteLevel") return {};
    if (type == "TemplateProcessing") return read_template(fields);
    if (type == "BertProcessing" || type == "RobertaProcessing") {
      return {{named_id(fields, "cls")}, {named_id(fields, "sep")}};
    }
    if (type != "Sequence") fields.refuse(fmt::format("{} is not supported", type));
    const Json& list = fields.list("processors");
    if (list.size() > kMaxParts || depth > 4) fields.refuse("too many parts");
    Surroundings all;
    for (const Json& part : list) {
      const Surroundings outer = read(part, depth + 1);
      all.prefix.insert(all.prefix.begin(), outer.prefix.begin(), outer.prefix.end());
      all.suffix.insert(all.suffix.end(), outer.suffix.begin(), outer.suffix.end());
    }
    return all;
  }

 private:
  TokenId checked(const JsonFields& fields, const Json& id) const {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<uint64_t>() >= size_) {
      fields.refuse(fmt::format("{} is not a token id", dump_json(id).substr(0, 40)));
    }
    return id.get<TokenId>();
  }

  // ["[CLS]", 101]
  TokenId named_id(const JsonFields& fields, const char* name) const {
    const Json& pair = fields.list(name);
    if (pair.size() != 2) fields.refuse(fmt::format("{} is not a token and its id", name));
    return checked(fields, pair[1]);
  }

  Surroundings read_template(const JsonFields& fields) const {
    Surroundings around;
    bool after = false;
    const Json& single = fields.list("single");
    if (single.size() > kMaxParts) fields.refuse("too many parts");
    for (const Json& item : single) {
      const JsonFields part(item, fields.where());
      if (!part.member("Sequence").is_null()) {
        if (after) fields.refuse("a template with the text twice is not supported");
        after = true;
        continue;
      }
      const JsonFields special(part.member("SpecialToken"), fields.where() + ": SpecialToken");
      const JsonFields specials(fields.member("special_tokens"), fields.where());
      const std::string name = special.text("id", "");
      const JsonFields token(specials.member(name.c_str()), fields.where() + ": " + name);
      for (const Json& id : token.list("ids")) {
        (after ? around.suffix : around.prefix).push_back(checked(token, id));
      }
    }
    if (!after) fields.refuse("a template without the text is not supported");
    return around;
  }

  std::string where_;
  size_t size_;
};

}  // namespace

Surroundings read_post_processor(const Json& json, std::string_view where, size_t vocab_size) {
  if (json.is_null()) return {};
  return Reader(fmt::format("{}: post_processor", where), vocab_size).read(json, 0);
}

}  // namespace twin
