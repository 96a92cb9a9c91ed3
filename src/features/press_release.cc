#include "features/press_release.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr std::array<std::string_view, 5> kOpenings = {
    "for immediate release", "embargoed until", "zur sofortigen veröffentlichung",
    "pour diffusion immédiate", "para publicación inmediata"};
constexpr std::array<std::string_view, 8> kNames = {
    "press release",     "pressemitteilung", "communiqué de presse", "comunicado de prensa",
    "comunicato stampa", "persbericht",      "news release",         "medienmitteilung"};
constexpr std::array<std::string_view, 8> kContacts = {
    "media contact", "press contact",  "press contacts",     "media contacts",
    "pressekontakt", "contact presse", "contacto de prensa", "for media inquiries"};
constexpr std::array<std::string_view, 5> kWires = {
    "(business wire)", "/prnewswire/", "(globe newswire)", "--(business wire)", "/pressportal"};
constexpr std::array<std::string_view, 5> kEnds = {"###", "-30-", "-ends-", "- ends -", "# # #"};

constexpr size_t kTop = 6;        // blocks in which an opening stands
constexpr size_t kMostLine = 80;  // bytes of a line that is a name or a mark alone

template <size_t N>
bool begins_with_any(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(), [&](auto part) { return text.starts_with(part); });
}

template <size_t N>
bool has_any(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(),
                     [&](auto part) { return text.find(part) != std::string_view::npos; });
}

}  // namespace

bool is_press_release(const RawDocument& document, const std::vector<Block>& blocks) {
  bool named = begins_with_any(kNames, fold(document.title));
  for (const std::string& tag : document.tags) named |= begins_with_any(kNames, fold(tag));
  bool contact = false, wire = false, about = false, end = false;
  size_t seen = 0;
  for (const Block& block : blocks) {
    if (block.kind == BlockKind::kFrontMatter || block.kind == BlockKind::kBlank ||
        block.kind == BlockKind::kCode) {
      continue;
    }
    const bool top = ++seen <= kTop;
    const std::string_view bytes = slice(document.verbatim, block.range);
    const std::string raw = fold(bytes.substr(0, 600));
    const std::string text = fold(
        block.kind == BlockKind::kHeading ? block.heading_text : plain_text(bytes.substr(0, 600)));
    const size_t first = text.find_first_not_of(" \t\n*_");
    const std::string_view begin =
        first == std::string::npos ? std::string_view() : std::string_view(text).substr(first);
    if (top && begins_with_any(kOpenings, begin)) return true;
    named |= top && bytes.size() <= kMostLine && begins_with_any(kNames, begin);
    wire |= top && has_any(kWires, raw);
    contact |= bytes.size() <= 400 && begins_with_any(kContacts, begin);
    about |= block.kind == BlockKind::kHeading && begin.starts_with("about ");
    end |= bytes.size() <= 12 && has_any(kEnds, raw);
  }
  return static_cast<int>(named) + static_cast<int>(wire) + static_cast<int>(contact) +
             static_cast<int>(about && end) >=
         2;
}

}  // namespace twin
