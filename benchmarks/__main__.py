"""``python -m benchmarks [--callers N] [--seconds S] [--only NAME …] [--output json]``: every figure, beside its peers."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmarks import callers as making
from benchmarks import servers
from benchmarks.clients import drive, plain_get, signed_form, signed_list_buckets
from benchmarks.report import Table, print_report

if TYPE_CHECKING:
    from collections.abc import Callable

OPERATIONS: dict[str, Callable[[str, dict[str, str]], bytes]] = {
    "GetCallerIdentity": lambda endpoint, who: signed_form(
        endpoint, who, "sts", "Action=GetCallerIdentity&Version=2011-06-15"
    ),
    "ListBuckets": signed_list_buckets,
    "GetRole": lambda endpoint, who: signed_form(
        endpoint, who, "iam", "Action=GetRole&Version=2010-05-08&RoleName=measured"
    ),
}


def measure_requests(count: int, seconds: float, peers: list[str]) -> Table:
    """Processor time per request of each operation, on each server.

    ``empty`` is Tabard's HTTP server answering the very same bytes (same headers, same body) with nothing; ``uvicorn`` is
    that server's raw ASGI doing so.
    """
    figures: Table = {}
    nobody = [{"access_key": f"AKIA{number:016d}", "secret_key": "x" * 40} for number in range(count)]
    for name in ("empty", "uvicorn"):
        with servers.empty(name) as server:
            loads = {"bare GET": [plain_get(server.endpoint)]}
            loads |= {
                each: [build(server.endpoint, who) for who in nobody] for each, build in OPERATIONS.items()
            }
            for operation, requests in loads.items():
                drive(server.endpoint, server.pid, requests, 1.0)
                load = drive(server.endpoint, server.pid, requests, seconds)
                figures.setdefault(f"{operation} (µs CPU)", {})[name] = load.cpu
    kinds = {"tabard": servers.tabard, "ministack": servers.ministack, "moto": servers.moto}
    for name in ["tabard", *peers]:
        with kinds[name]() as server:
            time.sleep(1.0)
            figures.setdefault("first answer (s)", {})[name] = server.first_answer
            figures.setdefault("idle memory (MiB)", {})[name] = server.memory_mib()
            print(f"making {count} callers on {name} …", file=sys.stderr, flush=True)
            making.make_targets(server)
            known = making.make_callers(server, count)
            if name == "moto":
                servers.enable_moto_auth(server)
            for operation, build in OPERATIONS.items():
                requests = [build(server.endpoint, who) for who in known]
                drive(server.endpoint, server.pid, requests, 2.0, at_least=2 * count)
                load = drive(server.endpoint, server.pid, requests, seconds)
                figures.setdefault(f"{operation} (µs CPU)", {})[name] = load.cpu
                figures.setdefault(f"{operation} (requests/s)", {})[name] = load.rate
    return figures


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--callers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each load lasts")
    parser.add_argument(
        "--peers", nargs="*", default=["ministack", "moto"], help="which peers to measure beside"
    )
    parser.add_argument("--output", choices=["text", "json"], default="text")
    parser.add_argument(
        "--only",
        choices=["requests", "sts", "iam", "phases", "instances", "policies"],
        help="measure only one chapter",
    )
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {servers.CLIENT_CORE % (os.cpu_count() or 1)})
    (servers.ROOT / ".cache").mkdir(exist_ok=True)
    figures: dict[str, dict[str, Any]] = {}
    phases: dict[str, dict[str, float]] = {}
    if arguments.only in {None, "requests"}:
        figures |= measure_requests(arguments.callers, arguments.seconds, arguments.peers)
    if arguments.only in {None, "sts"}:
        from benchmarks.role_sessions import measure_role_sessions

        figures |= measure_role_sessions(arguments.callers, arguments.seconds, arguments.peers)
    if arguments.only in {None, "iam"}:
        from benchmarks.iam_at_size import measure_iam_at_size

        figures |= measure_iam_at_size(arguments.seconds)
    if arguments.only in {None, "phases"}:
        from benchmarks.phases import measure_phases

        phases = measure_phases(OPERATIONS, arguments.callers)
    if arguments.only in {None, "policies"}:
        from benchmarks.policies import measure_policies

        figures |= measure_policies()
    if arguments.only in {None, "instances"}:
        from benchmarks.instances import measure_instances

        figures |= measure_instances()
    if arguments.output == "json":
        print(servers.as_json(figures | phases))
        return
    for table in (figures, phases):
        if table:
            print_report(table)


if __name__ == "__main__":
    main()
