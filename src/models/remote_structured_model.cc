#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/http_client.h"
#include "models/structured_model.h"

namespace twin {
namespace {

constexpr size_t kMaxAnswerBytes = size_t{1} << 20;

class RemoteStructuredModel : public StructuredModel {
 public:
  RemoteStructuredModel(HttpClient& http, const RemoteOptions& options,
                        const EnvironmentLookup& lookup)
      : service_(http, options, lookup) {}

  std::string name() const override { return service_.options().model; }

  Json answer(Context& context, const StructuredQuestion& question) override {
    const Json schema = parse_json(question.schema, "schema of the answer");
    Json messages = Json::array();
    messages.push_back({{"role", "system"}, {"content", question.task}});
    messages.push_back({{"role", "user"}, {"content", question.text}});
    const Json body = {
        {"model", service_.options().model},
        {"messages", messages},
        {"temperature", 0},
        {"max_tokens", question.max_new_tokens},
        {"response_format",
         {{"type", "json_schema"},
          {"json_schema", {{"name", "answer"}, {"strict", true}, {"schema", schema}}}}}};
    return read(service_.post(context, "/chat/completions", body, kMaxAnswerBytes));
  }

 private:
  Json read(const Json& reply) const {
    const char* const path[] = {"choices", "message", "content"};
    const Json* found = &reply;
    for (const char* key : path) {
      if (found->is_array() && !found->empty()) found = &(*found)[0];
      if (!found->is_object() || !found->contains(key)) {
        service_.refuse("expected an answer in choices[0].message.content");
      }
      found = &(*found)[key];
    }
    if (!found->is_string()) service_.refuse("its answer is no text");
    try {
      return parse_json(found->get<std::string>(), "its answer", {.max_depth = 32});
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kBadInput) service_.refuse(error.what());
      throw;
    }
  }

  RemoteService service_;
};

}  // namespace

std::unique_ptr<StructuredModel> make_remote_structured_model(HttpClient& http,
                                                              const RemoteOptions& options,
                                                              const EnvironmentLookup& lookup) {
  return std::make_unique<RemoteStructuredModel>(http, options, lookup);
}

}  // namespace twin
