#!/usr/bin/env python3
"""llama.cpp beside twin, on the same files in one run: results checked first, then speed and memory.

    ./dev peers [--quick] [--rows smollm2-135m/Q8_0,...] [--rounds N] [--threads N]

Models have random weights of real shapes (random_gguf.py); they are made once, in build/peers/models.
In each round, for each row, twin and llama.cpp run one after the other, so that a neighbour on the
machine slows both; a ratio is the median of the rounds' ratios. Writes build/peers/llama_cpp.json and
.md; exits with 1 where results differ from llama.cpp's.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SEED = 0
TEXT = ROOT / "examples/corpora/maren-holt/2019-03-10-the-drawer-that-would-not-close.md"
PROMPT = "The trouble with varnish is that"
GREEDY_TOKENS = 16
WINDOW = 256
TEXT_CHARACTERS = 2048

# (shape, our type, llama.cpp's type, prompt tokens): llama.cpp has no fast BF16 on most processors.
ROWS = [
    ("smollm2-135m", "F16", "F16", 512),
    ("smollm2-135m", "Q8_0", "Q8_0", 512),
    ("smollm2-135m", "Q4_0", "Q4_0", 512),
    ("llama3.2-1b", "BF16", "F16", 256),
    ("llama3.2-1b", "Q8_0", "Q8_0", 256),
    ("llama3.2-1b", "Q4_0", "Q4_0", 256),
]
# How far below llama.cpp's greatest logit our token's may be, in standard deviations of the logits:
# near ties fall either way where sums are rounded differently.
REGRET = {"F16": 0.02, "BF16": 0.05}
REGRET_QUANTIZED = 0.2
PERPLEXITY_DIFFERENCE = 0.005


def run(command: list, text: str = "") -> dict:
    """The JSON that a command prints last, given the text on standard input."""
    done = subprocess.run([str(part) for part in command], input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Peers:
    def __init__(self, options):
        self.options = options
        self.twin = [options.twin, "-q", "--json", "--set", f"threads={options.threads}"]

    def model(self, shape: str, kind: str) -> pathlib.Path:
        path = self.options.models / f"{shape}-{kind.lower()}.gguf"
        if path.exists():
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"making {path.name}", file=sys.stderr)
        if kind == "F16":
            subprocess.run([sys.executable, HERE / "random_gguf.py", shape, path, str(SEED)], check=True)
        else:
            self.worker("quantize", self.model(shape, "F16"), kind, path)
        return path

    def worker(self, work: str, *arguments) -> dict:
        return run([sys.executable, HERE / "llama_cpp_worker.py", work, *arguments])

    def check(self, shape: str, kind: str) -> dict:
        """Our greedy tokens and our perplexity against llama.cpp's on the same file."""
        model, threads = self.model(shape, kind), self.options.threads
        ours = run([*self.twin, "models", "generate", model, PROMPT, "--temperature", 0,
                    "--max-new-tokens", GREEDY_TOKENS])
        result = self.worker("follow", model, threads, json.dumps(ours["prompt_ids"]), json.dumps(ours["ids"]))
        text = self.options.out / "perplexity.txt"
        text.write_text(TEXT.read_text()[:TEXT_CHARACTERS])
        mine = run([*self.twin, "models", "perplexity", model, text, "--window", WINDOW, "--no-bos"])
        ids = self.options.out / "ids.json"
        ids.write_text(json.dumps(run([*self.twin, "models", "tokenize", model, "--stdin"], text.read_text())["ids"]))
        theirs = self.worker("perplexity", model, threads, WINDOW, f"@{ids}")
        result["perplexity"], result["perplexity_peer"] = mine["perplexity"], theirs["perplexity"]
        result["perplexity_tokens"] = theirs["tokens"]
        difference = abs(mine["perplexity"] / theirs["perplexity"] - 1)
        result["perplexity_difference"] = difference
        result["ok"] = (
            result["greatest_regret"] <= REGRET.get(kind, REGRET_QUANTIZED)
            and mine["tokens"] == theirs["tokens"]
            and difference <= PERPLEXITY_DIFFERENCE
        )
        return result

    def node_prefill(self, model: pathlib.Path, prompt: int):
        folder = self.options.node
        if folder is None or not (folder / "node_modules" / "node-llama-cpp").is_dir():
            return None
        script = folder / "node_prefill.mjs"  # beside its node_modules
        script.write_text((HERE / "node_prefill.mjs").read_text())
        return run(["node", script, model, prompt, self.options.threads, self.options.repeat])["prefill_tokens_per_s"]

    def round(self, row) -> dict:
        shape, kind, peer_kind, prompt = row
        threads, new, repeat = self.options.threads, self.options.new, self.options.repeat
        ours = run([*self.twin, "bench", "generate", self.model(shape, kind),
                    "--prompt", prompt, "--new", new, "--repeat", repeat])
        peer_model = self.model(shape, peer_kind)
        theirs = self.worker("speed", peer_model, threads, prompt, new, repeat)
        return {"ours": ours, "peer": theirs, "node_prefill_tokens_per_s": self.node_prefill(peer_model, prompt)}


