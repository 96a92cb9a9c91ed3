#include "text/html_tags.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"

namespace twin {
namespace {

// In the order of HtmlTag. Source: the HTML Living Standard's elements, obsolete ones included.
constexpr std::string_view kNames[] = {
    "a",        "abbr",    "acronym",    "address",  "applet",   "area",     "article",
    "aside",    "audio",   "b",          "base",     "basefont", "bdi",      "bdo",
    "big",      "blink",   "blockquote", "body",     "br",       "button",   "canvas",
    "caption",  "center",  "cite",       "code",     "col",      "colgroup", "data",
    "datalist", "dd",      "del",        "details",  "dfn",      "dialog",   "dir",
    "div",      "dl",      "dt",         "em",       "embed",    "fieldset", "figcaption",
    "figure",   "font",    "footer",     "form",     "frame",    "frameset", "h1",
    "h2",       "h3",      "h4",         "h5",       "h6",       "head",     "header",
    "hgroup",   "hr",      "html",       "i",        "iframe",   "image",    "img",
    "input",    "ins",     "kbd",        "label",    "legend",   "li",       "link",
    "listing",  "main",    "map",        "mark",     "marquee",  "math",     "menu",
    "menuitem", "meta",    "meter",      "nav",      "nobr",     "noembed",  "noframes",
    "noscript", "object",  "ol",         "optgroup", "option",   "output",   "p",
    "param",    "picture", "plaintext",  "pre",      "progress", "q",        "rb",
    "rp",       "rt",      "rtc",        "ruby",     "s",        "samp",     "script",
    "search",   "section", "select",     "slot",     "small",    "source",   "span",
    "strike",   "strong",  "style",      "sub",      "summary",  "sup",      "svg",
    "table",    "tbody",   "td",         "template", "textarea", "tfoot",    "th",
    "thead",    "time",    "title",      "tr",       "track",    "tt",       "u",
    "ul",       "var",     "video",      "wbr",      "xmp"};
static_assert(std::size(kNames) == static_cast<size_t>(HtmlTag::kOther));

// Elements of SVG and MathML that HTML has not, in order.
constexpr std::string_view kForeignNames[] = {"altglyph",
                                              "animate",
                                              "animatemotion",
                                              "animatetransform",
                                              "annotation",
                                              "annotation-xml",
                                              "circle",
                                              "clippath",
                                              "cursor",
                                              "defs",
                                              "desc",
                                              "ellipse",
                                              "feblend",
                                              "fecolormatrix",
                                              "fecomponenttransfer",
                                              "fecomposite",
                                              "feconvolvematrix",
                                              "fediffuselighting",
                                              "fedisplacementmap",
                                              "fedistantlight",
                                              "feflood",
                                              "fefunca",
                                              "fefuncb",
                                              "fefuncg",
                                              "fefuncr",
                                              "fegaussianblur",
                                              "feimage",
                                              "femerge",
                                              "femergenode",
                                              "femorphology",
                                              "feoffset",
                                              "fepointlight",
                                              "fespecularlighting",
                                              "fespotlight",
                                              "fetile",
                                              "feturbulence",
                                              "filter",
                                              "foreignobject",
                                              "g",
                                              "glyph",
                                              "line",
                                              "lineargradient",
                                              "maction",
                                              "marker",
                                              "mask",
                                              "menclose",
                                              "merror",
                                              "metadata",
                                              "mfenced",
                                              "mfrac",
                                              "mglyph",
                                              "mi",
                                              "mlabeledtr",
                                              "mmultiscripts",
                                              "mn",
                                              "mo",
                                              "mover",
                                              "mpadded",
                                              "mphantom",
                                              "mroot",
                                              "mrow",
                                              "ms",
                                              "mspace",
                                              "msqrt",
                                              "mstyle",
                                              "msub",
                                              "msubsup",
                                              "msup",
                                              "mtable",
                                              "mtd",
                                              "mtext",
                                              "mtr",
                                              "munder",
                                              "munderover",
                                              "path",
                                              "pattern",
                                              "polygon",
                                              "polyline",
                                              "radialgradient",
                                              "rect",
                                              "semantics",
                                              "set",
                                              "stop",
                                              "symbol",
                                              "text",
                                              "textpath",
                                              "tref",
                                              "tspan",
                                              "use",
                                              "view"};

}  // namespace

HtmlTag html_tag(std::string_view name) {
  const auto* found = std::lower_bound(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames) || *found != name) return HtmlTag::kOther;
  return static_cast<HtmlTag>(found - std::begin(kNames));
}

std::string_view html_tag_name(HtmlTag tag) {
  return tag == HtmlTag::kOther ? std::string_view() : kNames[static_cast<size_t>(tag)];
}

bool is_html_element(std::string_view name) {
  const std::string lowered = lower(name);
  return html_tag(lowered) != HtmlTag::kOther ||
         std::binary_search(std::begin(kForeignNames), std::end(kForeignNames), lowered);
}

bool is_block_element(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::kAddress:
    case HtmlTag::kArticle:
    case HtmlTag::kAside:
    case HtmlTag::kBlockquote:
    case HtmlTag::kBody:
    case HtmlTag::kCaption:
    case HtmlTag::kCenter:
    case HtmlTag::kDd:
    case HtmlTag::kDetails:
    case HtmlTag::kDialog:
    case HtmlTag::kDir:
    case HtmlTag::kDiv:
    case HtmlTag::kDl:
    case HtmlTag::kDt:
    case HtmlTag::kFieldset:
    case HtmlTag::kFigcaption:
    case HtmlTag::kFigure:
    case HtmlTag::kFooter:
    case HtmlTag::kForm:
    case HtmlTag::kH1:
    case HtmlTag::kH2:
    case HtmlTag::kH3:
    case HtmlTag::kH4:
    case HtmlTag::kH5:
    case HtmlTag::kH6:
    case HtmlTag::kHeader:
    case HtmlTag::kHgroup:
    case HtmlTag::kHr:
    case HtmlTag::kLi:
    case HtmlTag::kListing:
    case HtmlTag::kMain:
    case HtmlTag::kMenu:
    case HtmlTag::kNav:
    case HtmlTag::kOl:
    case HtmlTag::kP:
    case HtmlTag::kPre:
    case HtmlTag::kSearch:
    case HtmlTag::kSection:
    case HtmlTag::kSummary:
    case HtmlTag::kTable:
    case HtmlTag::kTbody:
    case HtmlTag::kTd:
    case HtmlTag::kTfoot:
    case HtmlTag::kTh:
    case HtmlTag::kThead:
    case HtmlTag::kTr:
    case HtmlTag::kUl:
    case HtmlTag::kXmp:
      return true;
    default:
      return false;
  }
}

}  // namespace twin
