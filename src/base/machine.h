#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace twin {

// Bytes of memory that work started now can use without swapping, what the process's own control
// group allows included. 0 where the system does not say.
uint64_t available_memory_bytes();

// Processors that this process may run on: what taskset, a container or mpirun left it. At least 1.
size_t available_processors();

// The most bytes of memory this process has had at one time, mapped files included as far as they
// were read. 0 where the system does not say.
uint64_t peak_memory_bytes();

// Bytes that may still be written below `path`, whose nearest existing parent is looked at.
// 0 where the system does not say.
uint64_t free_disk_bytes(const std::filesystem::path& path);

}  // namespace twin
