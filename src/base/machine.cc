#include "base/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

namespace twin {
namespace {

namespace fs = std::filesystem;

// The number behind `name` in a file of "name number" lines; 0 where there is none.
uint64_t number_after(const char* file, const std::string& name) {
  std::ifstream lines(file);
  std::string word;
  uint64_t value = 0;
  while (lines >> word) {
    if (word == name && lines >> value) return value;
  }
  return 0;
}

// The one number of a file; 0 where it holds none ("max").
uint64_t number_in(const char* file) {
  std::ifstream stream(file);
  uint64_t value = 0;
  return stream >> value ? value : 0;
}

// What the control group (version 2) has left, 0 where it sets no limit.
uint64_t control_group_left() {
  const uint64_t limit = number_in("/sys/fs/cgroup/memory.max");
  if (limit == 0) return 0;
  // Cached files count as used but are given back under pressure.
  const uint64_t reclaimable = number_after("/sys/fs/cgroup/memory.stat", "inactive_file");
  const uint64_t used = number_in("/sys/fs/cgroup/memory.current");
  const uint64_t held = used - std::min(used, reclaimable);
  return limit - std::min(limit, held);
}

}  // namespace

uint64_t available_memory_bytes() {
  uint64_t available = number_after("/proc/meminfo", "MemAvailable:") * 1024;
  if (available == 0) {
    const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
    available =
        pages > 0 && page > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page) : 0;
  }
  const uint64_t group = control_group_left();
  return group == 0 ? available : std::min(available, group);
}

size_t available_processors() {
#ifdef __linux__
  cpu_set_t processors;
  if (::sched_getaffinity(0, sizeof processors, &processors) == 0) {
    return static_cast<size_t>(std::max(1, CPU_COUNT(&processors)));
  }
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

uint64_t peak_memory_bytes() {
  // Linux counts the program that started this one in getrusage.
  if (const uint64_t kilobytes = number_after("/proc/self/status", "VmHWM:")) {
    return 1024 * kilobytes;
  }
  struct rusage usage;
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#ifdef __APPLE__
  constexpr uint64_t kUnit = 1;
#else
  constexpr uint64_t kUnit = 1024;
#endif
  return kUnit * static_cast<uint64_t>(usage.ru_maxrss);
}

uint64_t free_disk_bytes(const fs::path& path) {
  fs::path existing = fs::absolute(path);
  while (!fs::exists(existing) && existing != existing.parent_path()) {
    existing = existing.parent_path();
  }
  std::error_code error;
  const fs::space_info space = fs::space(existing, error);
  return error ? 0 : space.available;
}

}  // namespace twin
