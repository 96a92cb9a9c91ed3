#include "text/private_data.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "text/paragraphs.h"
#include "text/private/finders.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr PrivateKind kKinds[] = {PrivateKind::kEmail, PrivateKind::kTelephone,
                                  PrivateKind::kAddress, PrivateKind::kSecret, PrivateKind::kName};

std::string digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return digits;
}

// As values are compared.
std::string comparable(std::string_view value) {
  const bool number = value.find_first_not_of("0123456789+()-./ ") == std::string_view::npos;
  return number ? digits_of(value) : fold(value);
}

// Disjoint spans by their beginnings.
class Disjoint {
 public:
  void add(const PrivateSpan& span) {
    auto next = spans_.lower_bound(span.range.begin);
    if (next != spans_.end() && next->second.range.begin < span.range.end) return;
    if (next != spans_.begin() && std::prev(next)->second.range.end > span.range.begin) return;
    spans_.emplace(span.range.begin, span);
  }
  std::vector<PrivateSpan> take() const {
    std::vector<PrivateSpan> all;
    for (const auto& [begin, span] : spans_) all.push_back(span);
    return all;
  }

 private:
  std::map<size_t, PrivateSpan> spans_;
};

}  // namespace

PrivacyAllowance privacy_allowance(std::string_view list) {
  PrivacyAllowance allowance;
  while (!list.empty()) {
    list.remove_prefix(std::min(list.find_first_not_of(" \t\n"), list.size()));
    const bool quoted = list.starts_with('"');
    if (quoted) list.remove_prefix(1);
    const size_t end = std::min(list.find(quoted ? '"' : ','), list.size());
    const std::string_view value = slice(list, trim(list, {0, end}));
    list.remove_prefix(std::min(quoted ? list.find(',', end) : end, list.size()));
    list.remove_prefix(std::min<size_t>(1, list.size()));
    if (value.empty()) continue;
    const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](PrivateKind k) { return name_of(k) == value; });
    if (kind != std::end(kKinds)) {
      allowance.kinds.insert(*kind);
    } else {
      allowance.values.push_back(comparable(value));
    }
  }
  return allowance;
}

std::vector<PrivateSpan> find_private_data(std::string_view text,
                                           const PrivateDataOptions& options) {
  Disjoint disjoint;
  const auto add = [&](const auto& find) {
    privacy::Found found;
    find(found);
    // Of two of a kind that overlap the longer one, else the earlier.
    std::stable_sort(found.begin(), found.end(), [](const PrivateSpan& a, const PrivateSpan& b) {
      return a.range.size() > b.range.size();
    });
    for (const PrivateSpan& span : found) disjoint.add(span);
  };
  add([&](auto& found) { privacy::find_secrets(text, found); });
  add([&](auto& found) { privacy::find_emails(text, found); });
  add([&](auto& found) { privacy::find_telephones(text, found); });
  add([&](auto& found) { privacy::find_addresses(text, found); });
  if (options.letter) add([&](auto& found) { privacy::find_names(text, options.own_name, found); });

  std::vector<PrivateSpan> spans = disjoint.take();
  const PrivacyAllowance& allowance = options.allowance;
  for (PrivateSpan& span : spans) {
    span.masked = !allowance.kinds.contains(span.kind);
    if (!span.masked || allowance.values.empty()) continue;
    const std::string value = comparable(slice(text, span.range));
    span.masked = std::find(allowance.values.begin(), allowance.values.end(), value) ==
                  allowance.values.end();
  }
  return spans;
}

}  // namespace twin
