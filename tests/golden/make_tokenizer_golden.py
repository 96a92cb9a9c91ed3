"""Writes tokenizer_*.json: the ids that Hugging Face's tokenizers gives for tokenizer_texts.json.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers==0.23.3
    /tmp/venv/bin/python tests/golden/make_tokenizer_golden.py DATA

DATA is the folder with tokenizers/gpt2. trained_tokenizer.json is what our own trainer writes
(HuggingFace.TrainerWritesWhatItWrote in src/engine/tokenizer/huggingface_test.cc says how to renew
it): that it can be loaded here, and that the C++ tests find the same ids, is the point.
"""

import json
import sys
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

HERE = Path(__file__).parent


def gpt2(data: Path) -> Tokenizer:
    """The special token is not registered: in plain text it is text."""
    folder = data / "tokenizers" / "gpt2"
    tokenizer = Tokenizer(
        models.BPE.from_file(str(folder / "gpt2.vocab"), str(folder / "gpt2.merges.txt"))
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def write(name: str, tokenizer: Tokenizer, texts: list[str]) -> None:
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    for text, encoded in zip(texts, ids):
        assert tokenizer.decode(encoded, skip_special_tokens=False) == text, (name, text)
    lines = ",\n".join(json.dumps(encoded, separators=(",", ":")) for encoded in ids)
    (HERE / f"tokenizer_{name}.json").write_text(
        f'{{"made_with": "tokenizers {tokenizers.__version__}", "ids": [\n{lines}\n]}}\n'
    )


def main() -> None:
    texts = json.loads((HERE / "tokenizer_texts.json").read_text())
    write("gpt2", gpt2(Path(sys.argv[1])), texts)
    write("trained", Tokenizer.from_file(str(HERE / "trained_tokenizer.json")), texts)


if __name__ == "__main__":
    main()
