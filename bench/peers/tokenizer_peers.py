"""How fast the packages `tokenizers`, `tiktoken` and `sentencepiece` encode what tokenizer_bench does.

    RAYON_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false python3 bench/peers/tokenizer_peers.py DATA

DATA is the folder with tokenizers/ and authors/. One JSON line each, MB/s on one core, the median of
seven. The packages that hold a text whole (tokenizers) are given its files one by one: a single text
of 10 MB slows them down.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import sentencepiece
import tiktoken

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "golden"))
from make_tokenizer_golden import HuggingFace, Tokenizer, bytes_to_unicode, gpt2, qwen2  # noqa: E402

GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"


def measure(name: str, encode, texts: list[str]) -> None:
    size = sum(len(text.encode()) for text in texts)
    rates, tokens = [], 0
    for _ in range(7):
        start = time.perf_counter()
        tokens = sum(len(encode(text)) for text in texts)
        rates.append(size / (time.perf_counter() - start) / 1e6)
    print(json.dumps({"benchmark": "tokenizer", "peer": name, "bytes": size, "tokens": tokens, "threads": 1,
                      "mb_per_s": statistics.median(rates), "mb_per_s_min": min(rates), "mb_per_s_max": max(rates)}),
          flush=True)


def main() -> None:
    data = Path(sys.argv[1])
    folder = data / "tokenizers"
    texts = [file.read_text() for file in sorted((data / "authors" / "haack").rglob("*.m*"))]
    for name, tokenizer in {
        "gpt2": gpt2(data),
        "qwen2": qwen2(data),
        "t5": HuggingFace(Tokenizer.from_file(str(folder / "t5" / "tokenizer.json"))).tokenizer,
        "bert": HuggingFace(Tokenizer.from_file(str(folder / "bert" / "all-minilm-l6-v2-tokenizer.json"))).tokenizer,
    }.items():
        measure(f"tokenizers {name}", lambda text, t=tokenizer: t.encode(text, add_special_tokens=False).ids, texts)
    byte_of = {char: byte for byte, char in bytes_to_unicode().items()}
    vocabulary = json.loads((folder / "gpt2" / "gpt2.vocab").read_text())
    ranks = {bytes(byte_of[c] for c in token): i for token, i in vocabulary.items() if token != "<|endoftext|>"}
    encoding = tiktoken.Encoding("gpt2", pat_str=GPT2, mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 50256})
    measure("tiktoken gpt2", encoding.encode_ordinary, texts)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "mistral" / "tokenizer.model.v1"))
    measure("sentencepiece mistral", processor.encode, texts)


if __name__ == "__main__":
    main()
