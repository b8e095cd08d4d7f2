"""The same role can be assumed by a person, when its trust policy says so; never by root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.cli.lab import documents
from tabard.cli.lab.lab import BUCKETS, ROLE, Person, error_code

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "A person assumes the same role"
NEEDS = ("role", "buckets")
USER = "lab-alice"


def tell(lab: Lab) -> None:
    """Try, be trusted, try again; and try as root."""
    stage = lab.stage
    iam = stage.client("iam")
    alice = stage.person(USER, documents.allow("sts:AssumeRole"))
    lab.transcript.note(f"{USER} is an IAM user who may sts:AssumeRole")
    assume = f"sts assume-role --role-arn {lab.arn('role', ROLE)} --role-session-name lab"
    refused = lab.refused(assume, person=alice)
    _claim_denied(lab, "assume-refused", refused.text, "is not authorized to perform: sts:AssumeRole")
    both = documents.trust(service="ec2.amazonaws.com", user=lab.arn("user", USER))
    trust = lab.document("trust-both.json", both)
    lab.aws(f"iam update-assume-role-policy --role-name {ROLE} --policy-document {trust}")
    arn = f"arn:aws:sts::{lab.account}:assumed-role/{ROLE}/lab"
    credentials = _assume(lab, alice, assume, arn)
    listing = lab.refused("s3 ls", person=Person(f"{USER} as {ROLE}", credentials)).text
    lab.claim(
        "assumed-works",
        holds=all(name in listing for name in BUCKETS),
        expected=" ".join(BUCKETS),
        seen=listing,
    )
    root = lab.refused(assume)
    _claim_denied(lab, "root-refused", root.text, "Roles may not be assumed by root accounts")
    iam.update_assume_role_policy(
        RoleName=ROLE, PolicyDocument=documents.compact(documents.trust(service="ec2.amazonaws.com"))
    )


def _assume(lab: Lab, alice: Person, assume: str, arn: str) -> dict[str, Any]:
    import json

    (done,) = lab.aws_together([assume], person=alice, secret=(0,), may_fail=True)
    reply = json.loads(done.stdout) if done.status == 0 else {}
    seen = reply.get("AssumedRoleUser", {}).get("Arn", done.stderr)
    lab.claim("assume-trusted", holds=seen == arn, expected=arn, seen=seen)
    credentials: dict[str, Any] = reply["Credentials"]
    return credentials


def _claim_denied(lab: Lab, name: str, text: str, words: str) -> None:
    holds = error_code(text) == "AccessDenied" and words in text
    lab.claim(name, holds=holds, expected=f"AccessDenied: … {words}", seen=text)
