#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace twin {

// Processes that compute one thing together, numbered rank() = 0 ... size() - 1. All make the same
// calls in the same order; each waits for the others. One thread at a time.
class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;
  virtual size_t rank() const = 0;
  virtual size_t size() const = 0;
  // How many of them run on this machine.
  virtual size_t local_size() const = 0;

  // values become their sums over all processes: the same bits in each. Spans of one length.
  virtual void sum(std::span<float> values) = 0;
  virtual void sum(std::span<double> values) = 0;
  // bytes become those of process 0. Spans of one length.
  virtual void broadcast(std::span<std::byte> bytes) = 0;

  // The one that writes files and speaks to people.
  bool is_first() const { return rank() == 0; }
};

// work() in the first process, for which the others wait: it writes what all then read.
template <class Work>
void by_the_first(ProcessGroup& processes, Work&& work) {
  if (processes.is_first()) work();
  std::byte done{};
  processes.broadcast({&done, 1});
}

// A process by itself, which waits for nobody. Thread-safe; outlives everything.
ProcessGroup& single_process();

// The group that Open MPI's `mpirun -np N` started this process in, joined once; null where it was
// started otherwise or as the only one. The library is opened here alone: without mpirun nothing of
// it is needed. Destroyed without an exception on its way, it waits for the others to be done; with
// one it leaves, and mpirun ends them. Errors: kUsage where libmpi.so.40 cannot be opened.
// Source: MPI 3.1, chapters 5 and 8; Open MPI's mpi.h, whose handles are addresses of its objects.
std::unique_ptr<ProcessGroup> join_mpi();

}  // namespace twin
