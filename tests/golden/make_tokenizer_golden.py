"""Writes what the packages `tokenizers`, `sentencepiece` and `tiktoken` give, for the C++ tests.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers==0.23.3 sentencepiece==0.2.3 tiktoken==0.14.0
    /tmp/venv/bin/python tests/golden/make_tokenizer_golden.py DATA

DATA is the folder with tokenizers/ and authors/. Written are:

tokenizer_gpt2.json, tokenizer_trained.json    ids of tokenizer_texts.json. trained_tokenizer.json is
    what our own trainer writes (HuggingFace.TrainerWritesWhatItWrote in
    src/engine/tokenizer/huggingface_test.cc says how to renew it).
tokenizers/NAME.ids.json                       ids of tokenizers/hard_texts.json, by every tokenizer of
    DATA and by small ones that are trained here, in tokenizers/NAME.{json,model,tiktoken}, one of each
    shape that DATA lacks.
tokenizers/NAME.authors.json                   a hash of the ids of each file of DATA/authors.
"""

import base64
import json
import sys
import tempfile
from pathlib import Path

import sentencepiece
import tiktoken
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

HERE = Path(__file__).parent
OUT = HERE / "tokenizers"
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)


def hard_texts() -> list[str]:
    texts = [
        "", " ", "  ", "\n", "\r\n", "\t", " a", "a ", "  a  b   c    d", "a\n\n\n\nb\n \n c",
        "Hello, world!", "It's John's; we'll they're I'VE you'd 'S 'ſ x'ſ don'T", "''s '' 's",
        "naïve café — “crème brûlée” … ‹ok›", "e\u0301 vs é, A\u030a vs Å, q\u0323\u0307 q\u0307\u0323",
        "\u1112\u1161\u11ab \ud55c \u1e9b\u0323 \ufb01 \u2126 \u212b ① ½ ℌ ｆｕｌｌ　ｗｉｄｔｈ",
        "İstanbul IĞDIR ẞ Σίσυφος ǅ ΑΣ", "👩🏽‍🚀👨‍👩‍👧‍👦🏳️‍🌈🇩🇪🇫🇷 ok👍🏿! ❤️ ☺︎ 1️⃣",
        "日本語のテキストと漢字。カタカナ・ｶﾀｶﾅ、中文字符，한국어 텍스트입니다.", "𠀀𪚥𫜴 𝗕𝗼𝗹𝗱 𝓼𝓬𝓻𝓲𝓹𝓽",
        "ภาษาไทยไม่มีช่องว่าง ลาว ລາວ ខ្មែរ မြန်မာ", "שָׁלוֹם עולם مَرْحَبًا بِالعالَم ١٢٣ ۴۵۶ \u200f\u202babc\u202c",
        "हिन्दी में क्षत्रिय বাংলা தமிழ் తెలుగు ಕನ್ನಡ", "Ελληνικά Кириллица Ἀρχιμήδης ქართული հայերեն",
        "0 1 12 123 1234 12345678901234567890 3.14 1,000,000.00 0x1F ²³ ⅷ ٣ १२ 〇三",
        "a\u0000b\u0001c\u0007\u001b[0m\u007f\u0080\u0085\u009f", "\u00a0x\u2003y\u3000z\u200bw\u2060v\ufeffu\u180et\u00ad",
        "a\u2028b\u2029c\u000bd\u000ce", "▁▁ literal ▁ sign ▁a", "x" * 300, "ab" * 200 + " " + "-" * 77,
        " " * 100 + "x" + "\t" * 50 + "\n" * 60 + " \n" * 20, "=" * 64 + "\n" + "*" * 33 + "\n" + "." * 25,
        "<|endoftext|> <|im_start|>user\nhi<|im_end|>", "<s>[INST] x [/INST]</s> <unk> <pad> <0x0A> <mask>",
        "[CLS] a [SEP] b [MASK] [UNK] [PAD] ##ing", "<|begin_of_text|><|eot_id|><bos><eos><start_of_turn>",
        "def f(x):\n    return {'a': [1, 2], \"b\": x**2}  # ok\n\n\tif x != None && y: pass\n",
        "https://example.com/a_b?c=d&e=%20#f user@host.org C:\\path\\to C++ C# .NET node.js v1.2.3-rc4",
        "| a | b |\n|---|---|\n| 1 | **x** |\n\n```cpp\nint main() {}\n```\n", "don't do not can't . , ! ? n't 'm",
        "\U0001fabc \U00016d40\U00016d41 \u1c89 \U00010d4a\U00010d50 \U0002ebf0 \u0897", "\ue000\uf8ff \U000f0000 \uffff \ufffd",
        "MixedCASE mIxEd ALLCAPS camelCaseWord snake_case_word kebab-case", "word" * 60 + " " + "Wörter" * 30,
        "a.b,c;d:e!f?g(h)i[j]k{l}m<n>o/p\\q|r@s#t$u%v^w&x*y+z=~`'\"", "½¼ ™®© §¶ €£¥ ±×÷ ≤≥≠ ∀∃∈ →⇒",
        "Zalgo: H\u0300\u0316\u0301\u0317e\u0323\u0308\u0301l\u0334\u0335l\u0300o", "\u0301starts with a mark",
        "trailing spaces   ", "\n leading", "one\r\ntwo\rthree\n\r\nfour  \r\n  ", "a \n b  \n\n  c\n ", "The end.\n",
    ]
    return texts


