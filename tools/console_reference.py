"""Print the service reference as the console's policy editor reads it: one JSON object of file names and contents.

Run by the console's build (``console/vite.config.ts``), which makes a file of each; needs the standard library alone.
``index`` lists every service's prefix and title, and the global condition keys with their types. Each service has its
condition keys, its actions (name, access level, resource types, condition keys) and its resource types (name, ARN
format, condition keys); keys and resource types are told by their place in the service's own lists.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from tabard.catalog.condition_keys import GLOBAL_KEYS
from tabard.catalog.tables import Body, read_body, read_index

TABLE = "service_reference"


def reference() -> dict[str, Any]:
    """Every file of the reference by its name (without ``.json``)."""
    rows = json.loads(read_index(TABLE))[0]
    files: dict[str, Any] = {
        "index": {
            "services": [[prefix, title] for prefix, title, _, _ in rows],
            "globalKeys": [[key.name, key.type] for key in GLOBAL_KEYS],
        }
    }
    for prefix, title, names, place in rows:
        keys, actions, resources = json.loads(read_body(TABLE, Body(*place)))
        kinds = [resource[0] for resource in resources]
        files[prefix] = {
            "title": title,
            "keys": keys,
            "resources": [[name, arn, of_kind] for name, arn, of_kind in resources],
            "actions": [
                [name, level, _kinds(rows_of, kinds), sorted({key for row in rows_of for key in row[2]})]
                for name, (level, rows_of) in zip(names.split(), actions, strict=True)
            ],
        }
    return files


def _kinds(rows: list[list[Any]], kinds: list[str]) -> list[int]:
    return sorted({kinds.index(row[0]) for row in rows if row[0] in kinds})


if __name__ == "__main__":
    json.dump(reference(), sys.stdout, separators=(",", ":"))
