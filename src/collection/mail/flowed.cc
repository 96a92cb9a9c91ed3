#include "collection/mail/flowed.h"

#include "collection/mail/mail_lines.h"

namespace twin {

std::string unflow(std::string_view text, bool delete_space) {
  std::string out;
  size_t open_depth = 0;
  bool open = false;  // the line in hand goes on
  for (std::string_view line : lines_of(text)) {
    size_t depth = 0;
    while (line.starts_with('>')) {
      line.remove_prefix(1);
      ++depth;
    }
    if (line.starts_with(' ')) line.remove_prefix(1);
    const bool separator = line == "-- ";
    if (open && (depth != open_depth || separator)) {
      out += '\n';
      open = false;
    }
    if (!open && depth > 0) out.append(depth, '>') += ' ';
    const bool flows = line.ends_with(' ') && !separator;
    if (flows && delete_space) line.remove_suffix(1);
    out += line;
    open = flows;
    open_depth = depth;
    if (!flows) out += '\n';
  }
  if (open) out += '\n';
  return out;
}

}  // namespace twin
