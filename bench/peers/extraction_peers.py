"""What others keep of the pages that extraction_bench reads: token F1 of trafilatura and readability-lxml.

    python bench/peers/extraction_peers.py FOLDER [--twin build/release/twin]

The same measure as extraction_bench's: bags of words (runs of letters, marks and digits, lower case) of
the plain text against all text of expected.html. With --twin, `twin extract --json` is a row too.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import time
import unicodedata

import lxml.html
import readability
import trafilatura

BLOCKS = set(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav ol p pre search section summary "
    "table tbody td tfoot th thead tr ul xmp".split()
)


def text_of(html):
    """All text of a page, blocks apart."""
    if not html or not html.strip():
        return ""
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True)
    parts = []
    for event, node in lxml.etree.iterwalk(
        lxml.html.document_fromstring(html.encode(), parser=parser), events=("start", "end")
    ):
        if node.tag in BLOCKS:
            parts.append("\n")
        if event == "start":
            parts.append(node.text or "" if node.tag not in ("script", "style") else "")
        else:
            parts.append(node.tail or "")
    return "".join(parts)


def tokens(text):
    word = []
    for c in text:
        if unicodedata.category(c)[0] in "LM" or unicodedata.category(c) == "Nd":
            word.append(c.lower())
        elif word:
            yield "".join(word)
            word = []
    if word:
        yield "".join(word)


def f1(expected, found):
    e, f = collections.Counter(tokens(expected)), collections.Counter(tokens(found))
    if not e and not f:
        return 1.0
    shared = sum((e & f).values())
    return 2 * shared / (sum(e.values()) + sum(f.values()))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--twin")
    options = arguments.parse_args()
    systems = {
        "trafilatura": lambda path, html: trafilatura.extract(html, include_comments=False, include_tables=True) or "",
        "readability-lxml": lambda path, html: text_of(readability.Document(html).summary()),
    }
    if options.twin:
        systems["twin"] = lambda path, html: json.loads(
            subprocess.run([options.twin, "extract", "--json", path], check=True, capture_output=True).stdout
        )["text"]
    pages = [p for p in sorted(options.folder.iterdir()) if (p / "source.html").exists()]
    for name, extract in systems.items():
        scores, seconds, size, failed = [], 0.0, 0, 0
        for page in pages:
            html = (page / "source.html").read_text()
            begin = time.perf_counter()
            try:
                found = extract(str(page / "source.html"), html)
            except Exception:  # a page that a peer cannot read scores 0
                found, failed = "", failed + 1
            seconds += time.perf_counter() - begin
            size += len(html.encode())
            scores.append(f1(text_of((page / "expected.html").read_text()), found))
        print(json.dumps({"system": name, "pages": len(pages), "mean_f1": sum(scores) / len(scores),
                          "mb_per_s": size / 1e6 / seconds, "failed": failed}), flush=True)


if __name__ == "__main__":
    main()
