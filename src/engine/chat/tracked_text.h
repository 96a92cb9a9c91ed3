#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace twin::chat {

// Bytes that remember which of them came from user data (message contents, tools, documents) rather
// than from the template. Ranges are sorted, disjoint and never touch.
class TrackedText {
 public:
  struct Range {
    size_t begin = 0;
    size_t end = 0;
    bool operator==(const Range&) const = default;
  };

  TrackedText() = default;
  explicit TrackedText(std::string_view bytes, bool user = false) { append(bytes, user); }

  const std::string& bytes() const { return bytes_; }
  const std::vector<Range>& user_ranges() const { return user_; }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  bool has_user() const { return !user_.empty(); }
  // Whether Jinja would hold it for HTML already: what `safe` and `escape` give. Text that is added
  // to it is escaped. Only the operations of text_operations.h and operators.h keep it.
  bool is_markup() const { return markup_; }
  void set_markup(bool markup) { markup_ = markup; }
  // Whether the byte at `position` is user data.
  bool is_user(size_t position) const;

  void append(std::string_view bytes, bool user = false);
  void append(const TrackedText& other) { append(other, 0, other.size()); }
  // Appends other's bytes [begin, end). `other` must not be this.
  void append(const TrackedText& other, size_t begin, size_t end);
  TrackedText substr(size_t begin, size_t end) const;

 private:
  void mark(size_t begin, size_t end);

  std::string bytes_;
  std::vector<Range> user_;
  bool markup_ = false;
};

}  // namespace twin::chat
