#include "collection/git/git_message.h"

#include <algorithm>

#include "text/unicode.h"

namespace twin {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// Where the last paragraph begins: behind the last blank line that text follows.
size_t last_paragraph(std::string_view text) {
  size_t paragraph = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (trimmed(text.substr(at, end - at)).empty()) paragraph = end + 1;
    at = end + 1;
  }
  return std::min(paragraph, text.size());
}

// The lines of a paragraph that no trailer's name begins; lines below a trailer that are set in are
// its own.
std::string without_lines_of(std::string_view paragraph, const std::vector<std::string>& names) {
  std::string kept;
  bool in_trailer = false;
  for (size_t at = 0; at < paragraph.size();) {
    const size_t end = std::min(paragraph.find('\n', at), paragraph.size() - 1) + 1;
    const std::string_view line = paragraph.substr(at, end - at);
    const bool set_in = line[0] == ' ' || line[0] == '\t';
    if (!set_in) {
      in_trailer =
          line.starts_with("(cherry picked from commit ") ||
          std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return line.starts_with(name) && trimmed(line.substr(name.size())).starts_with(':');
          });
    }
    if (!in_trailer) kept += line;
    at = end;
  }
  return kept;
}

// "Name <address>".
GitPerson read_person(std::string_view text) {
  const size_t open = text.rfind('<'), close = text.rfind('>');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return {std::string(trimmed(text)), ""};
  }
  return {std::string(trimmed(text.substr(0, open))),
          std::string(trimmed(text.substr(open + 1, close - open - 1)))};
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

GitMessage read_git_message(std::string_view message) {
  GitMessage result;
  std::string text(message.substr(0, message.find('\0')));
  std::vector<std::string> names;
  git_message_trailer_array trailers;
  if (git_message_trailers(&trailers, text.c_str()) == 0) {
    for (size_t i = 0; i < trailers.count; ++i) {
      const std::string name = trailers.trailers[i].key;
      if (lower(name) == "co-authored-by") {
        result.co_authors.push_back(read_person(trailers.trailers[i].value));
      }
      names.push_back(name);
    }
    git_message_trailer_array_free(&trailers);
  }
  while (!text.empty() && trimmed(text.substr(text.size() - 1)).empty()) text.pop_back();
  // A subject alone has no trailers, whatever it looks like.
  if (const size_t at = last_paragraph(text); at > 0 && !text.empty()) {
    text = text.substr(0, at) + without_lines_of(text.substr(at) + '\n', names);
    while (!text.empty() && trimmed(text.substr(text.size() - 1)).empty()) text.pop_back();
  }
  const size_t begin = text.find_first_not_of("\r\n");
  if (begin == std::string::npos) return result;
  text.erase(0, begin);
  result.subject = trimmed(std::string_view(text).substr(0, text.find('\n')));
  result.text = text + '\n';
  return result;
}

std::string generated_message_reason(const GitMessage& message, size_t parents,
                                     const std::vector<std::string>& paths) {
  const std::string_view subject = message.subject, text = trimmed(message.text);
  if (parents > 1 && subject.starts_with("Merge ")) return "a merge's generated message";
  if (subject.starts_with("fixup! ") || subject.starts_with("squash! ") ||
      subject.starts_with("amend! ")) {
    return "a mark for a rebase, no message";
  }
  if (subject.starts_with("Revert \"")) {
    const std::string_view body = trimmed(text.substr(subject.size()));
    constexpr std::string_view kMark = "This reverts commit ";
    const bool alone = body.starts_with(kMark) &&
                       body.find_first_not_of("0123456789abcdef", kMark.size()) >= body.size() - 1;
    if (body.empty() || alone) {
      return "a revert's generated message";
    }
  }
  if (text != subject) return {};
  if (subject == "Initial commit" || subject == "Add files via upload") {
    return "a message that GitHub proposes";
  }
  for (const std::string_view verb : {"Update ", "Create ", "Delete ", "Add "}) {
    if (!subject.starts_with(verb) || paths.size() != 1) continue;
    const std::string_view what = subject.substr(verb.size());
    if (what == paths[0] || what == base_name(paths[0])) return "a message that GitHub proposes";
  }
  return {};
}

}  // namespace twin