def fnv(ids: list[int]) -> int:
    """FNV-1a of the ids as 32-bit little-endian numbers."""
    value = 0xCBF29CE484222325
    for token in ids:
        for byte in token.to_bytes(4, "little"):
            value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


class HuggingFace:
    """`plain`: special tokens in the text are text. The published models find them in Unigram's own
    vocabulary nevertheless, and we never do: there they are renamed to what no text holds."""

    def __init__(self, tokenizer: Tokenizer):
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self.tokenizer = tokenizer
        self.unspecial = tokenizer
        data = json.loads(tokenizer.to_str())
        if data["model"]["type"] == "Unigram":
            special = {t["content"]: chr(0xFFF00 + i) for i, t in enumerate(data["added_tokens"]) if t["special"]}
            for token in data["added_tokens"]:
                token["content"] = special.get(token["content"], token["content"])
            for entry in data["model"]["vocab"]:
                entry[0] = special.get(entry[0], entry[0])
            data["post_processor"] = None
            self.unspecial = Tokenizer.from_str(json.dumps(data))

    def plain(self, text: str) -> list[int]:
        self.unspecial.encode_special_tokens = True
        ids = self.unspecial.encode(text, add_special_tokens=False).ids
        self.unspecial.encode_special_tokens = False
        return ids

    def special(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=True).ids

    def decode(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True)


class SentencePiece:
    def __init__(self, file: Path):
        self.processor = sentencepiece.SentencePieceProcessor(model_file=str(file))

    def plain(self, text: str) -> list[int]:
        return self.processor.encode(text)

    special = None

    def decode(self, ids: list[int]) -> str:
        return self.processor.decode(ids)


class Tiktoken:
    def __init__(self, encoding: tiktoken.Encoding):
        self.encoding = encoding

    def plain(self, text: str) -> list[int]:
        return self.encoding.encode(text, disallowed_special=())

    special = None

    def decode(self, ids: list[int]) -> str:
        return self.encoding.decode(ids)


def byte_level(model: models.Model, pattern: str | None = None) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if pattern is not None:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(pattern), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def gpt2(data: Path) -> Tokenizer:
    """The special token is not registered: in plain text it is text."""
    folder = data / "tokenizers" / "gpt2"
    return byte_level(
        models.BPE.from_file(str(folder / "gpt2.vocab"), str(folder / "gpt2.merges.txt"))
    )


def with_specials(tokenizer: Tokenizer, names: list[str]) -> Tokenizer:
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    return tokenizer


def qwen2(data: Path) -> Tokenizer:
    folder = data / "tokenizers" / "qwen2"
    tokenizer = byte_level(
        models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")), QWEN2
    )
    tokenizer.normalizer = normalizers.NFC()
    return with_specials(tokenizer, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def train_byte_level(tokenizer: Tokenizer, corpus: list[str], size: int, specials: list[str]) -> Tokenizer:
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[AddedToken(name, special=True, normalized=False) for name in specials],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer


def llama3_like(corpus: list[str]) -> Tokenizer:
    tokenizer = byte_level(models.BPE(ignore_merges=True), LLAMA3)
    train_byte_level(tokenizer, corpus, 700, ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"])
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="<|begin_of_text|> $A",
                pair="<|begin_of_text|> $A <|begin_of_text|> $B",
                special_tokens=[("<|begin_of_text|>", 0)],
            ),
        ]
    )
    return tokenizer