def summary(row, rounds: list[dict]) -> dict:
    def values(of) -> list[float]:
        return [of(r) for r in rounds]

    def spread(of) -> dict:
        got = values(of)
        return {"median": statistics.median(got), "lowest": min(got), "highest": max(got)}

    def peer_prefill(r) -> float:  # the faster of the two
        return max(r["peer"]["prefill_tokens_per_s"], r["node_prefill_tokens_per_s"] or 0)

    shape, kind, peer_kind, prompt = row
    return {
        "shape": shape,
        "type": kind,
        "peer_type": peer_kind,
        "prompt_tokens": prompt,
        "prefill_tokens_per_s": spread(lambda r: r["ours"]["prefill_tokens_per_s"]),
        "peer_prefill_tokens_per_s": spread(peer_prefill),
        "prefill_ratio": spread(lambda r: r["ours"]["prefill_tokens_per_s"] / peer_prefill(r)),
        "prefill_fraction_of_limit": spread(lambda r: r["ours"]["prefill_fraction_of_limit"]),
        "prefill_limit": rounds[0]["ours"]["prefill_limit"],
        "decode_tokens_per_s": spread(lambda r: r["ours"]["decode_tokens_per_s"]),
        "peer_decode_tokens_per_s": spread(lambda r: r["peer"]["decode_tokens_per_s"]),
        "decode_ratio": spread(lambda r: r["ours"]["decode_tokens_per_s"] / r["peer"]["decode_tokens_per_s"]),
        "decode_fraction_of_read_limit": spread(lambda r: r["ours"]["decode_fraction_of_read_limit"]),
        "batch_speedup": spread(lambda r: r["ours"]["batch_speedup"]),
        "first_token_seconds": spread(lambda r: r["ours"]["first_token_seconds"]),
        "peer_first_token_seconds": spread(lambda r: r["peer"]["first_token_seconds"]),
        "peak_bytes": spread(lambda r: r["ours"]["peak_bytes"]),
        "peer_peak_bytes": spread(lambda r: r["peer"]["peak_bytes"]),
        "weight_bytes": rounds[0]["ours"]["weight_bytes"],
        "cache_bytes": rounds[0]["ours"]["cache_bytes"],
    }


