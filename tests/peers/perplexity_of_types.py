"""Perplexity of each type of weights, ours beside llama.cpp's on the same file. Run by hand:

    python3 tests/peers/perplexity_of_types.py build/release/twin MODEL TEXT... [--tokenizer FILE]

MODEL is exported to GGUF in every type that `twin models export` writes; rows that are no whole number
of a type's blocks get another, which the table says. The texts are read as one, in windows of 256
tokens whose second halves count (docs/engine/speed.md). Prints a table in Markdown; exits with 1 where
a perplexity is over 0.5% from llama.cpp's. Needs the packages llama-cpp-python and gguf.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import gguf

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKER = ROOT / "bench/peers/llama_cpp_worker.py"
TYPES = ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "q4_k_m", "q5_k_m", "q6_k"]
WINDOW = 256
LARGEST_DIFFERENCE = 0.005


def run(*command, text=""):
    done = subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def types_of_matrices(file):
    """The types that matrices are stored in, the most frequent first."""
    values = collections.Counter()
    for tensor in gguf.GGUFReader(file).tensors:
        if len(tensor.shape) > 1:
            values[tensor.tensor_type.name] += int(tensor.n_elements)
    total = sum(values.values())
    return ", ".join(f"{name} {100 * n / total:.0f}%" for name, n in values.most_common())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("twin", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("text", type=pathlib.Path, nargs="+")
    parser.add_argument("--tokenizer", type=pathlib.Path, help="where the model has none")
    parser.add_argument("--characters", type=int, default=40_000, help="of the texts, at most")
    options = parser.parse_args()
    twin = [options.twin.resolve(), "-q", "--json", "models"]
    tokenizer = ["--tokenizer", options.tokenizer] if options.tokenizer else []
    text = "\n".join(file.read_text() for file in options.text)[: options.characters]

    worst = 0.0
    print("| type | stored as | tokens | twin | llama.cpp | difference |\n|" + "---|" * 6, flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "text").write_text(text)
        for kind in TYPES:
            file = folder / "model.gguf"
            file.unlink(missing_ok=True)
            run(*twin, "export", options.model, file, "--type", kind, *tokenizer)
            ours = json.loads(
                run(*twin, "perplexity", file, folder / "text", "--window", WINDOW, "--no-bos"))
            ids = json.loads(run(*twin, "tokenize", file, "--stdin", text=text))["ids"]
            (folder / "ids").write_text(json.dumps(ids))
            theirs = json.loads(
                run(sys.executable, WORKER, "perplexity", file, 1, WINDOW, f"@{folder / 'ids'}"))
            if ours["tokens"] != theirs["tokens"]:
                sys.exit(f"{kind}: {ours['tokens']} tokens counted, {theirs['tokens']} by llama.cpp")
            difference = ours["perplexity"] / theirs["perplexity"] - 1
            worst = max(worst, abs(difference))
            print(f"| {kind} | {types_of_matrices(file)} | {ours['tokens']} | {ours['perplexity']:.4f} "
                  f"| {theirs['perplexity']:.4f} | {100 * difference:+.3f}% |", flush=True)
    if worst > LARGEST_DIFFERENCE:
        sys.exit(f"{100 * worst:.3f}% from llama.cpp's, over {100 * LARGEST_DIFFERENCE}%")


if __name__ == "__main__":
    main()
