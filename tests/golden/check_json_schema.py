"""Checks outputs of the JSON schema test against the package jsonschema.

    TWIN_TEST_DUMP=/tmp/outputs build/release/src/engine_generate_test --gtest_filter='JsonSchema.*'
    python tests/golden/check_json_schema.py /tmp/outputs
"""
import json
import sys

import jsonschema

lines = open(sys.argv[1], encoding="utf-8", newline="\n").read().split("\n")
pairs = list(zip(lines[0::2], lines[1::2]))
for schema, output in pairs:
    if output == "null" and "nullable" in schema:
        continue  # OpenAPI's word; the package does not know it
    kind = jsonschema.Draft202012Validator
    kind(json.loads(schema), format_checker=kind.FORMAT_CHECKER).validate(json.loads(output))
print(len(pairs), "outputs are valid against", len({s for s, _ in pairs}), "schemas")
