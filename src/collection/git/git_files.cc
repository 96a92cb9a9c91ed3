#include "collection/git/git_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "collection/no_writing.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxEntries = 200'000;
constexpr size_t kMaxDepth = 64;

constexpr std::array<std::string_view, 13> kForeignFolders = {"bower_components",
                                                              "dist",
                                                              "external",
                                                              "externals",
                                                              "node_modules",
                                                              "pods",
                                                              "site-packages",
                                                              "_site",
                                                              "third-party",
                                                              "third_party",
                                                              "thirdparty",
                                                              "vendor",
                                                              "venv"};

constexpr std::array<std::string_view, 10> kDocumentSuffixes = {
    ".md", ".markdown", ".mdown", ".mdx", ".rst", ".adoc", ".asciidoc", ".org", ".txt", ".qmd"};

constexpr std::array<std::string_view, 82> kCodeSuffixes = {
    ".asm",    ".awk",    ".bash", ".bat", ".c",    ".cc",     ".cjs",   ".clj", ".cljs",  ".cmake",
    ".cpp",    ".cr",     ".cs",   ".css", ".cu",   ".cuh",    ".cxx",   ".d",   ".dart",  ".el",
    ".elm",    ".erl",    ".ex",   ".exs", ".f90",  ".fish",   ".fs",    ".fsx", ".glsl",  ".go",
    ".gradle", ".groovy", ".h",    ".hh",  ".hpp",  ".hrl",    ".hs",    ".hxx", ".java",  ".jl",
    ".js",     ".jsx",    ".kt",   ".kts", ".less", ".lisp",   ".lua",   ".m",   ".mjs",   ".ml",
    ".mli",    ".mm",     ".nim",  ".nix", ".pas",  ".php",    ".pl",    ".pm",  ".proto", ".ps1",
    ".py",     ".pyi",    ".pyx",  ".r",   ".rb",   ".rkt",    ".rs",    ".s",   ".sass",  ".scala",
    ".scm",    ".scss",   ".sh",   ".sql", ".sv",   ".svelte", ".swift", ".tf",  ".ts",    ".tsx",
    ".vue",    ".zig"};

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_generated_name(std::string_view name) {
  return name.ends_with(".min.js") || name.ends_with(".min.css") || name.ends_with(".pb.go") ||
         name.ends_with("_pb2.py") || name.ends_with(".designer.cs") || name.ends_with(".g.dart");
}

class Lister {
 public:
  Lister(Context& context, git_repository* repository)
      : context_(context), repository_(repository) {}

  void walk(const git_tree* tree, const std::string& prefix, size_t depth) {
    stop_if_interrupted(context_);
    for (size_t i = 0; i < git_tree_entrycount(tree); ++i) {
      if (++entries_ > kMaxEntries) {
        if (entries_ == kMaxEntries + 1) {
          listing_.omissions.push_back({prefix, "more than 200,000 entries; the rest is left out"});
        }
        return;
      }
      add(*git_tree_entry_byindex(tree, i), prefix, depth);
    }
  }

  GitTreeListing finish() {
    std::sort(listing_.files.begin(), listing_.files.end(),
              [](const GitFile& a, const GitFile& b) { return a.path < b.path; });
    return std::move(listing_);
  }

 private:
  void add(const git_tree_entry& entry, const std::string& prefix, size_t depth) {
    const std::string name = git_tree_entry_name(&entry), path = prefix + name;
    const git_filemode_t mode = git_tree_entry_filemode(&entry);
    if (mode == GIT_FILEMODE_TREE) {
      if (name.starts_with('.')) return omit(path, "hidden folder");
      if (contains(kForeignFolders, lower(name))) {
        return omit(path, "a folder of other people's or generated code");
      }
      if (depth == kMaxDepth) return omit(path, "more than 64 folders deep");
      git_tree* found = nullptr;
      check_git(git_tree_lookup(&found, repository_, git_tree_entry_id(&entry)), path);
      const GitTree folder(found);
      return walk(found, path + '/', depth + 1);
    }
    if (mode == GIT_FILEMODE_COMMIT) return omit(path, "a submodule: a repository of its own");
    if (mode == GIT_FILEMODE_LINK) return omit(path, "a link to another file");
    add_file(entry, name, path);
  }

  void add_file(const git_tree_entry& entry, const std::string& name, const std::string& path) {
    const std::string small = lower(name);
    const std::string suffix = std::filesystem::path(small).extension().string();
    GitFile file{path, *git_tree_entry_id(&entry), GitFileKind::kCode};
    const bool document = contains(kDocumentSuffixes, suffix);
    if (is_licence_name(name) && (document || suffix.empty())) {
      return omit(path, kLicenceReason);
    }
    if (small.starts_with("readme") && (document || suffix.empty())) {
      file.kind = GitFileKind::kReadme;
    } else if (small == "requirements.txt" || small == "cmakelists.txt" || small == "robots.txt") {
      ++listing_.other_files;
      return;
    } else if (document) {
      file.kind = GitFileKind::kDocumentation;
    } else if (is_generated_name(small)) {
      return omit(path, "generated code");
    } else if (!contains(kCodeSuffixes, suffix)) {
      ++listing_.other_files;
      return;
    }
    listing_.files.push_back(std::move(file));
  }

  void omit(std::string path, std::string reason) {
    listing_.omissions.push_back({std::move(path), std::move(reason)});
  }

  Context& context_;
  git_repository* repository_;
  size_t entries_ = 0;
  GitTreeListing listing_;
};

}  // namespace

std::string_view name_of(GitFileKind kind) {
  switch (kind) {
    case GitFileKind::kReadme:
      return "readme";
    case GitFileKind::kDocumentation:
      return "documentation";
    case GitFileKind::kCode:
      break;
  }
  return "code";
}

GitTreeListing list_git_tree(Context& context, git_repository* repository, const git_oid& commit) {
  const GitCommit head = commit_of(repository, commit, hex(commit));
  git_tree* found = nullptr;
  check_git(git_commit_tree(&found, head.get()), hex(commit));
  const GitTree tree(found);
  Lister lister(context, repository);
  lister.walk(found, "", 0);
  return lister.finish();
}

std::string foreign_file_reason(std::string_view bytes) {
  if (bytes.starts_with("version https://git-lfs.github.com/spec/")) return "kept in Git LFS";
  const std::string_view head = bytes.substr(0, 1000);
  for (const std::string_view mark : {"@generated", "DO NOT EDIT", "Do not edit this file",
                                      "<auto-generated", "Automatically generated"}) {
    if (head.find(mark) != std::string_view::npos) return "generated code";
  }
  return {};
}

}  // namespace twin
