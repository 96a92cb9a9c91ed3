#!/usr/bin/env python3
"""PyTorch with PEFT and TRL beside twin, learning the same batch: first losses compared, then speed and memory.

    python3 beside_torch.py --twin TWIN --models DIR [--rows lora,full,dpo,qlora] [--rounds N]

Models have random weights of real shapes (random_gguf.py), as GGUF for twin and, exported by twin,
as a Hugging Face folder for PyTorch. PyTorch runs in f32 and in bf16 autocast; the faster counts.
Writes OUT/torch.json and torch.md; exits with 1 where the first step's losses differ by more than
one in a thousand.
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent

# (row, GGUF, sequences, tokens of each, flags of twin, PyTorch's r, or None: nothing beside it)
ROWS = [
    ("lora", "smollm2-135m-bf16", 4, 512, ["--r", "16"], 16),
    ("full", "smollm2-135m-bf16", 4, 512, ["--full"], 0),
    ("dpo", "smollm2-135m-bf16", 8, 256, ["--r", "16", "--dpo", "128"], 16),
    ("qlora", "llama3.2-1b-q4_0", 2, 512, ["--r", "16"], None),
]


def run(command: list) -> dict:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
                 f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def tokens_file(out: pathlib.Path, sequences: int, length: int) -> pathlib.Path:
    path = out / f"tokens-{sequences}x{length}.json"
    generator = random.Random(0)
    path.write_text(json.dumps([[generator.randrange(49152) for _ in range(length + 1)]
                                for _ in range(sequences)]))
    return path


def made_model(gguf: str, options) -> pathlib.Path:
    """The file of random weights, made where it is not there yet."""
    model = options.models / f"{gguf}.gguf"
    if model.exists():
        return model
    shape, type_ = gguf.rsplit("-", 1)
    f16 = options.models / f"{shape}-f16.gguf"
    options.models.mkdir(parents=True, exist_ok=True)
    if not f16.exists():
        subprocess.run([sys.executable, HERE / "random_gguf.py", shape, f16], check=True)
    subprocess.run([options.twin, "-q", "models", "export", f16, model, "--type", type_], check=True)
    return model


def measure(row: tuple, options) -> dict:
    name, gguf, sequences, length, flags, r = row
    model = made_model(gguf, options)
    tokens = tokens_file(options.out, sequences, length)
    found = {"row": name, "model": gguf, "batch": f"{sequences} x {length}", "rounds": []}
    for _ in range(options.rounds):
        ours = run([options.twin, "-q", "--json", "bench", "train", model, "--tokens", tokens,
                    "--steps", options.steps, "--threads", options.threads, *flags,
                    *options.flags.split()])
        theirs = {}
        if r is not None:
            folder = options.out / gguf
            if not folder.exists():
                subprocess.run([options.twin, "-q", "models", "export", model, folder], check=True)
            for mode in options.modes.split(","):
                dpo = "--dpo" in flags
                worker = "trl_dpo_worker.py" if dpo else "torch_train_worker.py"
                prompt = ["--prompt", flags[flags.index("--dpo") + 1]] if dpo else []
                theirs[mode] = run([sys.executable, HERE / worker, "--model", folder,
                                    "--tokens", tokens, "--threads", options.threads,
                                    "--steps", options.steps, "--r", r, "--mode", mode, *prompt])
        found["rounds"].append({"twin": ours, "torch": theirs})
    return found


def summary(found: dict) -> dict:
    """The row's line, medians over its rounds."""
    ratios, losses = [], []
    for one in found["rounds"]:
        if not one["torch"]:
            continue
        fastest = min(statistics.median(theirs["seconds"]) for theirs in one["torch"].values())
        ratios.append(fastest / statistics.median(one["twin"]["seconds"]))
        # Of the first step, before anything is learned: with DPO it is ln 2 whatever was computed.
        losses += [abs(one["twin"]["losses"][0] / theirs["losses"][0] - 1)
                   for theirs in one["torch"].values()]
    twin = [one["twin"] for one in found["rounds"]]
    peaks = [min(theirs["peak_bytes"] for theirs in one["torch"].values())
             for one in found["rounds"] if one["torch"]]
    return {
        "seconds": statistics.median(statistics.median(one["seconds"]) for one in twin),
        "mfu": statistics.median(one["mfu"] for one in twin),
        "peak_mb": max(one["peak_bytes"] for one in twin) / 1e6,
        "ratio": statistics.median(ratios) if ratios else None,
        "torch_peak_mb": min(peaks) / 1e6 if peaks else None,
        "loss_difference": max(losses, default=0.0),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--twin", required=True, type=pathlib.Path)
    parser.add_argument("--models", required=True, type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parent.parent / "build/peers")
    parser.add_argument("--rows", default=",".join(row[0] for row in ROWS))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--modes", default="f32,bf16")
    parser.add_argument("--flags", default="", help="more of twin bench train's, as '--recompute 16'")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    lines = [f"twin beside PyTorch, {options.threads} threads, {time.strftime('%Y-%m-%d')} "
             f"{options.flags}\n",
             "| work | batch | step | MFU | of PyTorch's speed | peak | PyTorch's | loss differs by |",
             "|---|---|---|---|---|---|---|---|"]
    everything, differ = [], False
    for row in ROWS:
        if row[0] not in options.rows.split(","):
            continue
        found = measure(row, options)
        line = summary(found)
        everything.append(found | line)
        differ |= line["loss_difference"] > 1e-3
        ratio = "" if line["ratio"] is None else f"{line['ratio']:.2f}x"
        theirs = "" if line["torch_peak_mb"] is None else f"{line['torch_peak_mb']:.0f} MB"
        lines.append(f"| {found['row']} {found['model']} | {found['batch']} | {line['seconds']:.1f} s "
                     f"| {line['mfu']:.2f} | {ratio} | {line['peak_mb']:.0f} MB | {theirs} "
                     f"| {line['loss_difference']:.1e} |")
        print(lines[-1], file=sys.stderr, flush=True)
    (options.out / "torch.json").write_text(json.dumps(everything, indent=1) + "\n")
    (options.out / "torch.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    sys.exit(1 if differ else 0)


main()
