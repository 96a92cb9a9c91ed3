#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/bench_command.h"
#include "engine/kernels/limits.h"

namespace twin {
namespace {

using kernels::MachineLimits;
using kernels::MatmulRate;

constexpr size_t kMatrix = 1024;

std::string percent(double part, double whole) {
  return whole == 0 ? "-" : fmt::format("{:.0f}%", 100 * part / whole);
}

Json to_json(const MachineLimits& limits, const MatmulRate& f32, const MatmulRate& bf16,
             const MatmulRate& int8) {
  return {{"threads", limits.threads},
          {"f32_gflops", limits.f32_gflops},
          {"bf16_gflops", limits.bf16_gflops},
          {"int8_gops", limits.int8_gops},
          {"read_gb_per_s", limits.read_gb_per_s},
          {"matmul_f32_gflops", f32.gflops},
          {"matmul_f32_fraction", f32.gflops / limits.f32_gflops},
          {"matmul_bf16_gflops", bf16.gflops},
          {"matmul_bf16_fraction", bf16.gflops / limits.bf16_gflops},
          {"matmul_int8_gops", int8.gflops},
          // No such units, no limit to be near: 0.
          {"matmul_int8_fraction", limits.int8_gops == 0 ? 0 : int8.gflops / limits.int8_gops}};
}

void run_bench_machine(Session& session) {
  const kernels::Kernels& kernels = session.kernels();
  const size_t all = session.context().threads.size();
  session.print(
      fmt::format("Instruction set {}, {} threads. GFLOP/s (int8: GOP/s), GB/s; products "
                  "of {}x{}x{} and their share of the limit.\n\n",
                  kernels.name, all, kMatrix, kMatrix, kMatrix));
  session.print(
      "threads      f32     bf16     int8    read   f32 product        bf16 product        int8 "
      "product\n");
  Json list = Json::array();
  for (size_t threads = 1; threads <= all;
       threads = threads < all ? std::min(2 * threads, all) : all + 1) {
    QuietContext quiet(threads);
    const MachineLimits limits = measure_limits(quiet, kernels);
    const MatmulRate f32 = measure_matmul_f32(quiet, kernels, kMatrix);
    const MatmulRate bf16 = measure_matmul_bf16(quiet, kernels, kMatrix);
    const MatmulRate int8 = measure_matmul_int8(quiet, kernels, kMatrix);
    session.print(
        fmt::format("{:>7} {:>8.0f} {:>8.0f} {:>8.0f} {:>7.1f} {:>8.0f} {:>9} {:>8.0f} {:>9} "
                    "{:>8.0f} {:>9}\n",
                    threads, limits.f32_gflops, limits.bf16_gflops, limits.int8_gops,
                    limits.read_gb_per_s, f32.gflops, percent(f32.gflops, limits.f32_gflops),
                    bf16.gflops, percent(bf16.gflops, limits.bf16_gflops), int8.gflops,
                    percent(int8.gflops, limits.int8_gops)));
    list.push_back(to_json(limits, f32, bf16, int8));
  }
  Json json = list.back();  // what most will want: all threads
  json["isa"] = kernels.name;
  json["by_threads"] = list;
  session.print_json(json);
}

}  // namespace

void add_bench_machine(CLI::App& bench, Invocation& invocation) {
  CLI::App* machine = bench.add_subcommand(
      "machine", "The rates nothing here can pass, and how near the matrix products come");
  machine->footer(
      "Examples:\n  twin bench machine --json\n  TWIN_FORCE_ISA=avx2 twin bench machine\n\n"
      "Close other programs first: what else runs is measured as well.");
  machine->callback([&invocation] { invocation.run = run_bench_machine; });
}

}  // namespace twin
