"""What signing in leaves in the trail, as CloudTrail has it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tabard.core.arn import iam_arn
from tabard.core.sources import request_id
from tabard.edge import recording

if TYPE_CHECKING:
    from tabard.audit.port import Trail
    from tabard.core.caller import Caller
    from tabard.core.errors import AwsError
    from tabard.core.http import HttpRequest
    from tabard.edge.http import Origin
    from tabard.identity.password_sign_in import Claimed
    from tabard.services.node import Node
    from tabard.store.iam import User

SERVICE = "signin"
NO_SUCH_USER = "No username found in supplied account"
FAILED = "Failed authentication"


class Records:
    """Writes the records of sign-in attempts. Each is on disk before the attempt is answered."""

    def __init__(self, node: Node, trail: Trail) -> None:
        self._node = node
        self._trail = trail

    def write(
        self,
        request: HttpRequest,
        origin: Origin,
        name: str,
        identity: msgspec.Raw,
        account: str,
        *,
        error: AwsError | None = None,
        mfa: bool = False,
        login_to: str = "",
    ) -> None:
        """Record one event, such as ``ConsoleLogin``, with its outcome and whether MFA was used."""
        node = self._node
        extra: dict[str, Any] = {"MobileVersion": "No", "MFAUsed": "Yes" if mfa else "No"}
        if login_to:
            extra["LoginTo"] = login_to
        event = recording.event(
            identity=identity,
            account=account,
            service=SERVICE,
            operation=name,
            region=node.region,
            source_ip=origin.source_ip or "",
            http=request,
            request_id=request_id(),
            now=node.clock(),
            read_only=False,
            parameters=None,
            response={name: "Success" if error is None else "Failure"},
            error=error,
            decision=extra,
            resources=None,
        )
        event.error_code = event.error_code or None  # a wrong password has a message alone
        event.event_type = "AwsConsoleSignIn"
        event.management_event, event.event_category = True, "Management"
        self._trail.record(event)
        self._trail.flush()

    def password_changed(
        self, request: HttpRequest, origin: Origin, user: User, error: AwsError | None
    ) -> None:
        """Record that a user chose a password at the door, as CloudTrail records ``ChangePassword``."""
        node = self._node
        event = recording.event(
            identity=identity_of_user(user),
            account=user.account,
            service="iam",
            operation="ChangePassword",
            region=node.region,
            source_ip=origin.source_ip or "",
            http=request,
            request_id=request_id(),
            now=node.clock(),
            read_only=False,
            parameters=None,
            response=None,
            error=error,
            decision=recording.reason(None, node.store.revision),
            resources=None,
        )
        self._trail.record(event)
        self._trail.flush()


def identity_of_caller(caller: Caller | None) -> msgspec.Raw:
    """Who signed in by a key, a link or a role's session; without a caller, nobody known."""
    return recording.ANONYMOUS_IDENTITY if caller is None else recording.identity_of(caller)


def identity_of_user(user: User) -> msgspec.Raw:
    """A user who signed in by name and password."""
    arn = iam_arn(user.account, "user", user.path, user.name)
    told = {
        "type": "IAMUser",
        "principalId": user.id,
        "arn": arn,
        "accountId": user.account,
        "userName": user.name,
    }
    return msgspec.Raw(msgspec.json.encode(told))


def identity_of_claim(claimed: Claimed) -> msgspec.Raw:
    """Who somebody claimed to be in vain. A name that is nobody's may be a mistyped password, and is not kept."""
    told = {
        "type": "IAMUser",
        "principalId": claimed.user.id if claimed.user else "",
        "accountId": claimed.account,
        "accessKeyId": "",
        "userName": claimed.user.name if claimed.user else recording.HIDDEN,
    }
    return msgspec.Raw(msgspec.json.encode(told))
