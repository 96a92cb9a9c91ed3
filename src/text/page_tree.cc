#include "text/page_tree.h"

#include <fmt/format.h>
#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>

#include "base/error.h"

namespace twin {
namespace {

using Time = std::chrono::steady_clock;

std::string_view view(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

bool belongs_in_head(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::kHtml:
    case HtmlTag::kHead:
    case HtmlTag::kTitle:
    case HtmlTag::kMeta:
    case HtmlTag::kLink:
    case HtmlTag::kBase:
    case HtmlTag::kTemplate:
    case HtmlTag::kObject:
      return true;
    default:
      return false;
  }
}

struct FreeParser {
  void operator()(htmlParserCtxtPtr parser) const { htmlFreeParserCtxt(parser); }
};

}  // namespace

// Takes the parser's events. libxml2 has no limits of its own that a page could not get around:
// where ours are passed the parser is stopped.
class PageTreeBuilder {
 public:
  PageTreeBuilder(PageTree& tree, const HtmlLimits& limits)
      : tree_(tree),
        limits_(limits),
        deadline_(Time::now() + std::chrono::duration_cast<Time::duration>(
                                    std::chrono::duration<double>(limits.max_parse_seconds))) {
    tree_.nodes_.reserve(tree_.skim_.bytes().size() / 48 + 16);
    tree_.nodes_.push_back({});
    open_.push_back(0);
  }

  // Empty, or what was wrong.
  std::string parse() {
    static std::once_flag once;
    std::call_once(once, xmlInitParser);
    const std::string& bytes = tree_.skim_.bytes();
    if (!bytes.empty()) {
      const std::unique_ptr<htmlParserCtxt, FreeParser> parser(
          htmlCreateMemoryParserCtxt(bytes.data(), static_cast<int>(bytes.size())));
      if (parser == nullptr) throw std::bad_alloc();
      parser_ = parser.get();
      htmlCtxtUseOptions(parser_, HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                      HTML_PARSE_IGNORE_ENC | HTML_PARSE_NODEFDTD |
                                      HTML_PARSE_NONET);
      htmlSAXHandler handler = {};
      handler.startElement = [](void* self, const xmlChar* name, const xmlChar** attributes) {
        static_cast<PageTreeBuilder*>(self)->start(name, attributes);
      };
      handler.endElement = [](void* self, const xmlChar* name) {
        static_cast<PageTreeBuilder*>(self)->end(view(name));
      };
      handler.characters = [](void* self, const xmlChar* text, int size) {
        static_cast<PageTreeBuilder*>(self)->text(
            {reinterpret_cast<const char*>(text), static_cast<size_t>(size)});
      };
      handler.ignorableWhitespace = handler.characters;
      handler.serror = [](void* self, xmlErrorPtr) {
        static_cast<PageTreeBuilder*>(self)->check_budget();
      };
      handler.initialized = XML_SAX2_MAGIC;
      *parser_->sax = handler;
      parser_->userData = this;
      xmlSwitchEncoding(parser_, XML_CHAR_ENCODING_UTF8);
      htmlParseDocument(parser_);
    }
    while (!open_.empty()) close();
    return problem_;
  }

 private:
  void start(const xmlChar* name, const xmlChar** attributes) {
    if (!check_budget()) return;
    if (open_.size() > limits_.max_nesting) {
      return stop(fmt::format("HTML whose elements nest more than {} deep", limits_.max_nesting));
    }
    PageNode node;
    node.tag = html_tag(view(name));
    if (!belongs_in_head(node.tag)) close_head();
    if (node.tag == HtmlTag::kOther) node.text = keep(view(name));
    node.parent = open_.back();
    node.first_attribute = static_cast<uint32_t>(tree_.attributes_.size());
    for (size_t i = 0; attributes != nullptr && attributes[i] != nullptr; i += 2) {
      const std::string_view value =
          attributes[i + 1] == nullptr ? std::string_view() : view(attributes[i + 1]);
      tree_.attributes_.push_back({keep(view(attributes[i])), keep(value)});
    }
    node.attribute_count = static_cast<uint32_t>(tree_.attributes_.size()) - node.first_attribute;
    open_.push_back(static_cast<uint32_t>(tree_.nodes_.size()));
    tree_.nodes_.push_back(node);
  }

  void end(std::string_view name) {
    const HtmlTag tag = html_tag(name);
    for (size_t i = open_.size(); i-- > 1;) {
      const PageNode& node = tree_.nodes_[open_[i]];
      if (node.tag != tag || (tag == HtmlTag::kOther && node.text != name)) continue;
      while (open_.size() > i) close();
      return;
    }
  }

  // The text stands in the page right before the parser's position, unless an entity was resolved.
  void text(std::string_view text) {
    if (!check_budget()) return;
    const std::string& bytes = tree_.skim_.bytes();
    const size_t position =
        std::min(bytes.size(), parser_->input->consumed +
                                   static_cast<size_t>(parser_->input->cur - parser_->input->base));
    const size_t begin = position >= text.size() ? position - text.size() : 0;
    if (std::string_view(bytes).substr(begin, text.size()) == text) {
      for (size_t at = begin; at < position;) {  // a piece for each stretch of the page
        const size_t end = std::min(position, tree_.skim_.piece_end(at));
        const size_t source = tree_.skim_.source(at);
        add_text(std::string_view(bytes).substr(at, end - at),
                 {source, tree_.skim_.source_after(end - 1)});
        at = end;
      }
    } else {
      constexpr size_t kLongestEntity = 40;
      size_t first = std::max(last_text_end_, position - std::min(position, text.size()));
      for (size_t at = position; at > last_text_end_ && position - at < kLongestEntity;) {
        if (bytes[--at] != '&') continue;
        first = at;
        break;
      }
      first = std::min(first, position);
      const size_t source = tree_.skim_.source(first);
      add_text(keep(text),
               {source, position > first ? tree_.skim_.source_after(position - 1) : source});
    }
    last_text_end_ = position;
  }