def smollm_like(corpus: list[str]) -> Tokenizer:
    tokenizer = byte_level(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    return train_byte_level(tokenizer, corpus, 700, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def roberta_like(corpus: list[str]) -> Tokenizer:
    tokenizer = byte_level(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    train_byte_level(tokenizer, corpus, 600, ["<s>", "<pad>", "</s>", "<unk>"])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True, normalized=False)])
    tokenizer.add_tokens([AddedToken("INST", single_word=True), AddedToken(" ok", rstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def byte_fallback_bpe(corpus: list[str], specials: list[str], prepend: bool) -> Tokenizer:
    """As Llama 2 (with a space in front) or Gemma (without) are converted."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    steps = [normalizers.Prepend("▁")] if prepend else []
    tokenizer.normalizer = normalizers.Sequence(steps + [normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    trainer = trainers.BpeTrainer(
        vocab_size=900,
        special_tokens=[AddedToken(t, special=t in specials, normalized=False) for t in specials + BYTES],
        limit_alphabet=90,
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    data = json.loads(tokenizer.to_str())
    data["added_tokens"] = [t for t in data["added_tokens"] if t["content"] in specials]
    data["pre_tokenizer"] = None
    if not prepend:
        data["normalizer"] = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
        data["pre_tokenizer"] = {
            "type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False
        }
        for content in ("\n\n", "\n\n\n", "\t\t"):
            number = data["model"]["vocab"].setdefault(content, len(data["model"]["vocab"]))
            data["added_tokens"].append(
                {"id": number, "content": content, "single_word": False, "lstrip": False,
                 "rstrip": False, "normalized": False, "special": False}
            )
    tokenizer = Tokenizer.from_str(json.dumps(data))
    bos = specials[-1]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokenizer.token_to_id(bos))]
    )
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence(steps + ([decoders.Strip(" ", 1, 0)] if prepend else []))
    return tokenizer


def unigram_like(corpus: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    trainer = trainers.UnigramTrainer(
        vocab_size=400, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(corpus, trainer)
    data = json.loads(tokenizer.to_str())
    data["model"]["vocab"] += [[name, -20.0] for name in BYTES]
    data["model"]["byte_fallback"] = True
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def stages(corpus: list[str]) -> Tokenizer:
    """The stages that none of the above has, at once."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", end_of_word_suffix="</w>", continuing_subword_prefix="@@"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Strip(),
         normalizers.Replace("``", '"')]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Punctuation("merged_with_previous"),
            pre_tokenizers.CharDelimiterSplit("_"),
            pre_tokenizers.Digits(individual_digits=False),
            pre_tokenizers.Split(Regex("[aeiou]{2,}"), "merged_with_next"),
            pre_tokenizers.Split("th", "contiguous"),
        ]
    )
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=["[UNK]"], end_of_word_suffix="</w>", continuing_subword_prefix="@@",
        limit_alphabet=80, show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer


def sentencepiece_model(name: str, corpus: list[str], **options) -> Path:
    file = OUT / f"{name}.model"
    with file.open("wb") as out:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter("\n".join(corpus).split("\n")), model_writer=out, num_threads=1,
            minloglevel=2, **options
        )
    return file


def small_tokenizers(data: Path) -> dict[str, object]:
    folder = data / "authors" / "haack" / "_posts"
    corpus = [file.read_text() for file in sorted(folder.rglob("*.md"))[::100]]
    corpus = [text[:4000] for text in corpus]
    # Some of the hard characters belong to the vocabularies.
    corpus += hard_texts() * 2
    made: dict[str, object] = {}
    for name, tokenizer in {
        "llama3_like": llama3_like(corpus),
        "smollm_like": smollm_like(corpus),
        "roberta_like": roberta_like(corpus),
        "llama2_like": byte_fallback_bpe(corpus, ["<unk>", "</s>", "<s>"], True),
        "gemma_like": byte_fallback_bpe(corpus, ["<unk>", "<pad>", "<eos>", "<start_of_turn>", "<bos>"], False),
        "unigram_like": unigram_like(corpus),
        "stages": stages(corpus),
    }.items():
        tokenizer.save(str(OUT / f"{name}.json"), pretty=False)
        made[name] = HuggingFace(Tokenizer.from_file(str(OUT / f"{name}.json")))
    bpe = dict(model_type="bpe", vocab_size=800, character_coverage=0.99)
    made["spm_bpe"] = SentencePiece(
        sentencepiece_model("spm_bpe", corpus, byte_fallback=True, user_defined_symbols=["<sep>", "▁▁▁", "ing"],
                            normalization_rule_name="identity", remove_extra_whitespaces=False, **bpe)
    )
    # A small charsmap: the built-in ones are 200 KB.
    rules = {"\ufb01": "fi", "e\u0301": "é", "e\u0301\u0302": "ê", "①": "1", "\t": " ", "\n": " ", "\r": " ",
             "\u3000": " ", "\u200b": " ", "\u00ad": "", "…": "...", "\u212b": "\u00c5", "A\u030a": "\u00c5", "ẞ": "SS"}
    rules |= {chr(c): chr(c + 32) for c in range(65, 91)}
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as tsv:
        for source, target in rules.items():
            print(*[" ".join(f"{ord(c):X}" for c in text) for text in (source, target)], sep="\t", file=tsv)
        tsv.flush()
        made["spm_bpe_suffix"] = SentencePiece(
            sentencepiece_model("spm_bpe_suffix", corpus, treat_whitespace_as_suffix=True,
                                normalization_rule_tsv=tsv.name, **bpe)
        )
        made["spm_unigram"] = SentencePiece(
            sentencepiece_model("spm_unigram", corpus, model_type="unigram", vocab_size=500,
                                user_defined_symbols=["<sep>", "<|im_start|>"], character_coverage=0.99,
                                normalization_rule_tsv=tsv.name)
        )
    lines, seen = [], {}
    vocabulary = json.loads((OUT / "llama3_like.json").read_text())
    alphabet = {char: byte for byte, char in bytes_to_unicode().items()}
    for token, number in sorted(vocabulary["model"]["vocab"].items(), key=lambda item: item[1]):
        if number > 2:  # not the special ones
            seen[bytes(alphabet[char] for char in token)] = len(seen)
    for token, rank in seen.items():
        lines.append(f"{base64.b64encode(token).decode()} {rank}")
    (OUT / "cl100k_base.tiktoken").write_text("\n".join(lines) + "\n")
    made["cl100k_base"] = Tiktoken(
        tiktoken.Encoding("small", pat_str=CL100K, mergeable_ranks=seen, special_tokens={})
    )
    return made


