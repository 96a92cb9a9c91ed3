#include "features/duplicates.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "features/page_chrome.h"
#include "text/ngrams.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kShingleWords = 5;
constexpr size_t kFewShingles = 20;
constexpr double kMinResemblance = 0.35;
constexpr double kMinContained = 0.8;
constexpr double kMostTimesAsLong = 4;
constexpr double kFuller = 1.2;

// Host and path of a link, as two are compared: no scheme, "www.", query, fragment or last slash.
std::string comparable_link(std::string_view link) {
  std::string folded = fold(link);
  std::string_view rest = folded;
  if (const size_t scheme = rest.find("://"); scheme != rest.npos) rest.remove_prefix(scheme + 3);
  if (rest.starts_with("www.")) rest.remove_prefix(4);
  rest = rest.substr(0, std::min(rest.find_first_of("?#"), rest.size()));
  while (rest.ends_with('/')) rest.remove_suffix(1);
  return std::string(rest);
}

// The value that begins at `at` in HTML or YAML: in quotes, or to the next space.
std::string value_at(std::string_view text, size_t at) {
  at = std::min(text.find_first_not_of(" \t", at), text.size());
  const char quote = at < text.size() ? text[at] : ' ';
  if (quote == '"' || quote == '\'') {
    return std::string(
        text.substr(at + 1, std::min(text.find(quote, at + 1), text.size()) - at - 1));
  }
  return std::string(
      text.substr(at, std::min(text.find_first_of(" \t\r\n>)]", at), text.size()) - at));
}

// Without what platforms write each in their own way: targets of links, URLs, tags. Cheaper than
// reading Markdown: other marks are no words.
void add_visible(std::string_view text, std::string& visible) {
  constexpr size_t kLongestTag = 500;
  for (size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    size_t skipped = 0;
    if (rest.starts_with("](")) {
      const size_t end = rest.find_first_of(")\n");
      skipped = end == rest.npos ? 0 : end + 1;
    } else if (rest.starts_with("http://") || rest.starts_with("https://")) {
      skipped = std::min(rest.find_first_of(" \t\r\n)>\""), rest.size());
    } else if (rest[0] == '<' && rest.size() > 1 && (rest[1] == '/' || (rest[1] | 32) >= 'a')) {
      const size_t end = rest.substr(0, kLongestTag).find('>');
      skipped = end == rest.npos ? 0 : end + 1;
    }
    if (skipped > 0) visible += ' ';
    if (skipped == 0) visible += text[i];
    i += std::max<size_t>(1, skipped);
  }
}

bool says_the_same(const TextSketch& a, const TextSketch& b) {
  if (a.shingles == 0 || b.shingles == 0) return false;
  const double both = resemblance(a.signature, b.signature);
  if (std::min(a.shingles, b.shingles) < kFewShingles) return both == 1;
  if (both >= kMinResemblance) return true;
  const auto shorter = static_cast<double>(std::min(a.shingles, b.shingles));
  const auto longer = static_cast<double>(std::max(a.shingles, b.shingles));
  if (longer > kMostTimesAsLong * shorter) return false;
  return both * (shorter + longer) / ((1 + both) * shorter) >= kMinContained;
}

class Groups {
 public:
  explicit Groups(const std::vector<Sketched>& documents)
      : documents_(documents), alike_(documents.size()), kept_(documents.size()) {
    std::iota(kept_.begin(), kept_.end(), 0);
    std::vector<MinHashSignature> signatures;
    for (const Sketched& document : documents) {
      if (document.sketch.shingles == 0) continue;
      with_text_.push_back(&document - documents.data());
      signatures.push_back(document.sketch.signature);
    }
    for (const auto& [i, j] : like_pairs(signatures)) {
      const size_t a = with_text_[i], b = with_text_[j];
      if (!says_the_same(documents[a].sketch, documents[b].sketch)) continue;
      alike_[a].push_back(b);
      alike_[b].push_back(a);
    }
  }

  std::vector<size_t> run() {
    std::vector<bool> decided(documents_.size(), false);
    for (size_t i = 0; i < documents_.size(); ++i) {
      while (!decided[i] && !alike_[i].empty()) {
        // The best of those that hang together is kept, and what says the same as it is not.
        const size_t best = best_of(connected(i, decided));
        decided[best] = true;
        for (const size_t other : alike_[best]) {
          if (decided[other]) continue;
          decided[other] = true;
          kept_[other] = best;
        }
      }
    }
    return std::move(kept_);
  }

