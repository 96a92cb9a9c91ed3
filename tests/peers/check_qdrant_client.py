#!/usr/bin/env python3
"""Qdrant's own client (pip install qdrant-client) against `twin serve`: creates, fills, searches,
filters, scrolls, changes and deletes.

  tests/peers/check_qdrant_client.py [build/release/twin]
"""
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import uuid
import warnings

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

warnings.filterwarnings("error", message=".*(incompatible|compatibility).*")
twin = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/release/twin")
random.seed(3)


def expect(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def refused(call, status):
    try:
        call()
    except UnexpectedResponse as error:
        expect(error.status_code == status, f"status {error.status_code}, expected {status}")
        return json.loads(error.content)["status"]["error"]
    sys.exit(f"FAILED: no error, expected {status}")


def vector(n=8):
    x = [random.gauss(0, 1) for _ in range(n)]
    length = math.sqrt(sum(v * v for v in x))
    return [v / length for v in x]


def check(client, reopened):
    names = {c.name for c in client.get_collections().collections}
    if reopened:  # what the service before kept
        expect("kept" in names, "collections are kept")
        expect(client.count("kept").count == 3, "points are kept")
        expect(client.collection_exists("alias"), "aliases are kept")
    client.delete_collection("notes")
    expect(not client.collection_exists("notes"), "exists")
    client.create_collection(
        "notes", vectors_config=models.VectorParams(size=8, distance=models.Distance.COSINE),
        metadata={"made_by": "test"})
    refused(lambda: client.create_collection(
        "notes", vectors_config=models.VectorParams(size=8, distance=models.Distance.COSINE)), 409)
    info = client.get_collection("notes")
    expect(info.config.params.vectors.size == 8, "dimensions")
    expect(info.config.metadata == {"made_by": "test"}, "metadata")
    client.create_payload_index("notes", "city", models.PayloadSchemaType.KEYWORD)
    client.create_payload_index("notes", "text", models.TextIndexParams(
        type="text", tokenizer=models.TokenizerType.WORD))

    data = []
    for i in range(500):
        data.append(models.PointStruct(id=i if i % 2 else str(uuid.UUID(int=i)), vector=vector(), payload={
            "city": ["Berlin", "Paris", "London"][i % 3], "n": i, "text": f"note number {i}",
            "tags": [f"t{i % 5}", "all"], "nested": {"deep": i % 7},
            "when": f"2024-{i % 12 + 1:02}-01T00:00:00Z"}))
    client.upsert("notes", data[:100], wait=True)
    client.upload_points("notes", data[100:], batch_size=64, wait=True)
    expect(client.count("notes").count == 500, "count")

    def exact(query, keep=lambda p: True):
        dot = lambda p: sum(a * b for a, b in zip(query, p.vector))
        return sorted((p for p in data if keep(p)), key=lambda p: -dot(p))

    must = lambda *c: models.Filter(must=list(c))
    field = lambda key, **kw: models.FieldCondition(key=key, **kw)
    filters = [
        (None, lambda p: True),
        (must(field("city", match=models.MatchValue(value="Berlin"))), lambda p: p.payload["city"] == "Berlin"),
        (must(field("tags", match=models.MatchAny(any=["t1", "t2"]))),
         lambda p: {"t1", "t2"} & set(p.payload["tags"])),
        (must(field("n", range=models.Range(gte=100, lt=200))), lambda p: 100 <= p.payload["n"] < 200),
        (must(field("nested.deep", match=models.MatchValue(value=3))), lambda p: p.payload["nested"]["deep"] == 3),
        (must(field("when", range=models.DatetimeRange(gt="2024-06-15T00:00:00Z"))),
         lambda p: p.payload["when"] > "2024-06-15"),
        (must(field("text", match=models.MatchText(text="42 number"))), lambda p: p.payload["n"] == 42),
        (models.Filter(must_not=[field("city", match=models.MatchExcept(**{"except": ["Paris"]}))]),
         lambda p: p.payload["city"] == "Paris"),
        (models.Filter(should=[models.HasIdCondition(has_id=[1, 3]), models.IsEmptyCondition(
            is_empty=models.PayloadField(key="city"))]), lambda p: p.id in (1, 3)),
        (models.Filter(min_should=models.MinShould(min_count=2, conditions=[
            field("city", match=models.MatchValue(value="Paris")),
            field("n", range=models.Range(lt=50)), field("n", range=models.Range(gt=400))])),
         lambda p: p.payload["city"] == "Paris" and not 50 <= p.payload["n"] <= 400),
    ]
    for condition, keep in filters:
        query = vector()
        found = client.query_points("notes", query=query, query_filter=condition, limit=10,
                                    with_payload=True, with_vectors=True).points
        wanted = exact(query, keep)[:10]
        expect([p.id for p in found] == [p.id for p in wanted], f"query with {condition}")
        for a, b in zip(found, wanted):
            expect(a.payload == b.payload, "payload")
            expect(max(abs(x - y) for x, y in zip(a.vector, b.vector)) < 1e-6, "vector")
            expect(abs(a.score - sum(x * y for x, y in zip(query, b.vector))) < 1e-5, "score")
        expect(client.count("notes", count_filter=condition).count == len(exact(query, keep)), "count")
    query = vector()
    batch = client.query_batch_points("notes", [models.QueryRequest(query=query, limit=3),
                                                models.QueryRequest(query=query, limit=2, offset=1)])
    expect([p.id for p in batch[0].points][1:] == [p.id for p in batch[1].points], "batch and offset")
    best = client.query_points("notes", query=query, limit=500).points
    threshold = best[20].score
    expect(len(client.query_points("notes", query=query, limit=500, score_threshold=threshold).points) == 21,
           "score threshold")
    near = client.query_points("notes", query=1, limit=4).points
    expect(1 not in [p.id for p in near] and len(near) == 4, "query by id")
    part = client.query_points("notes", query=query, limit=1, with_payload=["city", "nested.deep"]).points[0]
    expect(set(part.payload) == {"city", "nested"}, "with_payload")

    seen, offset = [], None
    while True:
        page, offset = client.scroll("notes", limit=77, offset=offset, with_vectors=False)
        seen += [p.id for p in page]
        if offset is None:
            break
    expect(len(seen) == 500 and len(set(seen)) == 500, "scroll")
    page, _ = client.scroll("notes", scroll_filter=filters[1][0], limit=1000)
    expect(len(page) == 167 and all(p.payload["city"] == "Berlin" for p in page), "scroll with a filter")
    expect({p.id for p in client.retrieve("notes", [1, 3, 99999])} == {1, 3}, "retrieve")

    client.set_payload("notes", {"extra": True}, points=[1, 3])
    expect(client.count("notes", count_filter=must(field("extra", match=models.MatchValue(value=True)))).count == 2,
           "set_payload")
    client.overwrite_payload("notes", {"only": 1}, points=[1])
    expect(client.retrieve("notes", [1])[0].payload == {"only": 1}, "overwrite_payload")
    client.delete_payload("notes", ["only"], points=[1])
    expect(client.retrieve("notes", [1])[0].payload == {}, "delete_payload")
    client.clear_payload("notes", points_selector=[3])
    expect(client.retrieve("notes", [3])[0].payload == {}, "clear_payload")
    client.update_vectors("notes", [models.PointVectors(id=1, vector=query)])
    expect(client.query_points("notes", query=query, limit=1).points[0].id == 1, "update_vectors")
    client.batch_update_points("notes", [
        models.UpsertOperation(upsert=models.PointsList(points=[models.PointStruct(id=7000, vector=vector())])),
        models.DeleteOperation(delete=models.PointIdsList(points=[3]))])
    expect(client.count("notes").count == 500, "batch update")

    client.delete("notes", points_selector=[1, 7000])
    client.delete("notes", points_selector=models.FilterSelector(filter=filters[1][0]))
    left = client.count("notes").count
    expect(0 < left < 400 and client.count("notes", count_filter=filters[1][0]).count == 0, "delete")
    client.delete_payload_index("notes", "city")
    expect("city" not in client.get_collection("notes").payload_schema, "delete_payload_index")

    for distance, better in ((models.Distance.DOT, -1), (models.Distance.EUCLID, 1)):
        client.create_collection("other", vectors_config=models.VectorParams(size=2, distance=distance))
        client.upsert("other", models.Batch(ids=[1, 2, 3], vectors=[[1, 0], [3, 3], [0, 2]]))
        scores = [p.score for p in client.query_points("other", query=[1.0, 0.5], limit=3).points]
        expect(scores == sorted(scores, key=lambda s: better * s), f"order of {distance}")
        client.delete_collection("other")

    if not reopened:
        client.create_collection("kept", vectors_config={})
        client.upsert("kept", [models.PointStruct(id=i, vector={}, payload={"i": i}) for i in range(3)])
    client.update_collection_aliases([models.CreateAliasOperation(create_alias=models.CreateAlias(
        collection_name="kept", alias_name="alias"))])
    expect(client.count("alias").count == 3, "alias")
    expect(client.get_aliases().aliases[0].alias_name == "alias", "aliases")
    expect("doesn't exist" in refused(lambda: client.count("nowhere"), 404), "404")
    refused(lambda: client.query_points("notes", query=[1.0], limit=1), 400)
    refused(lambda: client.create_collection("sparse", vectors_config={}, sparse_vectors_config={
        "text": models.SparseVectorParams()}), 400)


with tempfile.TemporaryDirectory() as root:
    subprocess.run([twin, "init", root], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    open(f"{root}/note.md", "w").write("# A note\n\nI keep a notebook because I forget.\n")
    subprocess.run([twin, "--workspace", root, "collect", "--author", "Ada Lovelace", f"{root}/note.md"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for reopened, key in ((False, None), (True, "secret")):
        environment = {**os.environ, **({"TWIN_API_KEY": key} if key else {})}
        serve = subprocess.Popen([twin, "--workspace", root, "--json", "serve", "--port", "0"], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        try:
            line = serve.stdout.readline()
            if not line:
                sys.exit("twin serve: " + serve.stderr.read())
            url = json.loads(line)["url"]
            if key:
                refused(lambda: QdrantClient(url=url, check_compatibility=False).get_collections(), 401)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
                check(QdrantClient(url=url, api_key=key, timeout=30), reopened)
        finally:
            serve.terminate()
            serve.wait(20)
print("qdrant-client: all checks passed")
