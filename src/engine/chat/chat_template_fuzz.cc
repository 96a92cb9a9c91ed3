#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "engine/chat/chat_template.h"

namespace {

constexpr std::string_view kMessages = R"([
  {"role": "system", "content": "Be brief é\n"},
  {"role": "user", "content": [{"type": "text", "text": " Hi <|end|> "}, {"type": "image"}]},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"a": [1, 2.5, null]}}}]},
  {"role": "tool", "content": "ok", "name": "f"}])";
constexpr std::string_view kTools =
    R"([{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {}}}}}])";
constexpr std::string_view kVariables =
    R"({"s": " Hello, World ", "l": [3, 1, 2], "d": {"b": 1, "a": {"c": []}}, "i": -7, "f": 2.5})";

}  // namespace

// A template is refused with an Error, or it gives a text with the ranges of user data in order.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto kChat = twin::parse_ordered_json(kMessages, "messages");
  static const auto kFunctions = twin::parse_ordered_json(kTools, "tools");
  static const auto kGiven = twin::parse_ordered_json(kVariables, "variables");
  twin::ChatRequest request;
  request.messages = &kChat;
  request.tools = &kFunctions;
  request.variables = &kGiven;
  request.special_tokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
  request.now = std::chrono::system_clock::time_point{std::chrono::seconds(1722247200)};
  twin::ChatTemplateLimits limits;
  limits.max_steps = 20000;
  try {
    const std::string_view source(reinterpret_cast<const char*>(data), size);
    const twin::RenderedChat chat =
        twin::ChatTemplate::parse(source, "fuzz", limits).render(request);
    size_t end = 0;
    for (const twin::ByteSpan& range : chat.user_ranges) {
      TWIN_CHECK(range.begin >= end && range.begin < range.end);
      end = range.end;
    }
    TWIN_CHECK(end <= chat.text.size());
  } catch (const twin::Error&) {
  }
  return 0;
}
