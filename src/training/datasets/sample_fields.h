#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "training/datasets/example.h"

namespace twin {

// The fields of one sample. What is wrong with one is said without where it stands: kBadInput, as
// "\"output\" is empty".
Error wrong_sample(const std::string& what);

// An object's fields for people: "\"a\", \"b\"", cut where there are many.
std::string names_of(const OrderedJson& object);
// A field that must be a string; nullopt where it is absent or null.
std::optional<std::string> text_field(const OrderedJson& object, const char* name);
// The same, neither absent nor empty.
std::string needed_text(const OrderedJson& object, const char* name);
bool is_blank(std::string_view text);

struct ReadSample {
  ExampleKind kind = ExampleKind::kText;
  Example example;
};
// A chat, whose messages of the assistant from `first_learnt` on are learnt; `object` may have
// tools. The messages are handed to the chat template as they are; what is checked is that there is
// something to learn and that it is text.
ReadSample read_messages(const OrderedJson& messages, size_t first_learnt,
                         const OrderedJson& object);

// Into the file's examples or held-out ones. A file is of one kind.
void add_sample(ExampleFile& file, ReadSample sample, size_t line, bool held_out);

}  // namespace twin
