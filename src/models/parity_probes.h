#pragma once

#include <string>
#include <vector>

#include "models/language_model.h"

namespace twin {

// SHA-256 of what says how a model is asked: the text of its chat template, or the name and version
// of a template of our own. Errors: kBadInput where a chat template is wanted and there is none.
std::string template_fingerprint(const LanguageModel& model, PromptTemplate style);

// The same few prompts for every model, through its template: plain English, user turns with
// awkward Unicode and with strings that look like special tokens, a conversation. At most as many
// ids, the last ones, as leave room for `room` more; none where the template refuses the prompt.
std::vector<std::vector<TokenId>> parity_probes(const LanguageModel& model, PromptTemplate style,
                                                size_t room);

}  // namespace twin
