"""Writes encoders/NAME/: tiny random models as sentence-transformers and transformers write them, and
vectors.json or scores.json with what transformers computes for some texts.

    python3 make_encoder_golden.py

bert_mean   vocab.txt alone, the older pooling config, gelu, tensors named "bert."
bert_cls    tokenizer.json, the newer pooling config, prompts, gelu_new, F16
reranker    BertForSequenceClassification with one label
qwen3       Qwen3-Embedding: last token, an instruction, the end token its tokenizer appends; tensors
            without "model." in front

vectors.json: {documents, queries}: [{text, tokens, vector}]; scores.json: {query, passages: [{text,
score}]}.
"""

import json
import pathlib
import shutil

import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(__file__).parent / "encoders"

TEXTS = [
    "The sixth chair has a joint that would not close, however long I planed it.",
    "Coffee is a protocol.",
    "In March the varnish of 1911 came off in one afternoon; nobody had asked for it!",
    "Naïve café owners, 12.5% of them, sharpen knives on Sundays.",
    "",
    "a",
]
QUERIES = ["why does the joint not close", "who sharpens knives?"]
WORDS = "the a of in chair joint close coffee protocol knife knives varnish not would who why".split()
PIECES = "##s ##ing ##ed ##er ##en ##ly ##tion ##ish ##an ##on".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,;!?%'-"
BERT = dict(
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    max_position_embeddings=96,
    attn_implementation="eager",
)


def dump(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.named_parameters():
        noise = torch.randn(value.shape, generator=generator)
        if name.endswith("orm.weight"):
            value.data = 1 + 0.3 * noise
        elif name.endswith(".bias"):
            value.data = 0.3 * noise
        elif "embed" in name:
            value.data = 0.5 * noise
        else:
            value.data = 1.5 * noise / value.shape[-1] ** 0.5


def bert_vocabulary(folder):
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS + PIECES
    vocabulary += [c for c in LETTERS if c not in WORDS] + ["##" + c for c in LETTERS[:36]]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("".join(word + "\n" for word in vocabulary))
    dump(folder / "tokenizer_config.json", {"do_lower_case": True, "model_max_length": 96,
                                            "tokenizer_class": "BertTokenizer"})
    tokenizer = tokenizers.BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    return tokenizer, len(vocabulary)


def modules(folder, pooling, limit, prompts):
    kinds = ["Transformer", "Pooling", "Normalize"]
    dump(folder / "modules.json",
         [{"idx": i, "name": str(i), "path": "" if i == 0 else f"{i}_{kind}",
           "type": f"sentence_transformers.models.{kind}"} for i, kind in enumerate(kinds)])
    dump(folder / "1_Pooling/config.json", pooling)
    dump(folder / "sentence_bert_config.json", {"max_seq_length": limit, "do_lower_case": False})
    if prompts:
        dump(folder / "config_sentence_transformers.json", {"prompts": prompts})


def unit(row):
    return [round(x, 6) for x in (row / row.norm()).tolist()]


def vectors(folder, encode, model, pool, prompts):
    def one(text, prompt):
        ids = encode(prompt + text)
        with torch.no_grad():
            hidden = model(torch.tensor([ids])).last_hidden_state[0]
        return {"text": text, "tokens": len(ids), "vector": unit(pool(hidden))}

    dump(folder / "vectors.json", {
        "documents": [one(text, prompts.get("document", prompts.get("passage", ""))) for text in TEXTS],
        "queries": [one(text, prompts.get("query", "")) for text in QUERIES],
    })


def bert(name, pool, pooling, act, dtype, prompts, prefix, keep_json):
    folder = HERE / name
    tokenizer, size = bert_vocabulary(folder)
    model = transformers.BertModel(
        transformers.BertConfig(vocab_size=size, hidden_act=act, **BERT), add_pooling_layer=False
    ).eval()
    randomise(model, 7)
    model.to(dtype).save_pretrained(folder)
    model.float()
    if prefix:
        file = folder / "model.safetensors"
        save_file({prefix + k: v for k, v in load_file(file).items()}, file, {"format": "pt"})
    if keep_json:
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        (folder / "vocab.txt").unlink()
    modules(folder, pooling, 64, prompts)
    vectors(folder, lambda text: tokenizer.encode(text).ids, model, pool, prompts)


def reranker():
    folder = HERE / "reranker"
    tokenizer, size = bert_vocabulary(folder)
    model = transformers.BertForSequenceClassification(
        transformers.BertConfig(vocab_size=size, num_labels=1, **BERT)
    ).eval()
    randomise(model, 9)
    model.save_pretrained(folder)
    passages = []
    for text in TEXTS:
        pair = tokenizer.encode(QUERIES[0], text)
        with torch.no_grad():
            score = model(torch.tensor([pair.ids]), token_type_ids=torch.tensor([pair.type_ids]))
        passages.append({"text": text, "score": round(score.logits[0, 0].item(), 6)})
    dump(folder / "scores.json", {"query": QUERIES[0], "passages": passages})


def qwen3():
    folder = HERE / "qwen3"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.train_from_iterator(TEXTS + QUERIES, tokenizers.trainers.BpeTrainer(
        vocab_size=290, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>"], show_progress=False))
    end = tokenizer.token_to_id("<|endoftext|>")
    tokenizer.post_processor = tokenizers.processors.Sequence([
        tokenizers.processors.ByteLevel(trim_offsets=False),
        tokenizers.processors.TemplateProcessing(
            single="$A <|endoftext|>", pair="$A $B <|endoftext|>",
            special_tokens=[("<|endoftext|>", end)])])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    model = transformers.Qwen3Model(transformers.Qwen3Config(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=48,
        num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
        max_position_embeddings=256, tie_word_embeddings=True, attn_implementation="eager",
        bos_token_id=end, eos_token_id=end)).eval()
    randomise(model, 11)
    model.save_pretrained(folder)
    prompts = {"query": "Instruct: Given a question, find its answer\nQuery:", "document": ""}
    modules(folder, {"word_embedding_dimension": 32, "pooling_mode_lasttoken": True,
                     "pooling_mode_mean_tokens": False, "include_prompt": True}, 200, prompts)
    vectors(folder, lambda text: tokenizer.encode(text).ids, model, lambda h: h[-1], prompts)


shutil.rmtree(HERE, ignore_errors=True)
bert("bert_mean", lambda h: h.mean(0),
     {"word_embedding_dimension": 32, "pooling_mode_cls_token": False,
      "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False},
     "gelu", torch.float32, {}, "bert.", False)
bert("bert_cls", lambda h: h[0], {"embedding_dimension": 32, "pooling_mode": "cls"},
     "gelu_new", torch.float16, {"query": "who says: ", "passage": "it is said: "}, "", True)
reranker()
qwen3()
