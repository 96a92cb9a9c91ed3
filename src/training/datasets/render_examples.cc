#include "training/datasets/render_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "models/chat_transcript.h"
#include "training/datasets/sample_problems.h"

namespace twin {
namespace {

std::string joined_input(const Example& example) {
  return example.input.empty() ? example.prompt : example.prompt + "\n\n" + example.input;
}

struct Rendered {
  TrainingSequence sequence;
  size_t length = 0;
  bool joined = false, changed = false;
  std::string problem;  // empty: none
};

class Renderer {
 public:
  Renderer(const LanguageModel& model, const ExampleFile& file, PromptTemplate style,
           const RenderOptions& options)
      : tokenizer_(*model.tokenizer), file_(file), style_(style), options_(options) {
    if (style == PromptTemplate::kChat) chat_.emplace(tokenizer_, model.chat, file.name);
    const std::vector<TokenId> ends = stop_tokens(tokenizer_);
    if (!ends.empty()) end_ = ends.front();
    bos_ = beginning_of_text(tokenizer_);
  }

  Rendered render(const Example& example) const {
    Rendered result;
    try {
      result = style_ == PromptTemplate::kChat ? through_chat(example) : through_text(example);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kBadInput) throw;
      result.problem = error.what();
    }
    TrainingSequence& sequence = result.sequence;
    result.length = sequence.tokens.size();
    if (options_.loss_on_all) sequence.loss_mask.assign(result.length, 1);
    if (options_.truncate && result.length > options_.max_tokens) {
      sequence.tokens.resize(options_.max_tokens);
      sequence.loss_mask.resize(options_.max_tokens);
    }
    return result;
  }

 private:
  Rendered through_chat(const Example& example) const {
    OrderedJson messages;
    std::optional<OrderedJson> tools;
    if (file_.kind == ExampleKind::kMessages) {
      messages = parse_ordered_json(example.messages, "messages");
      if (!example.tools.empty()) tools = parse_ordered_json(example.tools, "tools");
    } else {
      messages = {{{"role", "user"}, {"content", joined_input(example)}},
                  {{"role", "assistant"}, {"content", example.completion}}};
    }
    const Chat chat{&messages, tools ? &*tools : nullptr, nullptr};
    ChatTranscript transcript = transcribe(*chat_, chat, example.first_learnt, options_.now);
    Rendered result;
    result.sequence.loss_mask.assign(transcript.ids.size(), 0);
    for (const AssistantTurn& turn : transcript.turns) {
      std::fill(result.sequence.loss_mask.begin() + static_cast<std::ptrdiff_t>(turn.tokens.begin),
                result.sequence.loss_mask.begin() + static_cast<std::ptrdiff_t>(turn.tokens.end),
                1);
      result.joined |= turn.tokens.joined;
      result.changed |= turn.changed;
    }
    result.sequence.tokens = std::move(transcript.ids);
    return result;
  }

  Rendered through_text(const Example& example) const {
    const std::string prompt =
        file_.kind == ExampleKind::kText          ? std::string()
        : style_ == PromptTemplate::kAlpaca       ? alpaca_prompt(example.prompt, example.input)
        : file_.kind == ExampleKind::kInstruction ? joined_input(example) + "\n\n"
                                                  : example.prompt;
    // Nothing in a sample's text is a special token.
    const RenderedChat text{prompt + example.completion,
                            {{0, prompt.size() + example.completion.size()}}};
    std::vector<TokenId> ids = tokenizer_.encode(text.text);
    Rendered result;
    size_t learnt_from = 0;
    if (file_.kind != ExampleKind::kText) {
      const TokenRange range = tokens_of(tokenizer_, text, ids, {prompt.size(), text.text.size()});
      learnt_from = range.begin;
      result.joined = range.joined;
    }
    TrainingSequence& sequence = result.sequence;
    if (bos_) sequence.tokens.push_back(*bos_);
    learnt_from += sequence.tokens.size();
    sequence.tokens.insert(sequence.tokens.end(), ids.begin(), ids.end());
    if (end_) sequence.tokens.push_back(*end_);
    sequence.loss_mask.assign(sequence.tokens.size(), 1);
    std::fill_n(sequence.loss_mask.begin(), learnt_from, uint8_t{0});
    return result;
  }

