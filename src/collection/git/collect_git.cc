#include "collection/git/collect_git.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "collection/file_text.h"
#include "collection/git/git_fetch.h"
#include "collection/git/git_files.h"
#include "collection/git/git_history.h"
#include "collection/git/github_api.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr double kOwnShare = 0.5;
constexpr uint64_t kMaxMailmap = 1 << 20;

std::string mailmap_of(git_repository* repository, const git_oid& head) {
  git_object* found = nullptr;
  if (git_revparse_single(&found, repository, (hex(head) + ":.mailmap").c_str()) != 0) return {};
  const GitObject object(found);
  std::string bytes;
  uint64_t size = 0;
  if (git_object_type(found) != GIT_OBJECT_BLOB ||
      !read_blob(repository, *git_object_id(found), kMaxMailmap, bytes, size)) {
    return {};
  }
  return bytes;
}

void check_text(const std::string& bytes) {
  if (bytes.empty()) throw Refusal{"skipped", "empty"};
  if (bytes.find('\0') != std::string::npos) throw Refusal{"skipped", "binary: holds zero bytes"};
  if (!is_valid_utf8(bytes)) throw Refusal{"failed", "not UTF-8"};
}

// Collects one opened repository.
class RepositoryCollector {
 public:
  RepositoryCollector(Collector& collector, const GitOptions& options, const GitLink& link,
                      const OpenRepository& open)
      : collector_(collector), options_(options), link_(link), open_(open) {}

  void run() {
    if (open_.empty) throw Refusal{"skipped", "an empty repository"};
    if (git_repository_is_shallow(open_.repository.get()) == 1) {
      throw Refusal{"failed", "a shallow clone, without its history: git fetch --unshallow"};
    }
    Context& context = collector_.context();
    const auto deadline = std::chrono::steady_clock::now() + options_.max_time;
    git_repository* repository = open_.repository.get();
    GitHistory history = read_git_history(context, repository, open_.head, options_.max_commits);
    const std::vector<GitPerson> authors = history.authors();
    const GitPeople people(collector_.author(), options_.emails, mailmap_of(repository, open_.head),
                           authors);
    if (!people.knows_author()) {
      throw Refusal{"skipped",
                    fmt::format("no commit under the name {}; say --email ADDRESS. There are: {}",
                                collector_.author().full_name(), people.describe(authors))};
    }
    const GitTreeListing listing = list_git_tree(context, repository, open_.head);
    std::set<std::string> paths;
    for (const GitFile& file : listing.files) paths.insert(file.path);
    const std::map<std::string, FileLines> lines = count_lines(
        context, repository, history, people,
        [&](const std::string& path) { return paths.contains(path); }, deadline);

    const size_t before = kept_;
    for (const GitOmission& omission : listing.omissions) {
      collector_.refuse(file_source(omission.path), {"skipped", omission.reason});
    }
    const auto bar =
        context.progress.start(fmt::format("files of {}", link_.full_name()), listing.files.size());
    size_t done = 0;
    for (const GitFile& file : listing.files) {
      stop_if_interrupted(context);
      const auto counted = lines.find(file.path);
      collector_.attempt(file_source(file.path), [&] {
        keep_file(file, counted == lines.end() ? FileLines{} : counted->second, history.cut);
      });
      bar->update(++done, file.path);
    }
    bar->finish();
    keep_messages(history, people);
    note_rest(history, people, listing, kept_ - before);
  }

 private:
  std::string file_source(const std::string& path) const {
    return link_.file_link(open_.branch, path);
  }

  void keep(RawDocument document, const std::string& source) {
    document.category = Category::kRepositories;
    document.platform = link_.platform;
    document.tags = {link_.full_name()};
    collector_.keep(std::move(document), source);
    ++kept_;
  }

  void keep_file(const GitFile& file, const FileLines& lines, bool cut) {
    const bool counted = lines.total() > 0;
    if (counted && lines.share_of_author() < kOwnShare) {
      throw Refusal{"skipped",
                    fmt::format("written by others: {:.0f}% of its lines are the author's",
                                100 * lines.share_of_author())};
    }
    std::string bytes;
    uint64_t size = 0;
    if (!read_blob(open_.repository.get(), file.blob, options_.max_file_bytes, bytes, size)) {
      throw Refusal{"skipped",
                    fmt::format("{}, more than the limit of {} (collect.git.max_file_bytes)",
                                format_bytes(static_cast<double>(size)),
                                format_bytes(static_cast<double>(options_.max_file_bytes)))};
    }
    check_text(bytes);
    if (const std::string reason = foreign_file_reason(bytes); !reason.empty()) {
      throw Refusal{"skipped", reason};
    }
    if (!counted) {
      throw Refusal{"skipped", cut ? "written before the commits that were read "
                                     "(collect.git.max_commits)"
                                   : "no commit tells whose it is: part of an import"};
    }
    RawDocument document;
    if (file_kind(file.path) == FileKind::kMarkdown) {
      document = read_file_text(file.path, std::move(bytes));
    } else {
      document.raw = std::move(bytes);
      document.media_type = "text/plain";
    }
    document.link.clear();
    if (document.title.empty()) document.title = file.path;
    if (document.date.empty()) document.date = lines.date;
    document.genre = name_of(file.kind);
    document.bylines = lines.bylines(collector_.author().full_name());
    keep(std::move(document), file_source(file.path));
  }