 private:
  std::vector<size_t> connected(size_t from, const std::vector<bool>& decided) const {
    std::vector<size_t> found{from};
    std::unordered_set<size_t> seen{from};
    for (size_t k = 0; k < found.size(); ++k) {
      for (const size_t next : alike_[found[k]]) {
        if (!decided[next] && seen.insert(next).second) found.push_back(next);
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  size_t best_of(const std::vector<size_t>& members) const {
    const auto earlier = [&](size_t a, size_t b) {
      const std::string &x = documents_[a].date, &y = documents_[b].date;
      if (x.empty() != y.empty()) return y.empty();
      return x != y ? x < y : a < b;
    };
    for (const size_t original : members) {
      const std::string link = comparable_link(documents_[original].link);
      const bool named = std::any_of(members.begin(), members.end(), [&](size_t other) {
        return other != original && comparable_link(documents_[other].canonical) == link;
      });
      if (named && !link.empty()) return original;
    }
    const size_t earliest = *std::min_element(members.begin(), members.end(), earlier);
    const size_t fullest =
        *std::min_element(members.begin(), members.end(), [&](size_t a, size_t b) {
          const size_t x = documents_[a].sketch.words, y = documents_[b].sketch.words;
          return x != y ? x > y : earlier(a, b);
        });
    const bool fuller = static_cast<double>(documents_[fullest].sketch.words) >
                        kFuller * static_cast<double>(documents_[earliest].sketch.words);
    return fuller ? fullest : earliest;
  }

  const std::vector<Sketched>& documents_;
  std::vector<size_t> with_text_;
  std::vector<std::vector<size_t>> alike_;
  std::vector<size_t> kept_;
};

}  // namespace

TextSketch text_sketch(const RawDocument& document, const std::vector<Block>& blocks) {
  const std::vector<RemovalReason> chrome = page_chrome(document, blocks);
  std::string text;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const BlockKind kind = blocks[i].kind;
    if (chrome[i] == RemovalReason::kNone && kind != BlockKind::kFrontMatter &&
        kind != BlockKind::kLinkDefinition) {
      add_visible(slice(document.verbatim, blocks[i].range), text);
    }
  }
  WordNgrams grams = word_ngrams(text, kShingleWords);
  TextSketch sketch;
  sketch.words = grams.words.size();
  std::sort(grams.hashes.begin(), grams.hashes.end());
  grams.hashes.erase(std::unique(grams.hashes.begin(), grams.hashes.end()), grams.hashes.end());
  sketch.shingles = grams.hashes.size();
  sketch.signature = min_hash(grams.hashes);
  return sketch;
}

std::string canonical_link(const RawDocument& document) {
  constexpr size_t kHead = 64 << 10;
  const std::string_view head = std::string_view(document.raw).substr(0, kHead);
  if (document.media_type == "text/html") {
    for (size_t at = head.find("<link"); at != head.npos; at = head.find("<link", at + 1)) {
      const std::string_view tag = head.substr(at, std::min(head.find('>', at), head.size()) - at);
      const size_t href = tag.find("href=");
      if (tag.find("canonical") != tag.npos && href != tag.npos) return value_at(tag, href + 5);
    }
  }
  if (head.starts_with("---")) {
    const std::string_view front = head.substr(0, std::min(head.find("\n---", 3), head.size()));
    for (const std::string_view name : {"\ncanonical_url:", "\ncanonicalUrl:", "\ncanonical:",
                                        "\noriginal_url:", "\ncanonicalURL:"}) {
      if (const size_t at = front.find(name); at != front.npos) {
        return value_at(front, at + name.size());
      }
    }
  }
  // "*Originally published at [my blog](https://...).*" at the beginning or the end.
  const std::string lowered = lower(document.verbatim);
  if (lowered.size() != document.verbatim.size()) return {};
  for (const std::string_view note :
       {"originally published", "originally posted", "originally appeared", "first published",
        "first appeared", "cross-posted from", "crossposted from", "ursprünglich erschienen"}) {
    const size_t at = lowered.find(note);
    if (at == lowered.npos) continue;
    const size_t end = std::min(lowered.find('\n', at), at + 300);
    const size_t link = lowered.find("http", at);
    if (link < end) return value_at(document.verbatim, link);
  }
  return {};
}

std::vector<size_t> find_duplicates(const std::vector<Sketched>& documents) {
  return Groups(documents).run();
}

}  // namespace twin
