#include "collection/documents/pdf.h"

#include <fmt/format.h>
#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-global.h>
#include <poppler/cpp/poppler-page.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "collection/documents/pdf_paragraphs.h"
#include "text/unicode.h"

namespace twin {
namespace {

using Time = std::chrono::steady_clock;

// Fewer letters than these on a page in the mean: pictures of pages.
constexpr size_t kScannedLettersPerPage = 10;

std::string utf8(const poppler::ustring& text) {
  const poppler::byte_array bytes = text.to_utf8();
  return replace_invalid_utf8({bytes.data(), bytes.size()});
}

// Typesetters' ligatures as the letters they stand for; a soft hyphen is seen at the end alone.
std::string without_ligatures(const std::string& text) {
  static constexpr std::pair<std::string_view, std::string_view> kLigatures[] = {
      {"ﬀ", "ff"}, {"ﬁ", "fi"}, {"ﬂ", "fl"}, {"ﬃ", "ffi"}, {"ﬄ", "ffl"}, {"ﬅ", "st"}, {"ﬆ", "st"}};
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const std::string_view rest = std::string_view(text).substr(i);
    size_t taken = 0;
    for (const auto& [ligature, letters] : kLigatures) {
      if (!rest.starts_with(ligature)) continue;
      out += letters;
      taken = ligature.size();
      break;
    }
    static constexpr std::string_view kSoftHyphen = "\xc2\xad";
    if (taken == 0 && rest.starts_with(kSoftHyphen)) {
      taken = kSoftHyphen.size();
      if (rest.size() == taken) out += '-';
    }
    if (taken == 0) {
      out += text[i];
      taken = 1;
    }
    i += taken;
  }
  return out;
}

bool is_bold(const poppler::text_box& box) {
  const std::string name = lower(box.get_font_name());
  return name.find("bold") != std::string::npos || name.find("black") != std::string::npos ||
         name.find("heavy") != std::string::npos;
}

// Puts the words of a page together to lines, in poppler's reading order.
class LineMaker {
 public:
  LineMaker(std::vector<PdfLine>& lines, int page) : lines_(lines), page_(page) {}

  void add(const poppler::text_box& box) {
    if (box.rotation() != 0) return;  // stamps along the margin
    const std::string text = without_ligatures(utf8(box.text()));
    if (text.empty()) return;
    const poppler::rectf area = box.bbox();
    const double size = box.has_font_info() ? box.get_font_size() : area.height();
    const bool bold = box.has_font_info() && is_bold(box);
    if (begins_line(area, size)) {
      lines_.push_back(
          {page_, area.left(), area.right(), area.top(), area.bottom(), size, bold, text});
      letters_of_size_ = text.size();
    } else {
      PdfLine& line = lines_.back();
      if (space_ || area.left() - line.right > 0.15 * size) line.text += ' ';
      line.text += text;
      line.right = std::max(line.right, area.right());
      line.bold = line.bold && bold;
      if (text.size() > letters_of_size_) {
        line.size = size;
        letters_of_size_ = text.size();
      }
    }
    open_ = true;
    space_ = box.has_space_after();
  }

 private:
  bool begins_line(const poppler::rectf& area, double size) const {
    if (!open_) return true;
    const PdfLine& line = lines_.back();
    const double middle = (area.top() + area.bottom()) / 2;
    const bool same_height = middle > line.top && middle < line.bottom;
    return !same_height || area.left() < line.right - size || area.left() > line.right + 6 * size;
  }

  std::vector<PdfLine>& lines_;
  int page_;
  bool open_ = false, space_ = false;
  size_t letters_of_size_ = 0;
};

std::string format_date(time_t time) {
  if (time <= 0) return {};
  std::tm parts = {};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// What printing programs put for a title says nothing.
std::string title_of(std::string title) {
  const std::string name = lower(title);
  for (const std::string_view mark : {"microsoft word - ", "untitled", "(anonymous)", "unknown"}) {
    if (name.starts_with(mark)) return {};
  }
  for (const std::string_view suffix :
       {".doc", ".docx", ".odt", ".tex", ".dvi", ".pdf", ".indd", ".rtf"}) {
    if (name.ends_with(suffix)) return {};
  }
  return title;
}

}  // namespace

DocumentReading read_pdf(std::string_view bytes, const std::string& where,
                         const PdfLimits& limits) {
  const auto refuse = [&](const std::string& reason) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, reason));
  };
  static std::once_flag quiet;  // poppler writes to standard error unless told otherwise
  std::call_once(
      quiet, [] { poppler::set_debug_error_function([](const std::string&, void*) {}, nullptr); });
  if (bytes.size() > size_t{INT32_MAX}) refuse("a PDF of more than 2 GB");
  const std::unique_ptr<poppler::document> document(
      poppler::document::load_from_raw_data(bytes.data(), static_cast<int>(bytes.size())));
  if (document == nullptr) refuse("a broken PDF: no page can be found in it");
  if (document->is_locked()) {
    refuse("a PDF with a password; save it without one, for example with qpdf --decrypt");
  }
  const int pages = document->pages();
  if (pages > limits.max_pages) {
    refuse(fmt::format("a PDF of {} pages, more than the limit of {}", pages, limits.max_pages));
  }
  const auto begin = Time::now();
  std::vector<PdfLine> lines;
  for (int i = 0; i < pages; ++i) {
    if (std::chrono::duration<double>(Time::now() - begin).count() > limits.max_seconds) {
      refuse(fmt::format("a PDF that takes more than {} s to read", limits.max_seconds));
    }
    const std::unique_ptr<poppler::page> page(document->create_page(i));
    if (page == nullptr) continue;
    LineMaker maker(lines, i);
    for (const poppler::text_box& box : page->text_list(poppler::page::text_list_include_font)) {
      maker.add(box);
    }
  }
  size_t letters = 0;
  for (const PdfLine& line : lines) letters += line.text.size();
  if (letters == 0 || letters < kScannedLettersPerPage * static_cast<size_t>(pages)) {
    refuse(
        "a PDF without text, probably a scan; make its text readable, for example with ocrmypdf");
  }
  DocumentReading reading;
  reading.markdown = pdf_paragraphs(std::move(lines), pages);
  reading.title = title_of(utf8(document->info_key("Title")));
  reading.bylines = bylines_of(utf8(document->info_key("Author")));
  reading.date = format_date(document->info_date_t("CreationDate"));
  return reading;
}

}  // namespace twin