def bytes_to_unicode() -> dict[int, str]:
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spelled = {byte: chr(byte) for byte in plain}
    for byte in range(256):
        spelled.setdefault(byte, chr(256 + len(spelled) - len(plain)))
    return spelled


def dump(file: Path, value: dict) -> None:
    lines = [f"{json.dumps(key)}:{json.dumps(part, separators=(',', ':'), ensure_ascii=True)}" for key, part in value.items()]
    file.write_text("{" + ",\n".join(lines) + "}\n")


def write_hard(name: str, tokenizer, texts: list[str]) -> None:
    plain = [tokenizer.plain(text) for text in texts]
    golden: dict = {"plain": plain}
    if tokenizer.special is not None:
        golden["special"] = [tokenizer.special(text) for text in texts]
    decoded = {str(i): tokenizer.decode(ids) for i, ids in enumerate(plain)}
    golden["decoded"] = {i: text for i, text in decoded.items() if text != texts[int(i)]}
    dump(OUT / f"{name}.ids.json", golden)


def write_authors(name: str, tokenizer, data: Path) -> None:
    """The files in the order of their paths; of each hash the last eight hexadecimal digits."""
    hashes, tokens = [], 0
    paths = sorted((str(p.relative_to(data / "authors")) for p in (data / "authors").rglob("*") if p.is_file()),
                   key=lambda path: path.encode())
    for path in paths:
        ids = tokenizer.plain((data / "authors" / path).read_bytes().decode())
        hashes.append(f"{fnv(ids) & 0xFFFFFFFF:08x}")
        tokens += len(ids)
    dump(OUT / f"{name}.authors.json", {"files": len(hashes), "tokens": tokens, "hashes": "".join(hashes)})


def write(name: str, tokenizer: Tokenizer, texts: list[str]) -> None:
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    for text, encoded in zip(texts, ids):
        assert tokenizer.decode(encoded, skip_special_tokens=False) == text, (name, text)
    lines = ",\n".join(json.dumps(encoded, separators=(",", ":")) for encoded in ids)
    (HERE / f"tokenizer_{name}.json").write_text(
        f'{{"made_with": "tokenizers {tokenizers.__version__}", "ids": [\n{lines}\n]}}\n'
    )


def main() -> None:
    data = Path(sys.argv[1])
    OUT.mkdir(exist_ok=True)
    texts = json.loads((HERE / "tokenizer_texts.json").read_text())
    write("gpt2", gpt2(data), texts)
    write("trained", Tokenizer.from_file(str(HERE / "trained_tokenizer.json")), texts)

    hard = hard_texts()
    (OUT / "hard_texts.json").write_text(json.dumps(hard, ensure_ascii=True, indent=0) + "\n")
    folder = data / "tokenizers"
    published = {
        "gpt2": HuggingFace(with_specials(gpt2(data), ["<|endoftext|>"])),
        "qwen2": HuggingFace(qwen2(data)),
        "mistral": SentencePiece(folder / "mistral" / "tokenizer.model.v1"),
        "t5": HuggingFace(Tokenizer.from_file(str(folder / "t5" / "tokenizer.json"))),
        "bert": HuggingFace(Tokenizer.from_file(str(folder / "bert" / "all-minilm-l6-v2-tokenizer.json"))),
    }
    for name, tokenizer in published.items():
        write_hard(name, tokenizer, hard)
        if "--hard" not in sys.argv:
            write_authors(name, tokenizer, data)
    for name, tokenizer in small_tokenizers(data).items():
        write_hard(name, tokenizer, hard)


if __name__ == "__main__":
    main()
