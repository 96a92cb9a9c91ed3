#include "models/chat_transcript.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"

namespace twin {
namespace {

using TimePoint = std::chrono::system_clock::time_point;

// The first `length` bytes, the user's ranges with them.
RenderedChat first_bytes(const RenderedChat& text, size_t length) {
  RenderedChat cut{text.text.substr(0, length), {}};
  for (const ByteSpan& range : text.user_ranges) {
    if (range.begin >= length) break;
    cut.user_ranges.push_back({range.begin, std::min(range.end, length)});
  }
  return cut;
}

std::string_view trimmed(std::string_view text) {
  constexpr const char* kBlank = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

class Transcriber {
 public:
  Transcriber(const ModelChat& model, const Chat& chat, TimePoint now)
      : model_(model), chat_(chat), now_(now) {
    if (const auto id = model.end_of_turn()) {
      ends_.push_back(model.tokenizer().decode({&*id, 1}, DecodeOptions{.skip_special = false}));
    }
    if (const auto id = model.tokenizer().eos_token_id()) {
      ends_.push_back(model.tokenizer().decode({&*id, 1}, DecodeOptions{.skip_special = false}));
    }
    result_.rendered = model.render(chat, false, now);
    result_.ids = encode_chat(model.tokenizer(), result_.rendered);
  }

  void add_turn(size_t message) {
    const auto& content = (*chat_.messages)[message]["content"].get_ref<const std::string&>();
    const std::string& whole = result_.rendered.text;
    // The conversation with one character in the message's place shows where that is.
    const char mark = absent_character(content);
    OrderedJson messages = *chat_.messages;
    messages[message]["content"] = std::string(1, mark);
    const std::string marked =
        model_.render({&messages, chat_.tools, chat_.variables}, false, now_).text;
    const size_t place = marked.find(mark);
    const size_t behind = place == std::string::npos ? 0 : marked.size() - place - 1;
    if (place == std::string::npos || marked.find(mark, place + 1) != std::string::npos ||
        behind > whole.size() ||
        whole.compare(whole.size() - behind, behind, marked, place + 1, behind) != 0) {
      throw cannot_tell(message);
    }
    const size_t content_end = whole.size() - behind;
    AssistantTurn turn;
    turn.message = message;
    turn.bytes = {begin_of(message, marked, place), end_of_turn(content_end)};
    if (turn.bytes.begin >= content_end) throw cannot_tell(message);
    turn.changed =
        whole.substr(turn.bytes.begin, content_end - turn.bytes.begin).find(trimmed(content)) ==
        std::string::npos;
    turn.tokens = tokens_of(model_.tokenizer(), result_.rendered, result_.ids, turn.bytes);
    result_.turns.push_back(turn);
  }

  ChatTranscript take() { return std::move(result_); }

 private:
  static Error cannot_tell(size_t message) {
    return {ErrorCode::kBadInput,
            fmt::format("the chat template changes message {} so that its place in the text "
                        "cannot be told",
                        message)};
  }

  // A control character that no template treats in a way of its own.
  static char absent_character(const std::string& text) {
    for (char c = 1; c < 9; ++c) {
      if (text.find(c) == std::string::npos) return c;
    }
    throw Error(ErrorCode::kBadInput, "a message of control characters");
  }

  // Where the model begins to write: behind what it is prompted with; else, where templates show
  // finished turns otherwise than they prompt for one, where the message begins.
  size_t begin_of(size_t message, const std::string& marked, size_t place) const {
    const std::string& whole = result_.rendered.text;
    OrderedJson before = OrderedJson::array();
    before.insert(before.end(), chat_.messages->begin(),
                  chat_.messages->begin() + static_cast<std::ptrdiff_t>(message));
    try {
      const std::string prompt =
          model_.render({&before, chat_.tools, chat_.variables}, true, now_).text;
      if (whole.starts_with(prompt)) return prompt.size();
    } catch (const Error&) {
      // A conversation that the assistant begins: some templates refuse the empty one before.
    }
    if (whole.compare(0, place, marked, 0, place) != 0) throw cannot_tell(message);
    return place;
  }

  // Behind the special token that ends the turn, where one stands there.
  size_t end_of_turn(size_t content_end) const {
    const std::string_view behind = std::string_view(result_.rendered.text).substr(content_end);
    const size_t begin = std::min(behind.find_first_not_of(" \n"), behind.size());
    for (const std::string& name : ends_) {
      if (!name.empty() && behind.substr(begin).starts_with(name)) {
        return content_end + begin + name.size();
      }
    }
    return content_end;
  }

  const ModelChat& model_;
  const Chat& chat_;
  TimePoint now_;
  std::vector<std::string> ends_;
  ChatTranscript result_;
};

}  // namespace

TokenRange tokens_of(const Tokenizer& tokenizer, const RenderedChat& text,
                     const std::vector<TokenId>& ids, ByteSpan bytes) {
  // Of the text's tokens, those that are also the tokens of its first `length` bytes.
  const auto shared = [&](size_t length, bool* all) {
    const std::vector<TokenId> before = encode_chat(tokenizer, first_bytes(text, length));
    const size_t most = std::min(before.size(), ids.size());
    const auto parted = std::mismatch(
        before.begin(), before.begin() + static_cast<std::ptrdiff_t>(most), ids.begin());
    const auto count = static_cast<size_t>(parted.first - before.begin());
    *all = count == before.size();
    return count;
  };
  TokenRange range;
  bool exact = true;
  range.begin = shared(bytes.begin, &exact);
  range.joined = !exact;
  range.end = bytes.end == text.text.size() ? ids.size() : shared(bytes.end, &exact);
  range.end = std::max(range.end, range.begin);
  return range;
}

ChatTranscript transcribe(const ModelChat& model, const Chat& chat, size_t first_learnt,
                          std::chrono::system_clock::time_point now) {
  Transcriber transcriber(model, chat, now);
  for (size_t i = first_learnt; i < chat.messages->size(); ++i) {
    const OrderedJson& message = (*chat.messages)[i];
    if (message["role"] == "assistant" && message.contains("content") &&
        message["content"].is_string()) {
      transcriber.add_turn(i);
    }
  }
  return transcriber.take();
}

}  // namespace twin