  void keep_messages(const GitHistory& history, const GitPeople& people) {
    for (const GitCommitFacts& commit : history.commits) {
      stop_if_interrupted(collector_.context());
      std::vector<std::string> bylines;
      bool own = people.is_author(commit.author);
      if (own) bylines.push_back(people.name_of(commit.author));
      for (const GitPerson& person : commit.message.co_authors) {
        own = own || people.is_author(person);
      }
      if (!own) continue;
      if (bylines.empty()) bylines.push_back(people.name_of(commit.author));
      for (const GitPerson& person : commit.message.co_authors) {
        const std::string name = people.name_of(person);
        if (std::find(bylines.begin(), bylines.end(), name) == bylines.end()) {
          bylines.push_back(name);
        }
      }
      const std::string source = link_.commit_link(hex(commit.id));
      collector_.attempt(source, [&] { keep_message(commit, bylines, source); });
    }
  }

  void keep_message(const GitCommitFacts& commit, const std::vector<std::string>& bylines,
                    const std::string& source) {
    if (const std::string reason =
            generated_message_reason(commit.message, commit.parents, commit.changed);
        !reason.empty()) {
      throw Refusal{"skipped", reason};
    }
    RawDocument document;
    document.raw = commit.raw_message;
    check_text(document.raw);
    document.extractor = kGitMessageExtractor;
    document.verbatim = commit.message.text;
    if (document.verbatim.empty()) throw Refusal{"skipped", "a commit without a message"};
    document.media_type = "text/plain";
    document.title = commit.message.subject;
    document.date = commit.date;
    document.genre = "commit";
    document.bylines = bylines;
    keep(std::move(document), source);
  }

  // One item for all that has none of its own.
  void note_rest(const GitHistory& history, const GitPeople& people, const GitTreeListing& listing,
                 size_t kept) {
    size_t others = 0;
    for (const GitCommitFacts& commit : history.commits) others += !people.is_author(commit.author);
    std::string reason = fmt::format(
        "{} documents; not read: {} commits of others, {} files that "
        "are neither documentation nor code",
        kept, others, listing.other_files);
    if (history.cut) {
      reason += fmt::format(", commits older than the newest {} (collect.git.max_commits)",
                            options_.max_commits);
    }
    collector_.refuse(link_.web_url, {"listed", reason});
  }

  Collector& collector_;
  const GitOptions& options_;
  const GitLink& link_;
  const OpenRepository& open_;
  size_t kept_ = 0;
};

// What a repository's server or data does wrong is its item's failure.
template <class Work>
void attempt_repository(Collector& collector, const std::string& source, Work work) {
  try {
    work();
  } catch (const Refusal& refusal) {
    collector.refuse(source, refusal);
  } catch (const Error& error) {
    const ErrorCode code = error.code();
    if (code != ErrorCode::kBadInput && code != ErrorCode::kRemote && code != ErrorCode::kUsage) {
      throw;
    }
    collector.refuse(source, {"failed", error.what()});
  }
}

void collect_profile(Collector& collector, HttpClient& client, const GitOptions& options,
                     const GitLink& profile) {
  std::vector<GitHubRepository> repositories =
      list_github_repositories(collector.context(), client, options, profile.owner);
  for (const GitHubRepository& repository : repositories) {
    const std::string& source = repository.link.web_url;
    attempt_repository(collector, source, [&] {
      if (repository.fork && !options.forks) {
        throw Refusal{"skipped", "a fork of another's repository (collect.git.forks)"};
      }
      if (repository.bytes > options.max_download_bytes) {
        throw Refusal{"skipped",
                      fmt::format("{}, more than the limit of {} (collect.git.max_download_bytes)",
                                  format_bytes(static_cast<double>(repository.bytes)),
                                  format_bytes(static_cast<double>(options.max_download_bytes)))};
      }
      collect_git(collector, client, options, repository.link);
    });
  }
  collector.refuse(profile.web_url,
                   {"listed", fmt::format("{} repositories", repositories.size())});
}

}  // namespace

void collect_git(Collector& collector, HttpClient& client, const GitOptions& options,
                 const GitLink& link) {
  attempt_repository(collector, link.web_url, [&] {
    if (link.is_profile()) return collect_profile(collector, client, options, link);
    const OpenRepository open = fetch_repository(collector.context(), client, link, options);
    RepositoryCollector(collector, options, link, open).run();
  });
}

void collect_git_folder(Collector& collector, const GitOptions& options, const fs::path& folder) {
  const std::string path = fs::absolute(folder).lexically_normal().string();
  attempt_repository(collector, path, [&] {
    const OpenRepository open = open_repository(folder);
    GitLink link;
    git_remote* found = nullptr;
    if (git_remote_lookup(&found, open.repository.get(), "origin") == 0) {
      const GitRemote remote(found);
      const char* url = git_remote_url(found);
      if (const auto read = read_remote_url(url == nullptr ? "" : url, github_host(options))) {
        link = *read;
      }
    }
    if (link.forge == Forge::kOther) {
      link = GitLink{};
      link.platform = "git";
      link.web_url = path;
      link.name = fs::path(path).filename().string();
      if (link.name.empty()) link.name = fs::path(path).parent_path().filename().string();
    }
    RepositoryCollector(collector, options, link, open).run();
  });
}

bool is_git_folder(const fs::path& folder) {
  start_git();
  return git_repository_open_ext(nullptr, folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) ==
         0;
}

}  // namespace twin
