#include "text/open_blocks.h"

namespace twin {
namespace {

// Through these no other element's end tag reaches. Cells and captions are as good as their table.
bool is_boundary(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::kApplet:
    case HtmlTag::kMarquee:
    case HtmlTag::kObject:
    case HtmlTag::kTable:
    case HtmlTag::kTemplate:
      return true;
    default:
      return false;
  }
}

bool ends_what_is_in_it(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::kAddress:
    case HtmlTag::kArticle:
    case HtmlTag::kAside:
    case HtmlTag::kBlockquote:
    case HtmlTag::kButton:
    case HtmlTag::kCenter:
    case HtmlTag::kDetails:
    case HtmlTag::kDialog:
    case HtmlTag::kDir:
    case HtmlTag::kDiv:
    case HtmlTag::kDl:
    case HtmlTag::kFieldset:
    case HtmlTag::kFigcaption:
    case HtmlTag::kFigure:
    case HtmlTag::kFooter:
    case HtmlTag::kHeader:
    case HtmlTag::kHgroup:
    case HtmlTag::kListing:
    case HtmlTag::kMain:
    case HtmlTag::kMenu:
    case HtmlTag::kNav:
    case HtmlTag::kOl:
    case HtmlTag::kPre:
    case HtmlTag::kSearch:
    case HtmlTag::kSection:
    case HtmlTag::kSummary:
    case HtmlTag::kUl:
      return true;
    default:
      return false;
  }
}

}  // namespace

void OpenBlocks::start(HtmlTag tag) {
  if (!ends_what_is_in_it(tag) && !is_boundary(tag)) return;
  size_t& last = last_[static_cast<size_t>(tag)];
  open_.push_back({tag, last, boundary_});
  last = open_.size() - 1;
  if (is_boundary(tag)) boundary_ = last;
}

size_t OpenBlocks::end(HtmlTag tag) {
  const size_t ended = last_[static_cast<size_t>(tag)];
  if (ended == kNone) return 0;
  if (boundary_ != kNone && ended < boundary_) return 0;
  size_t divs = 0;
  while (open_.size() > ended) {
    const Block& block = open_.back();
    divs += open_.size() - 1 > ended && block.tag == HtmlTag::kDiv;
    last_[static_cast<size_t>(block.tag)] = block.outer_of_tag;
    boundary_ = block.outer_boundary;
    open_.pop_back();
  }
  return divs;
}

}  // namespace twin
