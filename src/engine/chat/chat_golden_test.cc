#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "engine/chat/chat_template.h"

namespace twin {
namespace {

const std::filesystem::path kGolden = TWIN_SOURCE_DIR "/tests/golden";

// 2024-07-29T10:00:00Z, as tests/golden/make_chat_golden.py has it.
constexpr std::chrono::system_clock::time_point kNow{std::chrono::seconds(1722247200)};

// The text, or the error after "ERROR ".
std::string rendered(std::string_view source, const ChatRequest& request) {
  try {
    return ChatTemplate::parse(source, "golden").render(request).text;
  } catch (const Error& error) {
    return std::string("ERROR ") + error.what();
  }
}

// An entry without a text is one for which Python raised.
void expect_text(const OrderedJson* wanted, const std::string& found, std::string_view what) {
  if (wanted == nullptr) {
    EXPECT_TRUE(found.starts_with("ERROR ")) << what << "\n  gave: " << found;
  } else {
    EXPECT_EQ(found, wanted->get<std::string>()) << what;
  }
}

TEST(ChatGolden, SnippetsGiveWhatJinjaGives) {
  const OrderedJson golden =
      parse_ordered_json(read_file(kGolden / "chat_snippets.json"), "chat_snippets.json");
  ChatRequest request;
  request.messages = &golden["messages"];
  request.variables = &golden["variables"];
  request.add_generation_prompt = true;
  request.now = kNow;
  ASSERT_GT(golden["cases"].size(), 400u);
  for (const OrderedJson& entry : golden["cases"]) {
    const auto source = entry["source"].get<std::string>();
    expect_text(entry.contains("text") ? &entry["text"] : nullptr, rendered(source, request),
                source);
  }
}

TEST(ChatGolden, TemplatesOfModelsGiveWhatJinjaGives) {
  const OrderedJson golden =
      parse_ordered_json(read_file(kGolden / "chat_templates.json"), "chat_templates.json");
  ChatRequest request;
  for (const auto& [name, token] : golden["special_tokens"].items()) {
    request.special_tokens[name] = token.get<std::string>();
  }
  request.now = kNow;
  ASSERT_GT(golden["cases"].size(), 200u);
  for (const OrderedJson& entry : golden["cases"]) {
    const auto file = entry["template"].get<std::string>();
    request.messages = &golden["chats"][entry["chat"].get<std::string>()];
    request.tools = entry["tools"].get<bool>() ? &golden["tools"] : nullptr;
    request.add_generation_prompt = entry["prompt"].get<bool>();
    const OrderedJson* text =
        entry.contains("text") ? &golden["texts"][entry["text"].get<size_t>()] : nullptr;
    expect_text(text, rendered(read_file(kGolden / "chat" / file), request), entry.dump());
  }
}

}  // namespace
}  // namespace twin
