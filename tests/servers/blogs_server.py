#!/usr/bin/env python3
"""Serves the five blogs of blogs.py, each on a port of its own, and logs every request with its times.

    blogs_server.py FOLDER

Writes FOLDER/sites.json once it listens: per site its url, the posts to be kept (link, title, date,
author, first and last paragraph), the links to be refused with words of the reason, and the paths that
robots.txt forbids. Each request is a line of JSON in FOLDER/requests. Standard library alone.
"""

import argparse
import email.utils
import gzip
import hashlib
import http.server
import json
import pathlib
import threading
import time

import blogs

MODIFIED = email.utils.formatdate(1717200000, usegmt=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_GET(self):
        site = self.server.site
        began = time.time()
        with self.server.lock:
            self.server.counts[self.path] = count = self.server.counts.get(self.path, 0) + 1
        page = site.pages.get(self.path) or site.pages.get(self.path.split("?")[0] if "?" in self.path and not self.path.startswith(("/feed/", "/api/", "/wp-json/")) else "")
        page = page or blogs.page("<!doctype html><html><head><title>Page not found</title></head><body><h1>Not found</h1></body></html>", status=404)
        page = page.times.get(count, page)
        status = page.status
        tag = '"' + hashlib.sha256(page.body).hexdigest()[:16] + '"'
        asked = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        if status == 200 and (asked[0] == tag or (asked[0] is None and asked[1] == MODIFIED)):
            status = 304
        try:
            self.answer(page, status, tag)
        except (BrokenPipeError, ConnectionResetError):
            pass
        entry = {
            "site": site.name, "path": self.path, "status": status, "begin": began, "end": time.time(),
            "conditional": any(asked), "agent": self.headers.get("User-Agent", ""),
        }
        with self.server.log_lock, self.server.log.open("a") as log:
            log.write(json.dumps(entry) + "\n")

    def answer(self, page, status, tag):
        body = b"" if status == 304 else page.body
        packed = len(body) > 500 and "gzip" in self.headers.get("Accept-Encoding", "")
        if packed:
            body = gzip.compress(body)
        self.send_response(status)
        self.send_header("Content-Type", page.media_type)
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        if status in (200, 304):
            self.send_header("ETag", tag)
            self.send_header("Last-Modified", MODIFIED)
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if page.cut:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif page.slow and body:
            for part in range(10):
                self.wfile.write(body[len(body) * part // 10 : len(body) * (part + 1) // 10])
                self.wfile.flush()
                if part < 9:
                    time.sleep(page.slow / 10)
        else:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    corpora = pathlib.Path(__file__).resolve().parents[2] / "examples" / "corpora"
    own = blogs.read_posts(corpora / "maren-holt", "Maren Holt")
    guests = blogs.read_posts(corpora / "tobias-quill", "Tobias Quill")
    log_lock = threading.Lock()
    described = {}
    for i, (name, write) in enumerate(blogs.PLATFORMS.items()):
        server = Server(("127.0.0.1", 0), Handler)
        # Every fifth essay's section, so that each site has its own; a guest's where the site has one.
        posts = own[i::5][:7]
        places = {"substack": 1, "wordpress": 3, "ghost": len(posts) - 2}
        if name in places:
            posts[places[name]] = guests[i]
        site = blogs.Site(name, f"http://127.0.0.1:{server.server_port}", posts)
        site.pages = write(site)
        server.site, server.log, server.log_lock = site, folder / "requests", log_lock
        server.lock, server.counts = threading.Lock(), {}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        described[name] = {
            "url": site.url,
            "kept": {
                link: {
                    "title": p.title, "date": p.date.isoformat(), "author": p.author,
                    "first": p.paragraphs[0], "last": p.paragraphs[-1], "paragraphs": p.paragraphs,
                }
                for link, p in site.expected.items()
            },
            "refused": site.refused,
            "forbidden": site.forbidden,
        }
    (folder / "sites.json.new").write_text(json.dumps({"chrome": blogs.CHROME, "sites": described}))
    (folder / "sites.json.new").rename(folder / "sites.json")
    threading.Event().wait()


if __name__ == "__main__":
    main()
