#include "collection/git/git_history.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace twin {
namespace {

constexpr size_t kMaxChangedFiles = 10'000;
constexpr size_t kMaxMessageBytes = 256 << 10;
constexpr git_off_t kMaxDiffedBytes = 1 << 20;  // of a file; longer ones count no lines
constexpr size_t kMaxRenames = 200;             // files compared with one another in one commit
constexpr double kBylineShare = 0.1;

// "2024-07-29T12:00:00+02:00". Empty for times no calendar has.
std::string iso_time(const git_time& time) {
  const int64_t minutes = time.offset;
  const int64_t local = time.time + minutes * 60;
  constexpr int64_t kYear10000 = 253'402'300'800;
  if (local < 0 || local >= kYear10000 || std::abs(minutes) > 14 * 60) return {};
  const std::string text =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(local)));
  if (minutes == 0) return text + 'Z';
  return fmt::format("{}{}{:02}:{:02}", text, minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                     std::abs(minutes) % 60);
}

GitPerson person_of(const git_signature* signature) {
  return {signature->name == nullptr ? "" : signature->name,
          signature->email == nullptr ? "" : signature->email};
}

// What one commit changes against its first parent, or against nothing. Null where it changes more
// files than are looked at.
class CommitDiff {
 public:
  CommitDiff(Context& context, git_repository* repository, const GitCommitFacts& facts)
      : context_(context) {
    const GitCommit commit = commit_of(repository, facts.id, hex(facts.id));
    git_tree *after = nullptr, *before = nullptr;
    check_git(git_commit_tree(&after, commit.get()), hex(facts.id));
    const GitTree new_tree(after);
    if (facts.parents > 0) {
      git_commit* found = nullptr;
      check_git(git_commit_parent(&found, commit.get(), 0), hex(facts.id));
      const GitCommit parent(found);
      check_git(git_commit_tree(&before, parent.get()), hex(facts.id));
    }
    const GitTree old_tree(before);
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    options.context_lines = 0;
    options.max_size = kMaxDiffedBytes;
    options.ignore_submodules = GIT_SUBMODULE_IGNORE_ALL;
    options.payload = this;
    options.notify_cb = [](const git_diff*, const git_diff_delta*, const char*, void* self) {
      auto& diff = *static_cast<CommitDiff*>(self);
      diff.too_many_ = ++diff.seen_ > kMaxChangedFiles;
      return diff.too_many_ || diff.context_.interrupted ? -1 : 0;
    };
    git_diff* made = nullptr;
    const int code = git_diff_tree_to_tree(&made, repository, before, after, &options);
    stop_if_interrupted(context);
    if (too_many_) return;
    check_git(code, hex(facts.id));
    diff_.reset(made);
    git_diff_find_options find = GIT_DIFF_FIND_OPTIONS_INIT;
    find.flags = GIT_DIFF_FIND_RENAMES;
    find.rename_limit = kMaxRenames;
    check_git(git_diff_find_similar(made, &find), hex(facts.id));
  }

  git_diff* get() const { return diff_.get(); }

 private:
  Context& context_;
  size_t seen_ = 0;
  bool too_many_ = false;
  GitDiff diff_;
};

size_t added_lines(git_diff* diff, size_t index) {
  git_patch* made = nullptr;
  check_git(git_patch_from_diff(&made, diff, index), "a commit's changes");
  const GitPatch patch(made);
  size_t context = 0, added = 0, removed = 0;
  if (made != nullptr) git_patch_line_stats(&context, &added, &removed, made);
  return added;
}

}  // namespace

std::vector<GitPerson> GitHistory::authors() const {
  std::vector<GitPerson> people;
  for (const GitCommitFacts& commit : commits) people.push_back(commit.author);
  return people;
}

GitHistory read_git_history(Context& context, git_repository* repository, const git_oid& head,
                            size_t max_commits) {
  git_revwalk* made = nullptr;
  check_git(git_revwalk_new(&made, repository), hex(head));
  const GitWalk walk(made);
  git_revwalk_sorting(made, GIT_SORT_TIME);
  check_git(git_revwalk_push(made, &head), hex(head));
  GitHistory history;
  GitCommitFacts facts;
  for (;;) {
    const int code = git_revwalk_next(&facts.id, made);
    if (code == GIT_ITEROVER) break;
    check_git(code, hex(head));
    stop_if_interrupted(context);
    if (history.commits.size() == max_commits) {
      history.cut = true;
      break;
    }
    const GitCommit commit = commit_of(repository, facts.id, hex(facts.id));
    facts.parents = git_commit_parentcount(commit.get());
    const git_signature* author = git_commit_author(commit.get());
    facts.author = person_of(author);
    facts.date = iso_time(author->when);
    const char* message = git_commit_message_raw(commit.get());
    facts.raw_message = message == nullptr ? "" : message;
    if (facts.raw_message.size() > kMaxMessageBytes) facts.raw_message.clear();
    facts.message = read_git_message(facts.raw_message);
    history.commits.push_back(facts);
  }
  return history;
}

double FileLines::total() const {
  double sum = author;
  for (const auto& [name, lines] : others) sum += lines;
  return sum;
}

std::vector<std::string> FileLines::bylines(const std::string& author_name) const {
  std::vector<std::string> names = {author_name};
  for (const auto& [name, lines] : others) {
    if (lines >= kBylineShare * total()) names.push_back(name);
  }
  return names;
}

std::map<std::string, FileLines> count_lines(Context& context, git_repository* repository,
                                             GitHistory& history, const GitPeople& people,
                                             const std::function<bool(const std::string&)>& wanted,
                                             std::chrono::steady_clock::time_point deadline) {
  std::map<std::string, FileLines> files;
  std::map<std::string, std::string> today;  // a former path -> the path in the head's tree
  const auto bar = context.progress.start("history", history.commits.size());
  size_t done = 0;
  for (GitCommitFacts& commit : history.commits) {
    stop_if_interrupted(context);
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("its history of {} commits was not read in the time there is; raise "
                              "collect.git.max_seconds or lower collect.git.max_commits",
                              history.commits.size()));
    }
    bar->update(++done);
    if (commit.parents > 1) continue;
    const CommitDiff diff(context, repository, commit);
    if (diff.get() == nullptr) continue;
    std::vector<GitPerson> writers = commit.message.co_authors;
    writers.insert(writers.begin(), commit.author);
    const bool has_author = std::any_of(writers.begin(), writers.end(),
                                        [&](const GitPerson& p) { return people.is_author(p); });
    for (size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i) {
      const git_diff_delta& delta = *git_diff_get_delta(diff.get(), i);
      if (delta.status == GIT_DELTA_DELETED) continue;
      const auto renamed = today.find(delta.new_file.path);
      const std::string path = renamed == today.end() ? delta.new_file.path : renamed->second;
      if (delta.status == GIT_DELTA_RENAMED) today[delta.old_file.path] = path;
      if (has_author) commit.changed.emplace_back(delta.new_file.path);
      if (!wanted(path)) continue;
      FileLines& lines = files[path];
      const double part =
          static_cast<double>(added_lines(diff.get(), i)) / static_cast<double>(writers.size());
      for (const GitPerson& writer : writers) {
        if (people.is_author(writer)) {
          lines.author += part;
          if (lines.date.empty()) lines.date = commit.date;
        } else {
          lines.others[people.name_of(writer)] += part;
        }
      }
    }
  }
  bar->finish();
  return files;
}

}  // namespace twin
