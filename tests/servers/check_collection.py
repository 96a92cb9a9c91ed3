"""Checks what `twin collect` made of the sites of blogs_server.py.

    check_collection.py first|second|resumed FOLDER WORKSPACE

FOLDER holds the server's sites.json and its log of requests. Prints what is wrong and ends with 1.
"""

import json
import pathlib
import re
import sqlite3
import sys

step, folder, workspace = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
description = json.loads((folder / "sites.json").read_text())
sites = description["sites"]
requests = sorted((json.loads(line) for line in (folder / "requests").read_text().splitlines()), key=lambda r: (r["site"], r["begin"]))
store = sqlite3.connect(f"file:{workspace / 'twin.db'}?mode=ro", uri=True)
store.row_factory = sqlite3.Row
documents = {row["link"]: row for row in store.execute("SELECT * FROM documents WHERE newest = 1")}
items = {row["source"]: row for row in store.execute("SELECT * FROM items")}
problems = []


def expect(holds, problem):
    if not holds:
        problems.append(problem)


def words(text):
    return re.sub(r"[\\*_]|\s+", " ", text).split()


def check_documents():
    """Each post once, whole, with its title, date and byline, and nothing of what stands around it."""
    expected = {link: (name, post) for name, site in sites.items() for link, post in site["kept"].items()}
    for link in documents.keys() - expected.keys():
        problems.append(f"kept and should not be: {link}: {documents[link]['title']}")
    for link, (name, post) in expected.items():
        document = documents.get(link)
        if document is None:
            item = items.get(link)
            problems.append(f"{name}: not kept: {link}: {dict(item) if item else 'never seen'}")
            continue
        text = document["verbatim"]
        text = text.decode() if isinstance(text, bytes) else text
        expect(document["title"] == post["title"], f"{link}: title {document['title']!r}, not {post['title']!r}")
        expect(document["date"][:10] == post["date"][:10], f"{link}: date {document['date']!r}, not {post['date']!r}")
        bylines = json.loads(document["bylines"])
        expect(bylines == [post["author"]], f"{link}: bylines {bylines}")
        body = " ".join(words(text))
        for paragraph in post["paragraphs"]:
            expect(" ".join(words(paragraph)) in body, f"{link}: lacks {paragraph[:60]!r}")
        if document["extractor"].startswith("html-markdown/"):
            continue  # the whole page is kept: what stands around the post is left out later
        for chrome in description["chrome"]:
            expect(chrome not in text, f"{link}: holds {chrome!r}")
        extra = len(words(text)) - sum(len(words(p)) for p in post["paragraphs"]) - len(words(post["title"]))
        expect(extra <= 12, f"{link}: {extra} words that are not the post's:\n{text[:300]}\n...\n{text[-300:]}")
    platforms = {row["platform"] for row in documents.values()}
    expect({"medium", "substack", "wordpress", "ghost"} <= platforms, f"platforms: {platforms}")


def check_refusals():
    for name, site in sites.items():
        for link, reason in site["refused"].items():
            item = items.get(link)
            found = f"{item['state']}: {item['reason']}" if item else "never seen"
            expect(item is not None and item["state"] in ("skipped", "failed") and reason in item["reason"], f"{name}: {link}: expected a refusal with {reason!r}, found {found}")
    waiting = [row["source"] for row in items.values() if row["state"] == "waiting"]
    expect(not waiting, f"still waiting: {waiting}")


def check_politeness():
    """robots.txt first and obeyed, one request at a time per site with its pause between, Retry-After."""
    for name, site in sites.items():
        own = [r for r in requests if r["site"] == name]
        expect(own and own[0]["path"] == "/robots.txt", f"{name}: robots.txt was not asked for first")
        expect(all(r["agent"].startswith("twin-writer") for r in own), f"{name}: agents {set(r['agent'] for r in own)}")
        for request in own:
            for path in site["forbidden"]:
                expect(not request["path"].startswith(path), f"{name}: fetched {request['path']} against robots.txt")
        pause = {"hugo": 0.2}.get(name, 0.1)
        for before, after in zip(own, own[1:]):
            # The log's times are taken around the handler: a few milliseconds are the network's.
            gap = after["begin"] - before["end"]
            expect(gap >= pause - 0.02, f"{name}: {after['path']} {gap:.3f} s after {before['path']} and not {pause} s")
            if before["status"] == 429:
                expect(gap >= 1.95, f"{name}: came back {gap:.3f} s after a Retry-After of 2 s")
    begun = {name: min(r["begin"] for r in requests if r["site"] == name) for name in sites}
    expect(max(begun.values()) - min(begun.values()) < 2, f"sites one after the other: {begun}")


def check_second_run():
    """Asks for changes alone, and stores nothing."""
    versions = store.execute("SELECT max(version) FROM documents").fetchone()[0]
    expect(versions == 1, f"a document has {versions} versions")
    asked = [r for r in requests if r["path"] != "/robots.txt" and r["status"] in (200, 304)]
    # Where a redirect leads is asked for without what is known of it.
    moved = {after["path"] for before, after in zip(requests, requests[1:]) if before["status"] == 301 and before["site"] == after["site"]}
    plain = {r["path"] for r in asked if r["status"] == 200} - moved
    expect(not plain, f"sent again though nothing changed: {sorted(plain)[:10]}")
    expect(len([r for r in asked if r["status"] == 304]) >= 30, f"only {len(asked)} answers of 304")
    report = json.loads((folder / "second.json").read_text())["items"]
    expect(not report.get("new") and not report.get("new version"), f"the second run stored something: {report}")


if step == "first":
    check_politeness()
if step == "second":
    check_politeness()
    check_second_run()
check_documents()
check_refusals()
for problem in problems[:40]:
    print(f"collect_test, {step}: {problem}", file=sys.stderr)
sys.exit(1 if problems else 0)
