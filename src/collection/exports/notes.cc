#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "collection/exports/export_format.h"
#include "collection/exports/export_text.h"
#include "collection/exports/exports.h"
#include "collection/exports/packed_mail.h"
#include "collection/file_text.h"
#include "collection/no_writing.h"
#include "text/unicode.h"

// Archives of texts: Obsidian vaults, Notion's exports (zips in a zip, a page "Title ID.md" or
// ".html", databases as tables), and any archive of Markdown, HTML and plain text. A folder is
// taken only where it is a vault or Notion's: others are files. Source:
// https://help.obsidian.md/Files+and+folders; https://www.notion.com/help/export-your-content.
namespace twin {
namespace {

namespace fs = std::filesystem;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == text.npos;
}

// "Reading list 0123456789abcdef0123456789abcdef.md": the page's id; empty where it has none.
std::string notion_id(const fs::path& path) {
  const std::string stem = path.stem().string();
  if (stem.size() < 33 || stem[stem.size() - 33] != ' ') return {};
  const std::string id = stem.substr(stem.size() - 32);
  return is_hex(id) ? id : std::string();
}

bool is_vault(const ExportSource& source) {
  return source.root_of(".obsidian/app.json") || source.root_of(".obsidian/workspace.json") ||
         source.root_of(".obsidian/core-plugins.json");
}

bool is_notion(const ExportSource& source) {
  size_t texts = 0, with_id = 0;
  for (const ExportSource::File& file : source.files()) {
    if (file_kind(file.path) == FileKind::kOther) continue;
    ++texts;
    with_id += notion_id(file.path).empty() ? 0 : 1;
  }
  return with_id > 0 && 2 * with_id >= texts;
}

bool recognises(ExportSource& source) {
  if (!source.packed()) return source.files().size() > 1 && (is_vault(source) || is_notion(source));
  return std::any_of(source.files().begin(), source.files().end(), [](const auto& file) {
    return file_kind(file.path) != FileKind::kOther || is_archive_name(file.path) ||
           file.path.ends_with(".mbox");
  });
}

class NoteCollector {
 public:
  explicit NoteCollector(ExportRun& run) : run_(run) {
    vault_ = is_vault(run.source);
    notion_ = !vault_ && is_notion(run.source);
    if (vault_) read_template_folder();
  }

  void collect() {
    ExportSource& source = run_.source;
    for (size_t i = 0; i < source.files().size(); ++i) {
      const std::string path = source.files()[i].path;
      if (source.files()[i].used || !source.files()[i].refused.empty()) continue;
      if (is_hidden(path)) continue;  // noted by folder
      if (is_packed_mailbox(source, i)) {
        leave_to_mail(run_, i);
      } else if (is_archive_name(path)) {
        collect_nested(i);
      } else if (file_kind(path) != FileKind::kOther) {
        collect_text(i);
      } else if (notion_ && path.ends_with(".csv")) {
        run_.skip(i, "a table of pages, which are collected themselves");
      } else {
        run_.skip(i, "not a kind of text that is collected");
      }
    }
  }

 private:
  static bool is_hidden(std::string_view path) {
    return path.starts_with('.') || path.find("/.") != path.npos || path.starts_with("__MACOSX/") ||
           path.find("/__MACOSX/") != path.npos;
  }

  // .obsidian/templates.json: {"folder": "Templates"}.
  void read_template_folder() {
    const auto root = run_.source.root_of(".obsidian/templates.json");
    if (!root) return;
    const size_t file = run_.source.find(*root + ".obsidian/templates.json").value();
    run_.attempt(run_.source.item(file), [&] {
      const std::string text = run_.source.read(file, 1 << 20);
      const std::string folder = text_member(parse_json(text, "templates.json"), "folder");
      if (!folder.empty()) templates_ = *root + folder + '/';
    });
  }

  void collect_text(size_t file) {
    const std::string item = run_.source.item(file);
    if (!templates_.empty() && run_.source.files()[file].path.starts_with(templates_)) {
      return run_.skip(file, "a template");
    }
    const std::string name = std::filesystem::path(item).filename().string();
    if (is_licence_name(name)) return run_.skip(file, kLicenceReason);
    run_.attempt(item, [&] {
      RawDocument document =
          read_file_text(item, run_.source.read(file, run_.options.max_file_bytes));
      if (is_source_note(name, document.verbatim)) throw Refusal{"skipped", kSourceNoteReason};
      if (vault_) document.platform = "obsidian";
      if (notion_) {
        document.platform = "notion";
        const std::string id = notion_id(item);
        if (!id.empty()) document.link = "notion:" + id;
        // A title of the file's name ends in the id.
        if (!id.empty() && document.title.ends_with(id)) {
          document.title = trim(document.title.substr(0, document.title.size() - id.size()));
        }
      }
      run_.collector.keep(std::move(document), item);
    });
  }

  void collect_nested(size_t file) {
    run_.source.mark_used(file);
    run_.attempt(run_.source.item(file), [&] {
      const auto inner = run_.source.nested(file);
      ExportRun run{run_.collector, *inner, run_.options, run_.bar, run_.mail};
      NoteCollector(run).collect();
      for (size_t i = 0; i < inner->files().size(); ++i) {
        const std::string& refused = inner->files()[i].refused;
        if (!refused.empty()) run.collector.refuse(inner->item(i), {"failed", refused});
      }
      if (const std::string damage = inner->damage(); !damage.empty()) {
        throw Refusal{"failed", damage + "; what can be read was read"};
      }
    });
  }

  ExportRun& run_;
  bool vault_ = false, notion_ = false;
  std::string templates_;  // the folder of the vault's templates, with its '/'
};

void collect(ExportRun& run) { NoteCollector(run).collect(); }

std::string author(ExportSource&) { return {}; }

}  // namespace

const ExportFormat kNotesExport = {"notes", recognises, collect, author};

}  // namespace twin
