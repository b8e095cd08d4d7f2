"""Codes of the caller's own MFA device, with which session credentials are asked for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.identity.mfa import Accepted, Attempts, consume

if TYPE_CHECKING:
    from tabard.services.operation import Call

NO_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)
INVALID_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
_ONLY_ONE = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."


def accepted(call: Call, request: dict[str, Any]) -> Accepted | None:
    """The device and step of the code that a request gives, None where it gives none; raises AccessDenied."""
    serial, code = request.get("SerialNumber"), request.get("TokenCode")
    if serial is None and code is None:
        return None
    if serial is None or code is None:
        raise _refused(_ONLY_ONE)
    known = call.audit.get("mfa")
    if isinstance(known, Accepted):
        return known
    device = call.store.iam.credentials.mfa_devices.get(call.account, serial)
    if device is None or device.owner != call.caller.unique_id:
        raise _refused(NO_DEVICE)
    found = Attempts.of(call.node.extensions).verify(call.node.keys, [device], code, call.now)
    if found is None:
        raise _refused(INVALID_CODE)
    call.audit["mfa"] = found
    return found


def used(call: Call, request: dict[str, Any]) -> float | None:
    """When MFA was used: now, where the request gives a code, which is used up before the reply leaves.

    Of two requests with one code that arrive at once the second is refused when it comes to be written down.
    """
    found = accepted(call, request)
    if found is None:
        return None

    async def use_up() -> None:
        if not await call.node.store.write(lambda view: consume(view, found)):
            raise _refused(INVALID_CODE)

    call.after(use_up)
    return call.now


def _refused(message: str) -> AwsError:
    return AwsError("AccessDenied", message, 403)
