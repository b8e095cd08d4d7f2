"""`tabard explain`: why a request was denied, and what nearly allowed it.

The server keeps with each denial's audit record what was compared then, so that this needs no server, changes nothing, and
stays true whatever has been changed since.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from tabard.cli.errors import CommandError
from tabard.cli.places import data_option, default_data, tabard_command
from tabard.cli.screen import line, screen

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console

Json = dict[str, Any]
_PAUSES = (0.05, 0.2, 0.5)
"""Seconds to wait for a record that is not there: a reply may overtake its record by a moment."""
_WORDS = {
    "Principal": "the principal is not one that it names",
    "NotPrincipal": "the principal is one that it leaves out",
    "Resource": "the resource is not one of its own",
    "NotResource": "the resource is one that it leaves out",
}


def explain(options: argparse.Namespace) -> int:
    """Explain the newest denial, the one that a request id or encoded message names, or a line of ``tabard evaluate``."""
    what: str = (sys.stdin.read() if options.what == "-" else options.what or "").strip()
    if what.startswith("{"):
        report = _of_line(what)
    else:
        report = _of_record(options.data or default_data(), _told(what), options.principal or "")
    if options.output == "json":
        json.dump(report, sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        show(report, screen())
    return 0


def _told(text: str) -> str:
    """What the server said, of what a client printed: ``An error occurred (AccessDenied) when calling … operation: …``."""
    return (
        text.partition(" operation: ")[2]
        or text.partition(" operation (reached max retries: 0): ")[2]
        or text
    )


def _of_line(text: str) -> Json:
    from tabard.policy.evaluate import Evaluator, LineError

    try:
        return Evaluator().explain(text)
    except LineError as error:
        raise CommandError(f"That is no request to evaluate: {error}", "See docs/policies.md.") from None


def _of_record(data: Path, what: str, principal: str) -> Json:
    if not (data / "audit").is_dir():
        raise CommandError(
            f"There is no audit trail in {data}.",
            "Say where the server keeps its data: tabard explain --data DIR",
            f"Or start a server there: {tabard_command()} up{data_option(data)}",
        )
    try:
        for pause in (*_PAUSES, None):
            for event in _events(data / "audit", what):
                if what or _is_denial_of(event, principal):
                    return _report_of(event)
            if pause is None or not what:
                break
            time.sleep(pause)
    except OSError as error:
        raise CommandError(
            f"The audit trail cannot be read: {error}", "It belongs to the server's user."
        ) from None
    if what:
        raise CommandError(
            "No recorded request has this request id or encoded message.",
            "The newest denial is explained by: tabard explain",
        )
    raise CommandError(f"Nothing was denied{' to ' + principal if principal else ''} on {data}.")


def _events(folder: Path, what: str) -> Iterator[Json]:
    """The records, the newest first, that hold a text."""
    needle = what.encode()
    for path in [folder / "events.jsonl", *sorted(folder.glob("events-*.jsonl"), reverse=True)]:
        for text in reversed(path.read_bytes().splitlines() if path.exists() else []):
            if (needle or b'"explanation"') in text:
                try:
                    event: Json = json.loads(text)
                except ValueError:
                    continue  # the server is in the middle of writing it
                if not what or what == event.get("requestID") or what in event.get("errorMessage", ""):
                    yield event


def _is_denial_of(event: Json, principal: str) -> bool:
    decided: Json = event.get("additionalEventData") or {}
    return "explanation" in decided and principal in decided["explanation"]["principal"]


def _report_of(event: Json) -> Json:
    request = {
        "requestId": event.get("requestID"),
        "time": event.get("eventTime"),
        "event": f"{event.get('eventSource')} {event.get('eventName')}",
        "sourceIPAddress": event.get("sourceIPAddress"),
    }
    decided = event.get("additionalEventData") or {}
    explanation = decided.get("explanation")
    if explanation is None:
        told = event.get("errorCode")
        outcome = f"was refused with {told}: {event.get('errorMessage')}" if told else "was not denied"
        raise CommandError(f"No policy denied {request['requestId']} ({request['event']}): it {outcome}.")
    return {"request": request, "revision": decided.get("revision"), **explanation}


def show(report: Json, out: Console) -> None:
    """Print a report for people."""
    allowed = report["decision"] == "allow"
    mark: tuple[str, str] = ("Allowed", "good") if allowed else ("Denied", "bad")
    out.print(line(mark, "  ", (report["action"], "command"), " on ", (report["resource"], "name")))
    out.print(line("to      ", (report["principal"], "name")))
    if "request" in report:
        request = report["request"]
        out.print(
            line(
                (
                    f"at      {request['time']} from {request['sourceIPAddress']}, {request['requestId']}",
                    "quiet",
                )
            )
        )
    out.print()
    out.print(line("Because ", _because(report)))
    if report["matches"]:
        out.print()
        out.print(line(("What matched", "title")))
    for match in report["matches"]:
        style = "good" if match["effect"] == "Allow" else "bad"
        out.print(line("  ", (f"{match['effect']:5}", style), "  ", _place(match)))
    _show_misses(report, out)
    _show_missing(report, out)
    if report["context"]:
        out.print()
        out.print(line(("What was known of the request", "title")))
    for key, value in report["context"].items():
        out.print(line("  ", (key, "quiet"), (" = ", "quiet"), (_values(value), "quiet")))


def _because(report: Json) -> str:
    layer, action = report["layer"], report["action"]
    if layer is None:
        return "the account's root may do whatever no policy denies."
    if report["result"] == "ExplicitlyDenied":
        return f"a statement of the {layer} denies it, and an explicit deny always wins."
    if report["result"] == "Allowed":
        return f"the {layer} allows it, and nothing denies it."
    spoken = any(miss["layer"] == layer and miss["effect"] == "Allow" for miss in report["nearMisses"])
    nearly = (
        "though some nearly do."
        if spoken
        else f"nor nearly: none has {action} for this resource and principal."
    )
    return f"no statement of the {layer} allows it, {nearly}"


def _show_misses(report: Json, out: Console) -> None:
    wanted = [
        miss for miss in report["nearMisses"] if miss["effect"] == "Allow" or report["decision"] == "allow"
    ]
    if not wanted:
        return
    out.print()
    out.print(line(("What nearly matched", "title"), (" - each would have, but for one thing", "quiet")))
    for miss in wanted:
        style = "good" if miss["effect"] == "Allow" else "bad"
        out.print(line("  ", (f"{miss['effect']:5}", style), "  ", _place(miss)))
        if miss["element"] == "Condition":
            out.print(
                line("         ", ("but for its condition ", "warn"), f"{miss['operator']} on {miss['key']}")
            )
        else:
            out.print(line("         ", (f"but {_WORDS[miss['element']]}", "warn")))
        out.print(line("           policy:  ", (_values(miss["expected"]), "name")))
        found = _values(miss["found"]) if miss["found"] else "(the request has no such key)"
        out.print(line("           request: ", (found, "name")))
    if report["nearMissesLeftOut"]:
        out.print(line((f"  … and {report['nearMissesLeftOut']} more", "quiet")))


_WHERE = {
    "identity-based policy": "in a policy of {who}",
    "permissions boundary": "in the permissions boundary of {who}, which must allow what its policies allow",
    "session policy": "in the session policy, which was passed to the call that made these credentials",
    "resource-based policy": "in the policy of the resource",
    "role trust policy": "in the trust policy of the role",
    "service control policy": "in a service control policy at each level of the organisation",
    "VPC endpoint policy": "in the policy of the endpoint",
}


def _show_missing(report: Json, out: Console) -> None:
    """What would have to be said, and where; of an explicit deny, that nothing else helps."""
    if report["result"] == "Allowed":
        return
    out.print()
    if report["result"] == "ExplicitlyDenied":
        out.print(line("No allow outweighs it: that statement must change, or the request."))
        return
    layer = report["layer"]
    statement = {"Effect": "Allow", "Action": report["action"], "Resource": report["resource"] or "*"}
    if layer in {"resource-based policy", "role trust policy"}:
        statement = {"Effect": "Allow", "Principal": _named(report)} | statement
    if layer == "role trust policy":
        del statement["Resource"]
    who = (
        "the role"
        if ":assumed-role/" in report["principal"]
        else "the principal, or of a group that it is in"
    )
    if layer != "identity-based policy":
        who = who.partition(",")[0]
    out.print(line(("What is missing", "title"), (f" - {_WHERE[layer].format(who=who)}", "quiet")))
    out.print(line("  ", (json.dumps(statement), "command")))


def _named(report: Json) -> str | dict[str, str]:
    """The element Principal that names the one who was denied: of a session its role, of nobody everyone."""
    principal: str = report["principal"]
    if principal.startswith("arn:"):
        return {"AWS": report["context"].get("aws:principalarn", principal)}
    return {"Service": principal} if "." in principal else "*"


def _place(statement: Json) -> str:
    version = f" {statement['version']}" if statement["version"] else ""
    sid = f' "{statement["sid"]}"' if statement["sid"] else ""
    policy = statement["policy"] or f"the {statement['layer']}"
    return f"{policy}{version}, statement {statement['index'] + 1}{sid} ({statement['layer']})"


def _values(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value) or '""'
