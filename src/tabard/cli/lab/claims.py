"""What the lab claims, by name and in words. A chapter shows a claim to hold, or the lab ends there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CLAIMS: Mapping[str, str] = {
    # role
    "role-listed": "The role appears in the list of roles",
    "role-trusts-ec2": "EC2, and nobody else, is trusted to assume it",
    "role-has-permissions": "It carries AdministratorAccess",
    "profile-holds-role": "An instance profile of the same name holds it",
    # machine
    "key-pair": "The key pair's private key is one that ssh can use, readable by its owner alone",
    "buckets-made": "The three buckets exist",
    "instance-runs": "The instance is running",
    "instance-without-role": "It wears no role yet",
    # login
    "login": "The ordinary ssh client logs in as ec2-user, and the prompt shows the instance's private address",
    "home-listing": "The home holds a new user's four files, and no .aws",
    "clean-environment": "Its environment says where the API is and which region, and holds no key",
    "no-credentials": "The CLI is unable to locate credentials",
    # attach
    "details-show-role": "The running instance's details show the role",
    "session-lists-buckets": "In the same session, with nothing configured, the CLI lists the buckets",
    "same-session": "It is the very shell that had no credentials a moment ago",
    # known
    "known-by-instance": "Its calls appear as ROLE/INSTANCE-ID",
    "temporary": "The credentials are temporary: an hour at most",
    "condition-lets-in": "A policy may ask for this very instance, by its ARN, its address, and how it got its credentials",
    "condition-keeps-out": "… and keeps every other instance out",
    # disk
    "no-credential-on-disk": "Neither access key, secret nor token is in any writable file or any file newer than the launch",
    "rest-read-only": "Everything else of the instance's file system is read-only",
    "no-credential-on-server": "The server's own data holds neither secret nor token",
    # policy
    "policy-detached-at-once": "Detach the policy, and the next call is denied",
    "held-credentials-obey": "… also for a program that got its credentials before",
    "policy-edited-at-once": "Give a smaller policy, and the next call obeys it",
    "policy-limits": "What that policy does not allow is denied, with principal, action and reason",
    # replace
    "replaced-at-once": "Replace the role, and a new process is the new role at once",
    "replaced-permissions": "… with the new role's permissions, not the old one's",
    "held-credentials-live-on": "A running program's credentials of the old role live on until they expire, as on AWS",
    "old-sessions-revoked": "… unless the old role's sessions are revoked",
    # detach
    "detached-at-once": "Detach the role, and a new process is unable to locate credentials",
    "delivered-refused": "Credentials that were already delivered are refused from then on",
    "attached-again": "Attach it again, and the next process has credentials again",
    # trust
    "untrusted-no-credentials": "A role that does not trust EC2 gives its instance no credentials",
    "metadata-says-why": "… and the metadata service says why",
    # pass
    "pass-refused-associate": "Who may not pass the role cannot attach it to a running instance",
    "pass-refused-run": "… nor launch an instance with it",
    "pass-refused-profile": "… nor put it into an instance profile",
    "pass-refusal-changed-nothing": "Nothing of what was refused has happened",
    "pass-allowed": "With iam:PassRole on it, the same person can",
    # regions
    "second-region": "Roles are global: an instance in another region uses the same role",
    "second-region-is-other": "… and that instance is in the other region",
    # assume
    "assume-refused": "An IAM user may not assume the role while its trust policy names only EC2",
    "assume-trusted": "When the trust policy names the user, the user may",
    "assumed-works": "… and has the role's permissions for as long as the session lasts",
    "root-refused": "The root user may not assume roles",
    # delete
    "deleted-no-credentials": "Delete the role, and a new process is unable to locate credentials",
    "deleted-refused": "Credentials that were delivered before end with the role",
    "namesake-inherits-nothing": "A new role of the same name does not bring them back to life",
    # end
    "nothing-left": "When the server ends, no process and no mount of it is left",
}


class BrokenClaim(Exception):  # noqa: N818 - a claim that does not hold is the lab's finding, not an error of its own
    """A claim that does not hold: its name, what it says, what was expected and what was seen."""

    def __init__(self, name: str, says: str, expected: str, seen: str) -> None:
        super().__init__(f"{name}: {says}\nexpected: {expected}\nseen: {seen}")
        self.name = name
        self.says = says
        self.expected = expected
        self.seen = seen


def check(name: str, *, holds: bool, expected: str, seen: object) -> str:
    """The claim's words if it holds. Raises ``BrokenClaim``."""
    says = CLAIMS[name]
    if not holds:
        raise BrokenClaim(name, says, expected, str(seen).strip() or "(nothing)")
    return says
