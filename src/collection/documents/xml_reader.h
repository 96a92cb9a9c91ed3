#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace twin {

// Reads XML from front to end (libxml2's pull reader). Names are without their prefixes. Hostile
// input: no network, no files, no entities but XML's own five, a document type is refused, elements
// nest 256 deep at most. The bytes outlive the reader. Not thread-safe.
//
// Errors: kBadInput where the XML is broken or refused; `where` names it.
class XmlReader {
 public:
  XmlReader(std::string_view xml, std::string where);
  ~XmlReader();
  XmlReader(const XmlReader&) = delete;
  XmlReader& operator=(const XmlReader&) = delete;

  // Moves to the first element; false if there is none.
  bool open();

  // Calls child() at each element and text directly inside the element at hand, and leaves the
  // reader at its end. child() may call this for its own; what it does not enter is passed over.
  template <class Child>
  void each_child(Child child) {
    if (is_empty()) return;
    const int depth = this->depth();
    for (bool more = next(); more && depth < this->depth(); more = next()) {
      const size_t moves = moves_;
      if (!is_start() && !is_text()) continue;
      child();
      if (moves == moves_ && is_start()) skip();
    }
  }

  // Calls found() at each element of that name inside the element at hand, however deep.
  template <class Found>
  void each_named(std::string_view name, Found found) {
    each_child([&] {
      if (!is_start()) return;
      if (is(name)) return found();
      each_named(name, found);
    });
  }

  bool is_start() const;
  bool is_text() const;
  std::string_view name() const;  // valid until the next move, as all views
  bool is(std::string_view name) const { return is_start() && this->name() == name; }
  std::string_view text() const;
  // Empty where there is none. Several prefixes may have one name: the first in the element counts.
  std::string attribute(std::string_view name) const;
  // All text inside the element at hand; moves to its end.
  std::string inner_text();

 private:
  bool next();
  void skip();
  bool is_empty() const;
  int depth() const;

  struct Impl;
  std::unique_ptr<Impl> impl_;
  size_t moves_ = 0;
};

}  // namespace twin
