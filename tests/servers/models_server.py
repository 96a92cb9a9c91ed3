#!/usr/bin/env python3
"""A server of models for tests: OpenAI's /v1/embeddings and /v1/chat/completions, and /v1/rerank.

    models_server.py LOG [--key KEY]

Prints its URL once it listens and writes a line of JSON for each request to LOG. Vectors are counts of
words, hashed to 32 dimensions; a passage's score is how many of the query's words it has. Chats are
answered by what the file LOG.answer holds. Standard library alone.
"""

import argparse
import http.server
import json
import pathlib
import re
import zlib

DIMENSIONS = 32


def words(text):
    return re.findall(r"[a-z]+", text.lower())


def vector(text):
    counts = [0.01] * DIMENSIONS
    for word in words(text):
        counts[zlib.crc32(word.encode()) % DIMENSIONS] += 1
    return counts


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(404, {"error": {"message": "nothing here"}})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.log.open("a") as log:
            entry = {"path": self.path, "key": self.headers.get("Authorization"), "body": body}
            log.write(json.dumps(entry) + "\n")
        key = self.server.key
        if key and self.headers.get("Authorization") != f"Bearer {key}":
            return self.answer(401, {"error": {"message": "who are you?"}})
        if self.path == "/v1/embeddings":
            data = [{"index": i, "embedding": vector(text)} for i, text in enumerate(body["input"])]
            return self.answer(200, {"data": data})
        if self.path == "/v1/rerank":
            asked = set(words(body["query"]))
            results = [
                {"index": i, "relevance_score": float(len(asked & set(words(text))))}
                for i, text in enumerate(body["documents"])
            ]
            return self.answer(200, {"results": results})
        if self.path == "/v1/chat/completions":
            said = pathlib.Path(str(self.server.log) + ".answer").read_text()
            return self.answer(200, {"choices": [{"message": {"role": "assistant", "content": said}}]})
        return self.answer(404, {"error": {"message": "nothing here"}})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=pathlib.Path)
    parser.add_argument("--key", default="")
    arguments = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.log = arguments.log
    server.key = arguments.key
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