  // libxml2 knows the elements of HTML 4 alone: <article> behind <title> it would leave in the
  // head.
  void close_head() {
    const bool in_head = open_.size() > 2 && tree_.nodes_[open_[2]].tag == HtmlTag::kHead;
    while (in_head && open_.size() > 2) close();
  }

  void add_text(std::string_view text, ByteRange source) {
    PageNode node;
    node.is_text = true;
    node.parent = open_.back();
    node.text = text;
    node.source = source;
    tree_.nodes_.push_back(node);
    tree_.nodes_.back().end = static_cast<uint32_t>(tree_.nodes_.size());
  }

  void close() {
    tree_.nodes_[open_.back()].end = static_cast<uint32_t>(tree_.nodes_.size());
    open_.pop_back();
  }

  // The tree's own copy of a text that the parser will free.
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    if (tree_.strings_.empty() ||
        tree_.strings_.back().capacity() - tree_.strings_.back().size() < text.size()) {
      tree_.strings_.emplace_back().reserve(std::max<size_t>(text.size(), 64 << 10));
      kept_bytes_ += tree_.strings_.back().capacity();
    }
    std::string& block = tree_.strings_.back();
    block.append(text);
    return std::string_view(block).substr(block.size() - text.size());
  }

  bool check_budget() {
    if (!problem_.empty()) return false;
    const size_t bytes = tree_.nodes_.capacity() * sizeof(PageNode) + kept_bytes_ +
                         tree_.attributes_.capacity() * sizeof(PageTree::Attribute);
    const bool late = ++events_ % 256 == 0 && Time::now() > deadline_;
    if (bytes > limits_.max_tree_bytes || late) {
      stop(fmt::format("HTML that takes more than {} MB or {} s to parse",
                       limits_.max_tree_bytes >> 20, limits_.max_parse_seconds));
    }
    return problem_.empty();
  }

  void stop(std::string problem) {
    problem_ = std::move(problem);
    xmlStopParser(parser_);
  }

  PageTree& tree_;
  const HtmlLimits& limits_;
  Time::time_point deadline_;
  htmlParserCtxtPtr parser_ = nullptr;
  std::vector<uint32_t> open_;  // the elements that are open, outermost first
  size_t last_text_end_ = 0;
  size_t events_ = 0, kept_bytes_ = 0;
  std::string problem_;
};

PageTree::PageTree(std::string_view html, std::string_view where, const HtmlLimits& limits)
    : skim_(html.size() > limits.max_bytes ? std::string_view() : html) {
  if (html.size() > limits.max_bytes) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {} bytes of HTML, more than the limit of {}",
                                                  where, html.size(), limits.max_bytes));
  }
  const std::string problem = PageTreeBuilder(*this, limits).parse();
  if (!problem.empty()) throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, problem));
}

uint32_t PageTree::first(HtmlTag tag) const {
  for (uint32_t i = 1; i < nodes_.size(); ++i) {
    if (!nodes_[i].is_text && nodes_[i].tag == tag) return i;
  }
  return 0;
}

const PageTree::Attribute* PageTree::find(size_t node, std::string_view name) const {
  const PageNode& element = nodes_[node];
  for (uint32_t i = 0; i < element.attribute_count; ++i) {
    const Attribute& attribute = attributes_[element.first_attribute + i];
    if (attribute.name == name) return &attribute;
  }
  return nullptr;
}

std::string_view PageTree::attribute(size_t node, std::string_view name) const {
  const Attribute* found = find(node, name);
  return found == nullptr ? std::string_view() : found->value;
}

bool PageTree::has_attribute(size_t node, std::string_view name) const {
  return find(node, name) != nullptr;
}

std::string PageTree::text_of(size_t node, size_t max_bytes, char between_blocks) const {
  std::string text;
  const auto separate = [&] {
    while (text.ends_with(' ')) text.pop_back();
    if (!text.empty() && text.back() != between_blocks) text += between_blocks;
  };
  const size_t end = std::min<size_t>(nodes_[node].end, node + 1 + max_bytes);
  size_t block_end = node;  // of the block that ends next; outer ones end behind it
  for (size_t i = node; i < end && text.size() < max_bytes; ++i) {
    if (i == block_end) separate();
    if (!nodes_[i].is_text) {
      if (is_block_element(nodes_[i].tag) || nodes_[i].tag == HtmlTag::kBr) {
        separate();
        block_end = nodes_[i].end;
      }
      continue;
    }
    for (const char c : nodes_[i].text) {
      const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
      if (!space) {
        text += c;
      } else if (!text.empty() && text.back() != ' ' && text.back() != between_blocks) {
        text += ' ';
      }
    }
  }
  while (text.ends_with(' ') || text.ends_with(between_blocks)) text.pop_back();
  return text;
}

}  // namespace twin