  const Tokenizer& tokenizer_;
  const ExampleFile& file_;
  PromptTemplate style_;
  RenderOptions options_;
  std::optional<ModelChat> chat_;
  std::optional<TokenId> bos_, end_;
};

void check_template(PromptTemplate style, ExampleKind kind, bool has_chat_template,
                    const std::string& name) {
  const auto refuse = [&](const char* what) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: the samples are {}; {}", name, name_of(kind), what));
  };
  if (style == PromptTemplate::kChat && !has_chat_template) {
    refuse(
        "the model has no chat template for them: take --template alpaca or plain, or another "
        "model");
  }
  if (kind == ExampleKind::kMessages && style != PromptTemplate::kChat) {
    refuse("they go through a chat template alone (--template chat), which the model must have");
  }
  if (kind == ExampleKind::kText && style != PromptTemplate::kPlain) {
    refuse("they have no prompt to put into a template: leave --template out, or say plain");
  }
}

}  // namespace

PromptTemplate default_template(ExampleKind kind, bool has_chat_template) {
  if (kind == ExampleKind::kMessages) return PromptTemplate::kChat;
  if (kind == ExampleKind::kText) return PromptTemplate::kPlain;
  if (has_chat_template) return PromptTemplate::kChat;
  return kind == ExampleKind::kInstruction ? PromptTemplate::kAlpaca : PromptTemplate::kPlain;
}

RenderedExamples render_examples(Context& context, const LanguageModel& model,
                                 const ExampleFile& file, const std::vector<Example>& examples,
                                 const RenderOptions& options) {
  TWIN_CHECK(options.max_tokens >= 2);
  const bool has_chat_template = model.chat.find_template(false) != nullptr;
  RenderedExamples result;
  result.style = options.style.value_or(default_template(file.kind, has_chat_template));
  check_template(result.style, file.kind, has_chat_template, file.name);

  const Renderer renderer(model, file, result.style, options);
  std::vector<Rendered> rendered(examples.size());
  context.threads.parallel_for(examples.size(), [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; ++i) rendered[i] = renderer.render(examples[i]);
  });

  SampleProblems refused(file, examples.size()), too_long(file, examples.size());
  for (size_t i = 0; i < rendered.size(); ++i) {
    Rendered& one = rendered[i];
    if (!one.problem.empty()) {
      refused.add(examples[i].line, one.problem);
      continue;
    }
    const bool cut = one.length > options.max_tokens;
    if (cut && !options.truncate) {
      too_long.add(examples[i].line, fmt::format("{} tokens", one.length));
      continue;
    }
    result.truncated += cut ? 1 : 0;
    // The first token is never predicted.
    const auto learnt =
        static_cast<size_t>(std::count(one.sequence.loss_mask.begin() + (one.length > 0 ? 1 : 0),
                                       one.sequence.loss_mask.end(), uint8_t{1}));
    if (learnt == 0) {
      result.nothing_left.push_back(examples[i].line);
      continue;
    }
    result.joined += one.joined ? 1 : 0;
    result.changed += one.changed ? 1 : 0;
    result.tokens += one.sequence.tokens.size();
    result.learnt_tokens += learnt;
    result.lines.push_back(examples[i].line);
    result.lengths.push_back(one.length);
    result.sequences.push_back(std::move(one.sequence));
  }
  refused.throw_if_any("are refused by the chat template", "");
  too_long.throw_if_any(
      fmt::format("are longer than {} tokens", options.max_tokens),
      "\n  split them, train with a longer context, or cut them at the end with --truncate");
  return result;
}

}  // namespace twin
