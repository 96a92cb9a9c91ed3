#pragma once

#include <string>
#include <string_view>

namespace twin {

// An HTML mail as Markdown (html_to_markdown). Quotations, which clients mark by elements and
// classes of their own (blockquote, gmail_quote, yahoo_quoted, Outlook's divRplyFwdMsg, ...), are
// one line "> ..." each, signatures that are marked so and pictures are left out. Text that is only
// indented (Gmail's blockquote without a border) stays. Errors: kBadInput beyond HtmlLimits.
std::string html_mail_to_markdown(std::string_view html, std::string_view where);

}  // namespace twin
