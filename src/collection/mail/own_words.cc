#include "collection/mail/own_words.h"

#include "collection/mail/quoted_lines.h"
#include "collection/mail/signature.h"

namespace twin {
namespace {

// "[image: image.png]", "[cid:image001.png@01D9]": where a picture was.
bool is_picture(std::string_view line) {
  line = trimmed(line);
  return line.ends_with(']') && (line.starts_with("[image:") || line.starts_with("[cid:") ||
                                 line.starts_with("[Image:") || line.starts_with("[Inline image"));
}

bool is_rule(std::string_view line) {
  line = trimmed(line);
  return line.size() >= 3 && line.find_first_not_of("*-_ ") == std::string_view::npos;
}

}  // namespace

std::vector<LineOwner> line_owners(const std::vector<std::string_view>& lines,
                                   std::string_view author) {
  std::vector<LineOwner> owners(lines.size(), LineOwner::kAuthor);
  mark_quoted(lines, owners);
  mark_signature(lines, author, owners);
  return owners;
}

std::string own_words(std::string_view text, std::string_view author) {
  const std::vector<std::string_view> lines = lines_of(text);
  const std::vector<LineOwner> owners = line_owners(lines, author);
  std::vector<std::string_view> kept;
  bool gap = false;  // since the last kept line
  size_t blanks = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (owners[i] != LineOwner::kAuthor || is_picture(lines[i])) {
      gap = true;
    } else if (trimmed(lines[i]).empty()) {
      ++blanks;
    } else {
      const size_t between = gap ? 1 : blanks;
      if (!kept.empty()) kept.insert(kept.end(), between, std::string_view());
      kept.push_back(lines[i]);
      gap = false;
      blanks = 0;
    }
  }
  // A rule that parted the author's words from what is gone.
  while (!kept.empty() && (is_rule(kept.back()) || kept.back().empty())) kept.pop_back();
  std::string own;
  for (const std::string_view line : kept) own.append(line) += '\n';
  return own;
}

}  // namespace twin
