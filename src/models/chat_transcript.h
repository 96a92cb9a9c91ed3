#pragma once

#include <chrono>
#include <vector>

#include "models/model_chat.h"

namespace twin {

// Tokens [begin, end) of a text that are those of a stretch of its bytes.
struct TokenRange {
  size_t begin = 0, end = 0;
  // Whether a token holds bytes both of the stretch and of what stands before it: it counts as the
  // stretch's first.
  bool joined = false;
};

// Which of `ids`, the ids of the whole text, are those of its bytes `bytes`. Found by encoding what
// stands before, so that it holds for any tokenizer.
TokenRange tokens_of(const Tokenizer& tokenizer, const RenderedChat& text,
                     const std::vector<TokenId>& ids, ByteSpan bytes);

// What a model is to say in a conversation: one of the assistant's messages as the template has it.
struct AssistantTurn {
  size_t message = 0;  // index among the messages
  ByteSpan bytes;     // of the rendered text: from what the assistant begins with to the token that
                      // ends its turn, that included
  TokenRange tokens;  // of the transcript's ids
  bool changed = false;  // the template does not show the message as it stands
};

// A whole conversation through a model's template, as transformers' apply_chat_template has it.
struct ChatTranscript {
  RenderedChat rendered;
  std::vector<TokenId> ids;  // of the whole, never put together from parts
  std::vector<AssistantTurn> turns;
};

// The conversation and the turns in it that the assistant wrote; messages before `first_learnt` and
// those without text have none. Errors: kBadInput: those of ChatTemplate::render(), and a template
// in whose text a message's place cannot be told.
ChatTranscript transcribe(const ModelChat& model, const Chat& chat, size_t first_learnt,
                          std::chrono::system_clock::time_point now);

}  // namespace twin
