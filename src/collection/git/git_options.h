#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace twin {

// What is taken of Git repositories, and what it may cost.
struct GitOptions {
  // Whose commits are the author's. Empty: of everybody whose name in the history is the author's.
  std::vector<std::string> emails;
  size_t max_commits = 2000;                          // newest ones that are read
  uint64_t max_file_bytes = 1 << 20;                  // a longer file is skipped
  uint64_t max_download_bytes = uint64_t{2} << 30;    // a fetch that brings more is given up
  std::chrono::seconds max_time{1800};                // for one repository
  bool forks = false;                                 // of a GitHub profile
  bool http = false;                                  // http:// as well as https://
  std::filesystem::path cache;                        // folder of the clones
  std::string github_api = "https://api.github.com";  // of GitHub Enterprise: https://HOST/api/v3
  std::string github_token;                           // sent to that API and its host alone
};

// The host that `github_api` is of, as in links: "github.com", "github.example.com:8443".
std::string github_host(const GitOptions& options);

}  // namespace twin
