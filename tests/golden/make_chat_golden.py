"""Writes chat_templates.json and chat_snippets.json: what jinja2 makes of templates, as Hugging Face's
transformers sets it up.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install transformers==5.24.0 jinja2==3.1.6
    /tmp/venv/bin/python tests/golden/make_chat_golden.py

The templates are in chat/*.jinja: the formats of published model families, written for this test with
the constructs that their own templates use. chat_cases.py holds the chats and the snippets.
An entry without "text" is one for which Python raised.
"""

import datetime
import json
from pathlib import Path

import jinja2
import transformers
import transformers.utils.chat_template_utils as utils

from chat_cases import CHATS, SNIPPETS, SNIPPET_CHAT, SNIPPET_VARIABLES, SPECIAL_TOKENS, TOOLS

HERE = Path(__file__).parent
NOW = datetime.datetime(2024, 7, 29, 10, 0, 0)


class StandingClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


utils.datetime = StandingClock


def render(source: str, **variables) -> str | None:
    try:
        return utils._cached_compile_jinja_template(source).render(**variables)
    except Exception:  # whatever Python raises is an error of the template or its input
        return None


def write(name: str, head: dict, entries: list[dict]) -> None:
    made_with = f"jinja2 {jinja2.__version__}, transformers {transformers.__version__}"
    dump = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    fields = "".join(f"{dump(key)}: {dump(value)},\n" for key, value in head.items())
    body = ",\n".join(dump(entry) for entry in entries)
    (HERE / name).write_text(f'{{"made_with": {dump(made_with)},\n{fields}"cases": [\n{body}\n]}}\n')


def main() -> None:
    entries = []
    for path in sorted((HERE / "chat").glob("*.jinja")):
        source = path.read_text()
        for chat, messages in CHATS.items():
            for tools in (False, True):
                for prompt in (False, True):
                    text = render(
                        source,
                        messages=messages,
                        tools=TOOLS if tools else None,
                        documents=None,
                        add_generation_prompt=prompt,
                        **SPECIAL_TOKENS,
                    )
                    entry = {"template": path.name, "chat": chat, "tools": tools, "prompt": prompt}
                    if not tools and not prompt or text is not None:
                        entries.append(entry | ({} if text is None else {"text": text}))
    head = {"chats": CHATS, "tools": TOOLS, "special_tokens": SPECIAL_TOKENS}
    # The same text for several entries is written once.
    texts: list[str] = []
    for entry in entries:
        if "text" in entry:
            if entry["text"] not in texts:
                texts.append(entry["text"])
            entry["text"] = texts.index(entry["text"])
    write("chat_templates.json", head | {"texts": texts}, entries)

    entries = []
    for source in SNIPPETS:
        text = render(
            source,
            messages=SNIPPET_CHAT,
            tools=None,
            documents=None,
            add_generation_prompt=True,
            **SNIPPET_VARIABLES,
        )
        entries.append({"source": source} | ({} if text is None else {"text": text}))
    head = {"messages": SNIPPET_CHAT, "variables": SNIPPET_VARIABLES}
    write("chat_snippets.json", head, entries)
    raised = sum("text" not in entry for entry in entries)
    print(f"{len(entries)} snippets, {raised} of which raise")


if __name__ == "__main__":
    main()
