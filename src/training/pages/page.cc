#include "training/pages/page.h"

#include <fmt/format.h>

#include "training/pages/svg_plot.h"

namespace twin {
namespace {

constexpr const char* kStyle = R"css(
:root { --ink: #1d1d1f; --dim: #6b6b70; --paper: #fff; --card: #f5f5f2; --rule: #d8d8d4;
  --author: #1a6b4a; --impostor: #a04a2f; --base: #8a8a92; --sft: #3454b4; --dpo: #8a3fa0; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --dim: #a0a0a8; --paper: #17171a;
  --card: #212126; --rule: #3a3a42; --author: #5cc79a; --impostor: #e08a68; --base: #9a9aa4;
  --sft: #8ea6f4; --dpo: #d19ae6; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.25rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .5rem }
p { margin: .5rem 0; max-width: 46rem } a { color: var(--sft) } .dim, figcaption { color: var(--dim) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem;
  margin: 1.5rem 0 }
.tile { background: var(--card); border-radius: 10px; padding: .9rem 1.1rem }
.tile b { display: block; font-size: 1.75rem; line-height: 1.2; font-variant-numeric: tabular-nums }
.tile span { color: var(--dim); font-size: .88rem }
figure { margin: 1rem 0 0 } figcaption { font-size: .9rem }
svg { width: 100%; height: auto; display: block }
svg text { font: 12px system-ui, sans-serif; fill: var(--dim) } svg text.strong { fill: var(--ink) }
.grid { stroke: var(--rule); stroke-width: .6 } .rule { stroke: var(--dim) }
.dot { opacity: .55 } .line { fill: none; stroke-width: 2 } .bar { opacity: .6 }
.line.faint { stroke: var(--base); stroke-width: 1; opacity: .4 }
.mark { stroke-width: 4; stroke-linecap: round } .guide { stroke-dasharray: 4 4; stroke-width: 1.4 }
.dot.author, .bar.author { fill: var(--author) } .line.author, .mark.author, .guide.author { stroke: var(--author) }
.dot.impostor, .bar.impostor { fill: var(--impostor) } .line.impostor, .mark.impostor, .guide.impostor { stroke: var(--impostor) }
.dot.base, .bar.base { fill: var(--base) } .line.base, .mark.base { stroke: var(--base) }
.dot.sft, .bar.sft { fill: var(--sft) } .line.sft, .mark.sft { stroke: var(--sft) }
.dot.dpo, .bar.dpo { fill: var(--dpo) } .line.dpo, .mark.dpo { stroke: var(--dpo) }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .9rem; color: var(--dim) }
.key i { display: inline-block; width: .75rem; height: .75rem; border-radius: 3px; margin-right: .4rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem }
th, td { text-align: right; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--rule); white-space: nowrap }
th { font-weight: 600; color: var(--dim) } th:first-child, td:first-child { text-align: left }
blockquote { margin: .75rem 0; padding: .75rem 1.1rem; background: var(--card); border-radius: 8px;
  white-space: pre-wrap; overflow-wrap: anywhere; font-family: Georgia, serif }
)css";

}  // namespace

std::string begin_page(std::string_view title, std::string_view head) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n{2}<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
      escape_html(title), kStyle, head);
}

std::string tile(std::string_view value, std::string_view label) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", value, label);
}

}  // namespace twin
