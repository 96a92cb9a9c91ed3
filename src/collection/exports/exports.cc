#include "collection/exports/exports.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "base/error.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr const ExportFormat* kFormats[] = {&kMediumExport,   &kSubstackExport, &kLinkedInExport,
                                            &kTwitterExport,  &kFacebookExport, &kInstagramExport,
                                            &kRedditExport,   &kTelegramExport, &kSlackExport,
                                            &kWhatsAppExport, &kTakeoutExport,  &kNotesExport};

// Documents that are zips in themselves: office files, books, programs.
bool is_document(const ExportSource& source) {
  return source.find("[Content_Types].xml") || source.find("mimetype") ||
         source.find("META-INF/MANIFEST.MF");
}

bool may_be_export(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return true;
  const std::string suffix = lower(path.extension().string());
  if (suffix == ".json" || suffix == ".txt") return true;
  // Office files and books are known by their names; of any other file the first bytes tell.
  return suffix != ".docx" && suffix != ".odt" && suffix != ".epub";
}

const ExportFormat* format_of(ExportSource& source) {
  for (const ExportFormat* format : kFormats) {
    if (format->recognises(source)) return format;
  }
  return nullptr;
}

// One item for each file that was refused, one for each folder of those that nobody read.
void note_rest(ExportRun& run) {
  std::map<std::string, size_t> groups;
  for (size_t i = 0; i < run.source.files().size(); ++i) {
    const ExportSource::File& file = run.source.files()[i];
    if (file.used) continue;
    if (!file.refused.empty()) {
      run.collector.refuse(run.source.item(i), {"failed", file.refused});
      continue;
    }
    const size_t slash = file.path.find_last_of('/');
    ++groups[slash == file.path.npos ? file.path : file.path.substr(0, slash + 1)];
  }
  for (const auto& [group, count] : groups) {
    run.collector.refuse(
        run.source.where() + '/' + group,
        {"skipped", group.ends_with('/')
                        ? fmt::format("{} files, no writing of the author's", count)
                        : std::string("no writing of the author's")});
  }
}

}  // namespace

std::span<const ExportFormat* const> export_formats() { return kFormats; }

bool collect_export(Collector& collector, const fs::path& path, const ExportOptions& options,
                    std::vector<MailSource>& mail) {
  if (!may_be_export(path)) return false;
  const std::string where = fs::absolute(path).lexically_normal().string();
  bool collected = true;
  collector.attempt(where, [&] {
    const auto source = open_export_source(path);
    const ExportFormat* format = is_document(*source) ? nullptr : format_of(*source);
    if (format == nullptr) {
      collected = false;
      return;
    }
    const auto bar = collector.context().progress.start(format->name, 0);
    ExportRun run{collector, *source, options, *bar, mail};
    format->collect(run);
    bar->finish();
    note_rest(run);
    if (const std::string damage = source->damage(); !damage.empty()) {
      collector.refuse(where, {"failed", damage + "; what can be read was read"});
    }
  });
  return collected;
}

bool is_archive_name(const fs::path& path) {
  const std::string suffix = lower(path.extension().string());
  constexpr const char* kSuffixes[] = {".zip", ".tar", ".tgz", ".gz", ".xz",
                                       ".zst", ".bz2", ".7z",  ".rar"};
  return std::find(std::begin(kSuffixes), std::end(kSuffixes), suffix) != std::end(kSuffixes);
}

Refusal refusal_of_archive(const fs::path& path) {
  std::string head(kArchiveHeadBytes, '\0');
  std::ifstream stream(path, std::ios::binary);
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  if (head.empty()) return {"failed", "an empty file"};
  if (archive_kind(head) == ArchiveKind::kNone) {
    return {"failed", "no archive, whatever its name says; was it downloaded to its end?"};
  }
  return {"skipped",
          "an archive in which there is nothing that is collected: no export that is "
          "known, no Markdown, HTML or plain text, no mailbox"};
}

bool may_be_export_name(const fs::path& path) {
  const std::string name = path.filename().string();
  return is_archive_name(path) || name == "_chat.txt" ||
         (name.starts_with("WhatsApp Chat") && name.ends_with(".txt"));
}

std::string export_author(const fs::path& path) {
  try {
    if (!may_be_export(path)) return {};
    const auto source = open_export_source(path);
    const ExportFormat* format = is_document(*source) ? nullptr : format_of(*source);
    return format == nullptr ? std::string() : format->author(*source);
  } catch (const Refusal&) {
    return {};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput) throw;
    return {};
  }
}

}  // namespace twin
