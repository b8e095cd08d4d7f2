"""Run a server for tests: prints what ``Started`` says as one line of JSON, then serves until it is ended."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tabard.app import Settings, Started, run
from tabard.identity import fetching


def main() -> None:
    fetching.WITHIN = 60.0  # a busy machine's identity providers may take longer than a server should wait
    options = json.loads(sys.argv[1])
    if options.get("data"):
        options["data"] = Path(options["data"])

    def ready(started: Started) -> None:
        print(json.dumps(asdict(started), default=str), flush=True)

    run(Settings(**options), ready)


if __name__ == "__main__":
    main()
