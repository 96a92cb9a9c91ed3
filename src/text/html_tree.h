#pragma once

#include <gumbo.h>

#include <memory_resource>
#include <string_view>

#include "text/html.h"

namespace twin {

// A parsed page. Its nodes live as long as it does, and as long as `html`.
class HtmlTree {
 public:
  // Errors: kBadInput where a limit is passed.
  HtmlTree(std::string_view html, std::string_view where, const HtmlLimits& limits);
  HtmlTree(const HtmlTree&) = delete;
  HtmlTree& operator=(const HtmlTree&) = delete;

  const GumboNode* root() const { return root_; }

 private:
  std::pmr::monotonic_buffer_resource memory_;
  const GumboNode* root_ = nullptr;
};

}  // namespace twin