def table(document: dict) -> str:
    machine = document["machine"]
    lines = [
        f"twin {document['commit']}, llama.cpp of {document['peer']}, {document['cpu']}, {machine['isa']}, "
        f"{document['threads']} threads, seed {SEED}, {document['rounds']} rounds, {document['time']}. Limits: "
        f"f32 {machine['f32_gflops']:.0f} GFLOP/s, bf16 {machine['bf16_gflops']:.0f} GFLOP/s, "
        f"int8 {machine['int8_gops']:.0f} GOP/s, reading {machine['read_gb_per_s']:.1f} GB/s. "
        "Tokens per second: median (lowest to highest).",
        "",
        "| shape | type | prefill | llama.cpp | ratio | of limit | decode | llama.cpp | ratio | of reading "
        "| 8 together | first token | llama.cpp | peak memory | llama.cpp |",
        "|" + "---|" * 15,
    ]

    def rate(r: dict) -> str:
        return f"{r['median']:.1f} ({r['lowest']:.1f} to {r['highest']:.1f})"

    for r in document["rows"]:
        kind = r["type"] if r["type"] == r["peer_type"] else f"{r['type']} (theirs {r['peer_type']})"
        cells = [
            f"{r['shape']}, {r['prompt_tokens']}",
            kind,
            rate(r["prefill_tokens_per_s"]),
            rate(r["peer_prefill_tokens_per_s"]),
            f"{r['prefill_ratio']['median']:.2f}",
            f"{100 * r['prefill_fraction_of_limit']['median']:.0f}% {r['prefill_limit']}",
            rate(r["decode_tokens_per_s"]),
            rate(r["peer_decode_tokens_per_s"]),
            f"{r['decode_ratio']['median']:.2f}",
            f"{100 * r['decode_fraction_of_read_limit']['median']:.0f}%",
            f"{r['batch_speedup']['median']:.2f}x",
            f"{r['first_token_seconds']['median']:.2f} s",
            f"{r['peer_first_token_seconds']['median']:.2f} s",
            f"{r['peak_bytes']['median'] / 1e6:.0f} MB",
            f"{r['peer_peak_bytes']['median'] / 1e6:.0f} MB",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    if document["checks"]:
        lines += ["", "| shape | type | greedy tokens equal | greatest regret (sd) | perplexity | llama.cpp | |", "|" + "---|" * 7]
        for c in document["checks"]:
            lines.append(
                f"| {c['shape']} | {c['type']} | {c['equal_tokens']} of {c['tokens']} | {c['greatest_regret']:.4f} "
                f"| {c['perplexity']:.2f} | {c['perplexity_peer']:.2f} | {'ok' if c['ok'] else 'DIFFERS'} |"
            )
    return "\n".join(lines) + "\n"


def cpu_name() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--twin", type=pathlib.Path, default=ROOT / "build/release/twin")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/peers")
    parser.add_argument("--models", type=pathlib.Path, help="where the GGUF files are (default: OUT/models)")
    parser.add_argument("--node", type=pathlib.Path, help="folder whose node_modules has node-llama-cpp")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=2, help="runs within a round")
    parser.add_argument("--new", type=int, default=64)
    parser.add_argument("--rows", help="SHAPE/TYPE, separated by commas (default: all)")
    parser.add_argument("--quick", action="store_true", help="the smallest shape, one round")
    parser.add_argument("--no-check", action="store_true", help="speed alone")
    options = parser.parse_args()
    options.models = options.models or options.out / "models"
    options.out.mkdir(parents=True, exist_ok=True)
    rows = [r for r in ROWS if not options.rows or f"{r[0]}/{r[1]}" in options.rows.split(",")]
    if options.quick:
        rows, options.rounds, options.repeat = [r for r in rows if r[0] == "smollm2-135m"], 1, 1
    peers = Peers(options)

    import llama_cpp  # here, so that --help needs no package

    document = {
        "commit": subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip(),
        "peer": f"llama-cpp-python {llama_cpp.__version__}" + (" and node-llama-cpp" if options.node else ""),
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "threads": options.threads,
        "seed": SEED,
        "rounds": options.rounds,
        "time": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "checks": [],
        "rows": [],
    }
    for shape, kind, peer_kind, _ in rows:
        for one in dict.fromkeys([kind, peer_kind]):
            peers.model(shape, one)
        if not options.no_check:
            print(f"checking {shape} {kind}", file=sys.stderr)
            document["checks"].append({"shape": shape, "type": kind, **peers.check(shape, kind)})
    measured: dict = {row: [] for row in rows}
    for number in range(options.rounds):
        for row in rows:
            print(f"round {number + 1}: {row[0]} {row[1]}", file=sys.stderr)
            measured[row].append(peers.round(row))
    document["machine"] = run([*peers.twin, "bench", "machine"])
    document["rows"] = [summary(row, rounds) for row, rounds in measured.items()]

    (options.out / "llama_cpp.json").write_text(json.dumps(document, indent=1) + "\n")
    (options.out / "llama_cpp.md").write_text(table(document))
    print(table(document))
    if not all(check["ok"] for check in document["checks"]):
        sys.exit("results differ from llama.cpp's")


if __name__ == "__main__":
    main()
