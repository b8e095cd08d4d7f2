"""Signing in by name and password over the wire: codes, forced changes, guessing, and what the trail says of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.edge.test_console import as_arguments, ask, new_user, sign_in

from tabard.identity import mfa
from tabard.identity.password_sign_in import FAILURES_AT_MOST

if TYPE_CHECKING:
    from tests.support.server import TabardServer

GOOD, OTHER = "Correct-horse-1", "Battery-staple-2"
ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def person(server: TabardServer, name: str, **options: Any) -> None:
    iam = server.client("iam")
    iam.create_user(UserName=name)
    iam.create_login_profile(UserName=name, Password=GOOD, **options)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(ALL))


def post(server: TabardServer, path: str, source: str = "127.0.0.1", **body: str) -> tuple[int, Any]:
    status, _, told = ask(server, "POST", f"/_/console/{path}", json.dumps(body).encode(), source=source)
    return status, json.loads(told)


def enter(server: TabardServer, name: str, password: str = GOOD, **more: str) -> tuple[int, Any]:
    return post(server, "password", account=server.account, user=name, password=password, **more)


def logins(server: TabardServer, name: str = "ConsoleLogin") -> list[Any]:
    trail = "".join(path.read_text() for path in sorted((server.data / "audit").rglob("*.jsonl")))
    return [event for event in map(json.loads, trail.splitlines()) if event["eventName"] == name]


class Phone:
    """A virtual MFA device of a user (or of root), enabled."""

    def __init__(self, server: TabardServer, user: str | None, name: str) -> None:
        self.iam = server.client("iam")
        made = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        import base64

        self.seed = base64.b32decode(made["Base32StringSeed"])
        self.serial = made["SerialNumber"]
        now = mfa.step_at(time.time())
        first, second = mfa.code_of(self.seed, now - 1), mfa.code_of(self.seed, now)
        whose = {} if user is None else {"UserName": user}
        self.iam.enable_mfa_device(
            **whose, SerialNumber=self.serial, AuthenticationCode1=first, AuthenticationCode2=second
        )

    def next_code(self) -> str:
        """The code after the newest that was accepted; the server takes one step ahead of the clock."""
        return mfa.code_of(self.seed, mfa.step_at(time.time()) + 1)


def test_a_password_signs_in_by_number_and_by_alias(server: TabardServer) -> None:
    person(server, "door-ann")
    iam = server.client("iam")
    iam.create_account_alias(AccountAlias="door-alias")
    try:
        status, session = post(server, "password", account="door-alias", user="door-ann", password=GOOD)
    finally:
        iam.delete_account_alias(AccountAlias="door-alias")
    assert (status, session["name"], session["mfa"]) == (200, "door-ann", False)
    own = server.client("iam", as_arguments(session))
    assert own.get_user()["User"]["UserName"] == "door-ann"
    assert abs(own.get_user()["User"]["PasswordLastUsed"].timestamp() - time.time()) < 60
    event = logins(server)[-1]
    assert event["responseElements"] == {"ConsoleLogin": "Success"}
    assert (event["userIdentity"]["type"], event["userIdentity"]["userName"]) == ("IAMUser", "door-ann")
    assert event["additionalEventData"]["MFAUsed"] == "No"
    assert GOOD not in json.dumps(event)


@pytest.mark.parametrize(
    ("name", "password", "why", "kept"),
    [
        ("door-wrong", "wrong", "Failed authentication", "door-wrong"),
        ("door-nobody", GOOD, "No username found in supplied account", "HIDDEN_DUE_TO_SECURITY_REASONS"),
    ],
)
def test_what_was_wrong_is_not_told_but_recorded(
    server: TabardServer, name: str, password: str, why: str, kept: str
) -> None:
    if kept == name:
        person(server, name)
    status, told = enter(server, name, password)
    assert (status, told["code"]) == (403, "AuthenticationFailed")
    assert told["message"] == "Your authentication information is incorrect. Please try again."
    event = logins(server)[-1]
    assert event["responseElements"] == {"ConsoleLogin": "Failure"}
    assert (event["errorMessage"], event["userIdentity"]["userName"]) == (why, kept)
    assert event["recipientAccountId"] == server.account
    assert "errorCode" not in event


def test_a_code_is_asked_for_and_the_session_says_that_mfa_was_used(server: TabardServer) -> None:
    person(server, "door-mfa")
    phone = Phone(server, "door-mfa", "door-phone")
    status, told = enter(server, "door-mfa")
    assert (status, told["code"], told["devices"]) == (
        401,
        "MultiFactorAuthenticationRequired",
        phone.serial,
    )
    assert logins(server, "CheckMfa")[-1]["responseElements"] == {"CheckMfa": "Success"}
    assert enter(server, "door-mfa", code="000000")[0] == 403
    code = phone.next_code()
    status, session = enter(server, "door-mfa", code=code)
    assert (status, session["mfa"]) == (200, True)
    assert logins(server)[-1]["additionalEventData"]["MFAUsed"] == "Yes"
    assert enter(server, "door-mfa", code=code)[0] == 403  # a code is good once

    deny = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        },
    }
    iam = server.client("iam")
    iam.put_user_policy(UserName="door-mfa", PolicyName="mfa", PolicyDocument=json.dumps(deny))
    server.client("iam", as_arguments(session)).list_roles()


def test_a_key_and_a_link_ask_for_the_code_too(server: TabardServer) -> None:
    key = new_user(server, "door-key")
    phone = Phone(server, "door-key", "door-key-phone")
    assert sign_in(server, key)[1]["code"] == "MultiFactorAuthenticationRequired"
    token = sign_in(server, key, "/_/console/links")[1]["link"].partition("#token=")[2]
    assert post(server, "link", token=token)[1]["code"] == "MultiFactorAuthenticationRequired"
    assert post(server, "link", token=token, code="000000")[0] == 403
    status, session = post(server, "link", token=token, code=phone.next_code())
    assert (status, session["mfa"]) == (200, True)
    assert post(server, "link", token=token)[1]["code"] == "InvalidSignInLink"


def test_who_must_change_their_password_chooses_one_and_is_in(server: TabardServer) -> None:
    person(server, "door-new", PasswordResetRequired=True)
    status, told = enter(server, "door-new")
    assert (status, told["code"]) == (401, "PasswordChangeRequired")
    ticket = told["ticket"]
    assert post(server, "password-change", ticket="none", old=GOOD, new=OTHER)[0] == 403
    assert post(server, "password-change", ticket=ticket, old="wrong", new=OTHER)[0] == 403
    status, told = post(server, "password-change", ticket=ticket, old=GOOD, new="short")
    assert (status, told["code"]) == (400, "PasswordPolicyViolation")
    status, session = post(server, "password-change", ticket=ticket, old=GOOD, new=OTHER)
    assert (status, session["name"]) == (200, "door-new")
    assert post(server, "password-change", ticket=ticket, old=OTHER, new=GOOD)[0] == 403
    assert enter(server, "door-new", OTHER)[0] == 200
    changes = [event for event in logins(server, "ChangePassword") if "errorCode" not in event]
    assert changes[-1]["userIdentity"]["userName"] == "door-new"
    assert OTHER not in json.dumps(changes)


def test_guessing_is_slowed_but_not_for_a_browser_that_was_here(server: TabardServer) -> None:
    person(server, "door-known")
    device = enter(server, "door-known")[1]["device"]
    here = "127.0.0.9"
    refused = [enter(server, "door-known", "wrong", source=here) for _ in range(FAILURES_AT_MOST + 1)]
    status, told = refused[-1]
    assert (status, told["code"]) == (429, "Throttled")
    assert int(told["retryAfter"]) > 0
    assert enter(server, "door-known", source=here)[0] == 429  # from here nothing is looked at now
    assert enter(server, "door-known", source=here, device=device)[0] == 200  # but who was in comes in
    assert enter(server, "door-other", source=here, device=device)[0] == 429  # and as nobody else
    assert enter(server, "door-known", source=here, device="AAAA")[0] == 429
    assert enter(server, "door-known")[0] == 200  # elsewhere nothing has changed


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"account": 1}', b'{"account":"a","user":"b"}', b"\xff", b'{"account":"a"' * 9000]
)
@pytest.mark.parametrize("path", ["password", "password-change", "federation"])
def test_nonsense_is_refused(server: TabardServer, path: str, body: bytes) -> None:
    assert ask(server, "POST", f"/_/console/{path}", body)[0] in {400, 403, 413, 429}
