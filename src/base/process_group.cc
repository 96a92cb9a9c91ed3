#include "base/process_group.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "base/error.h"

namespace twin {
namespace {

class SingleProcess : public ProcessGroup {
 public:
  size_t rank() const override { return 0; }
  size_t size() const override { return 1; }
  size_t local_size() const override { return 1; }
  void sum(std::span<float>) override {}
  void sum(std::span<double>) override {}
  void broadcast(std::span<std::byte>) override {}
};

using Handle = void*;  // MPI_Comm, MPI_Datatype, MPI_Op

// Open MPI's C interface, of the versions 2 to 5.
class MpiLibrary {
 public:
  MpiLibrary() {
    // Global: its own plugins look their symbols up in it.
    library_ = ::dlopen("libmpi.so.40", RTLD_NOW | RTLD_GLOBAL);
    if (library_ == nullptr) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("started by mpirun, but Open MPI's library cannot be opened ({}); "
                              "install openmpi-bin",
                              ::dlerror()));
    }
    find("MPI_Init_thread", init_thread);
    find("MPI_Comm_rank", comm_rank);
    find("MPI_Comm_size", comm_size);
    find("MPI_Reduce", reduce);
    find("MPI_Bcast", bcast);
    find("MPI_Finalize", finalize);
    world = symbol("ompi_mpi_comm_world");
    floats = symbol("ompi_mpi_float");
    doubles = symbol("ompi_mpi_double");
    bytes = symbol("ompi_mpi_byte");
    add = symbol("ompi_mpi_op_sum");
  }

  int (*init_thread)(int*, char***, int, int*) = nullptr;
  int (*comm_rank)(Handle, int*) = nullptr;
  int (*comm_size)(Handle, int*) = nullptr;
  int (*reduce)(const void*, void*, int, Handle, Handle, int, Handle) = nullptr;
  int (*bcast)(void*, int, Handle, int, Handle) = nullptr;
  int (*finalize)() = nullptr;
  Handle world = nullptr, floats = nullptr, doubles = nullptr, bytes = nullptr, add = nullptr;

 private:
  Handle symbol(const char* name) const {
    Handle found = ::dlsym(library_, name);
    if (found == nullptr) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("libmpi.so.40 has no {}; it takes Open MPI's", name));
    }
    return found;
  }
  template <class Function>
  void find(const char* name, Function& function) const {
    function = reinterpret_cast<Function>(symbol(name));
  }

  Handle library_ = nullptr;
};

// MPI counts in int; and a piece at a time keeps its buffers small.
constexpr size_t kPiece = size_t{1} << 24;

class MpiGroup : public ProcessGroup {
 public:
  MpiGroup() {
    constexpr int kFunneled = 1;  // MPI_THREAD_FUNNELED: one of our threads calls
    int provided = 0, rank = 0, size = 0;
    check(mpi_.init_thread(nullptr, nullptr, kFunneled, &provided));
    check(mpi_.comm_rank(mpi_.world, &rank));
    check(mpi_.comm_size(mpi_.world, &size));
    rank_ = static_cast<size_t>(rank);
    size_ = static_cast<size_t>(size);
    if (const char* local = std::getenv("OMPI_COMM_WORLD_LOCAL_SIZE")) {
      local_size_ = std::clamp<size_t>(std::strtoul(local, nullptr, 10), 1, size_);
    }
  }
  ~MpiGroup() override {
    if (std::uncaught_exceptions() == 0) mpi_.finalize();
  }

  size_t rank() const override { return rank_; }
  size_t size() const override { return size_; }
  size_t local_size() const override { return local_size_; }

  void sum(std::span<float> values) override { sum(values, mpi_.floats); }
  void sum(std::span<double> values) override { sum(values, mpi_.doubles); }
  void broadcast(std::span<std::byte> bytes) override { spread(bytes, mpi_.bytes); }

 private:
  static void check(int result) {
    if (result != 0) throw Error(ErrorCode::kFailed, fmt::format("MPI failed ({})", result));
  }

  // To process 0 and back: an all-reduce need not give all the same bits.
  template <class T>
  void sum(std::span<T> values, Handle type) {
    const auto in_place = reinterpret_cast<const void*>(1);  // MPI_IN_PLACE
    for (size_t begin = 0; begin < values.size(); begin += kPiece) {
      const std::span<T> piece = values.subspan(begin, std::min(kPiece, values.size() - begin));
      check(mpi_.reduce(is_first() ? in_place : piece.data(), piece.data(),
                        static_cast<int>(piece.size()), type, mpi_.add, 0, mpi_.world));
    }
    spread(values, type);
  }

  template <class T>
  void spread(std::span<T> values, Handle type) {
    for (size_t begin = 0; begin < values.size(); begin += kPiece) {
      const size_t count = std::min(kPiece, values.size() - begin);
      check(mpi_.bcast(values.data() + begin, static_cast<int>(count), type, 0, mpi_.world));
    }
  }

  MpiLibrary mpi_;
  size_t rank_ = 0, size_ = 1, local_size_ = 1;
};

}  // namespace

ProcessGroup& single_process() {
  static SingleProcess alone;
  return alone;
}

std::unique_ptr<ProcessGroup> join_mpi() {
  const char* size = std::getenv("OMPI_COMM_WORLD_SIZE");
  if (size == nullptr || std::string_view(size) == "1") return nullptr;
  return std::make_unique<MpiGroup>();
}

}  // namespace twin
