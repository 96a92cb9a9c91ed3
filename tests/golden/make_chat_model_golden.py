"""Writes chat_model/: a tiny random chat model as a Hugging Face folder (Qwen2, byte-level BPE,
ChatML by chat_template, an adapter beside it), and expected.json: what transformers gives.

    python3 make_chat_model_golden.py

expected.json: `messages`; `text` and `prompt_ids` of apply_chat_template; `ids` of 24 greedy tokens
(without the end of turn), `adapter_ids` with the adapter; `raw`: `text`, `prompt_ids` and `ids` of a
plain continuation.
"""

import json
import pathlib
import shutil

import peft
import tokenizers
import torch
import transformers

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "chat_model"
TEXT = (HERE.parent.parent / "examples/corpora/maren-holt").glob("*.md")
TEMPLATE = (HERE / "chat/smollm2.jinja").read_text()
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Why <|im_end|> glue? \u00e9\u6771"},
]


def make_tokenizer():
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=288,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([file.read_text() for file in sorted(TEXT)], trainer)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    fast.chat_template = TEMPLATE
    return fast


def randomise(module, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, value in module.named_parameters():
        noise = torch.randn(value.shape, generator=generator)
        if name.endswith("norm.weight"):
            value.data = 1 + 0.3 * noise
        elif "embed_tokens" in name:
            value.data = 0.3 * noise
        elif name.endswith(".bias"):
            value.data = 0.5 * noise
        elif "lm_head" in name:
            value.data = 3 * noise / value.shape[-1] ** 0.5
        else:
            value.data = noise / value.shape[-1] ** 0.5


def greedy(model, ids):
    with torch.no_grad():
        out = model.generate(
            torch.tensor([ids]), max_new_tokens=24, do_sample=False, eos_token_id=[2, 0]
        )
    new = out[0, len(ids) :].tolist()
    return new[:-1] if new[-1] in (0, 2) else new


shutil.rmtree(FOLDER, ignore_errors=True)
tokenizer = make_tokenizer()
tokenizer.save_pretrained(FOLDER, save_jinja_files=False)
config = transformers.Qwen2Config(
    vocab_size=288,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=256,
    bos_token_id=None,
    eos_token_id=2,
    pad_token_id=0,
    tie_word_embeddings=False,
    attn_implementation="eager",
)
model = transformers.Qwen2ForCausalLM(config)
randomise(model, 3)
model.generation_config = transformers.GenerationConfig(eos_token_id=[2, 0], pad_token_id=0)
model.to(torch.bfloat16).save_pretrained(FOLDER)
model = transformers.Qwen2ForCausalLM.from_pretrained(
    FOLDER, dtype=torch.float32, attn_implementation="eager"
).eval()

text = tokenizer.apply_chat_template(MESSAGES, tokenize=False, add_generation_prompt=True)
# What the template makes of the messages is encoded piece by piece: theirs has no special tokens.
pieces = []
for message in MESSAGES:
    pieces += [f"<|im_start|>{message['role']}\n", message["content"], "<|im_end|>", "\n"]
pieces += ["<|im_start|>", "assistant\n"]
assert "".join(pieces) == text
prompt_ids = []
for piece in pieces:
    verbatim = any(piece == message["content"] for message in MESSAGES)
    prompt_ids += tokenizer(piece, add_special_tokens=False, split_special_tokens=verbatim).input_ids
raw = "The glue "
raw_ids = tokenizer(raw).input_ids
expected = {
    "messages": MESSAGES,
    "text": text,
    "prompt_ids": prompt_ids,
    "ids": greedy(model, prompt_ids),
    "raw": {"text": raw, "prompt_ids": raw_ids, "ids": greedy(model, raw_ids)},
}
lora = peft.LoraConfig(
    r=2,
    lora_alpha=4,
    target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    task_type="CAUSAL_LM",
)
adapted = peft.get_peft_model(model, lora).eval()
generator = torch.Generator().manual_seed(7)
for name, value in adapted.named_parameters():
    if "lora_" in name:
        value.data = 0.4 * torch.randn(value.shape, generator=generator)
adapted.save_pretrained(FOLDER / "adapter")
expected["adapter_ids"] = greedy(adapted, prompt_ids)
(FOLDER / "adapter/README.md").unlink(missing_ok=True)
config_file = FOLDER / "adapter/adapter_config.json"
config_file.write_text(
    json.dumps(json.loads(config_file.read_text()) | {"base_model_name_or_path": ".."}, indent=2)
    + "\n"
)
for file in FOLDER.rglob("*.safetensors"):
    file.chmod(0o644)
(FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
print(json.dumps({key: expected[key] for key in ("ids", "adapter_ids", "raw")}))
