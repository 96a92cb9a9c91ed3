#!/usr/bin/env python3
"""A hub for tests: serves the folders of ROOT/OWNER/NAME as repositories.

    local_hub.py ROOT [PORT] [--slow BYTES_PER_SECOND] [--token TOKEN]

Answers the API's /api/models/OWNER/NAME/revision/main, and /OWNER/NAME/resolve/COMMIT/PATH with a
redirect to another port (as the hub does to its CDN) for files over 1 MB. Ranges are honoured.
Prints the URL once it listens. Standard library alone.
"""
import argparse
import hashlib
import http.server
import json
import pathlib
import re
import threading
import time
import urllib.parse

LARGE = 1_000_000


def describe(path: pathlib.Path, name: str) -> dict:
    data = path.read_bytes()
    entry = {
        "rfilename": name,
        "size": len(data),
        "blobId": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(),
    }
    if len(data) > LARGE:
        entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
    return entry


class Hub:
    def __init__(self, root: pathlib.Path):
        self.root = root
        self.lists: dict[str, dict] = {}

    def repository(self, name: str):
        folder = self.root / name
        if not folder.is_dir():
            return None
        if name not in self.lists:
            files = sorted(p for p in folder.rglob("*") if p.is_file())
            siblings = [describe(p, p.relative_to(folder).as_posix()) for p in files]
            sha = hashlib.sha1(json.dumps(siblings).encode()).hexdigest()
            self.lists[name] = {"id": name, "sha": sha, "siblings": siblings}
        return self.lists[name]


def handler(hub: Hub, cdn_port, rate: int, token: str):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments):
            pass

        def answer(self, status: int, body: bytes = b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
            on_cdn = cdn_port is None
            if on_cdn and self.headers.get("Authorization"):
                return self.answer(400, b"the token leaked")
            if not on_cdn and token and self.headers.get("Authorization") != f"Bearer {token}":
                return self.answer(401, b"", X_Error_Code="GatedRepo")
            if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/main", path):
                listing = hub.repository(found[1])
                if listing is None:
                    return self.answer(404, b"", X_Error_Code="RepoNotFound")
                return self.answer(200, json.dumps(listing).encode(), Content_Type="application/json")
            found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([0-9a-f]{40})/(.+)", path)
            listing = hub.repository(found[1]) if found else None
            names = {entry["rfilename"]: entry for entry in listing["siblings"]} if listing else {}
            if not found or found[2] != listing["sha"] or found[3] not in names:
                return self.answer(404, b"", X_Error_Code="EntryNotFound")
            if "lfs" in names[found[3]] and not on_cdn:
                return self.answer(302, b"", Location=f"http://127.0.0.1:{cdn_port}{self.path}")
            self.file(hub.root / found[1] / found[3])

        def file(self, path: pathlib.Path):
            data = path.read_bytes()
            begin = 0
            if wanted := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
                begin = int(wanted[1])
                if begin >= len(data):
                    return self.answer(416)
            self.send_response(206 if begin else 200)
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - begin))
            self.end_headers()
            step = max(1, rate // 50) if rate else len(data)
            try:
                while begin < len(data):
                    self.wfile.write(data[begin : begin + step])
                    begin += step
                    if rate:
                        time.sleep(0.02)
            except ConnectionError:
                pass

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("port", type=int, nargs="?", default=0)
    parser.add_argument("--slow", type=int, default=0)
    parser.add_argument("--token", default="")
    options = parser.parse_args()
    hub = Hub(options.root)
    address = ("127.0.0.1", 0)
    cdn = http.server.ThreadingHTTPServer(address, handler(hub, None, options.slow, ""))
    threading.Thread(target=cdn.serve_forever, daemon=True).start()
    front = http.server.ThreadingHTTPServer(
        ("127.0.0.1", options.port), handler(hub, cdn.server_address[1], options.slow, options.token)
    )
    print(f"http://127.0.0.1:{front.server_address[1]}", flush=True)
    front.serve_forever()


if __name__ == "__main__":
    main()
