"""IAM in accounts of many entities: the first page of ListRoles, and all pages of GetAccountAuthorizationDetails.

The entities are written beside the server into its database, for only their number matters here.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import servers
from benchmarks.callers import client
from benchmarks.clients import drive, processor_seconds, signed_form

if TYPE_CHECKING:
    from benchmarks.report import Table
    from benchmarks.servers import Server

SIZES = (100, 10_000, 1_000_000)
"""Roles of an account whose first page is asked for."""
DETAILED = 10_000
"""Entities whose details are asked for: half of them users, half of them roles."""
_ALLOW = '{"Version":"2012-10-17","Statement":{"Effect":"Allow",'
_TRUST = _ALLOW + '"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}'
_INLINE = _ALLOW + '"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}}'
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)"


def _database(server: Server) -> Path:
    """Where a server of ours keeps its state."""
    words = Path(f"/proc/{server.pid}/cmdline").read_bytes().split(b"\0")
    return Path(words[words.index(b"--data") + 1].decode()) / "tabard.db"


def add_roles(server: Server, account: str, first: int, last: int) -> None:
    """Roles by their numbers."""
    with closing(sqlite3.connect(_database(server), timeout=60)) as database, database:
        database.execute(
            f"{_NUMBERS} INSERT INTO iam_roles (id, account, name, folded, path, created_at, trust_policy,"  # noqa: S608 - a constant
            " max_session_duration, tags) SELECT printf('AROA%017d', i), :account, printf('role-%07d', i),"
            " printf('role-%07d', i), '/', 1700000000.0, :trust, 3600, '{}' FROM n",
            {"first": first, "last": last, "account": account, "trust": _TRUST},
        )


def add_users(server: Server, account: str, count: int) -> None:
    """Users, and an embedded policy for each of them and for as many roles."""
    parameters = {"first": 1, "last": count, "account": account, "policy": _INLINE}
    with closing(sqlite3.connect(_database(server), timeout=60)) as database, database:
        database.execute(
            f"{_NUMBERS} INSERT INTO iam_users (id, account, name, folded, path, created_at, tags)"  # noqa: S608 - a constant
            " SELECT printf('AIDA%017d', i), :account, printf('user-%07d', i), printf('user-%07d', i), '/',"
            " 1700000000.0, '{}' FROM n",
            parameters,
        )
        for prefix, kind in (("AIDA", "user"), ("AROA", "role")):
            database.execute(
                f"{_NUMBERS} INSERT INTO iam_inline_policies (entity_id, name, account, kind, document)"  # noqa: S608 - a constant
                f" SELECT printf('{prefix}%017d', i), 'may', :account, :kind, :policy FROM n",
                {**parameters, "kind": kind},
            )


def measure_iam_at_size(seconds: float) -> Table:
    """Processor time of a first page by how many roles there are; time and memory of all details."""
    figures: Table = {}
    with servers.tabard() as server:
        account = client(server, "sts").get_caller_identity()["Account"]
        asked = "Action=ListRoles&Version=2010-05-08"
        there = 0
        for size in SIZES:
            print(f"adding roles up to {size:,} …", file=sys.stderr, flush=True)
            add_roles(server, account, there + 1, size)
            there = size
            request = [signed_form(server.endpoint, server.credentials, "iam", asked)]
            drive(server.endpoint, server.pid, request, 3.0)
            load = drive(server.endpoint, server.pid, request, seconds)
            figures[f"ListRoles, first page of {size:,} roles (µs CPU)"] = {"tabard": load.cpu}
    with servers.tabard() as server:
        iam = client(server, "iam")
        account = client(server, "sts").get_caller_identity()["Account"]
        add_roles(server, account, 1, DETAILED // 2)
        add_users(server, account, DETAILED // 2)
        iam.get_account_authorization_details(MaxItems=1000)
        before, most, found = server.memory_mib(), 0.0, 0
        cpu, began = processor_seconds(server.pid), time.perf_counter()
        for page in iam.get_paginator("get_account_authorization_details").paginate(
            PaginationConfig={"PageSize": 1000}
        ):
            found += len(page["UserDetailList"]) + len(page["RoleDetailList"])
            most = max(most, server.memory_mib())
        if found != DETAILED:
            raise RuntimeError(f"{found} of {DETAILED} entities were shown")
        name = f"details of {DETAILED:,} entities"
        figures[f"{name}, with the client (s)"] = {"tabard": time.perf_counter() - began}
        figures[f"{name} (µs CPU each)"] = {"tabard": (processor_seconds(server.pid) - cpu) / found * 1e6}
        figures[f"{name}: memory before (MiB)"] = {"tabard": before}
        figures[f"{name}: memory at most (MiB)"] = {"tabard": most}
    return figures
