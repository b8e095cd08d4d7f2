"""Where credentials come from: a call to STS, with botocore as any program would make it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tabard.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable


class Credentials(msgspec.Struct, frozen=True):
    """Session credentials; ``expires_at`` in seconds since the epoch."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: float


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """What to ask for. Without a role: a session of the source's own (GetSessionToken)."""

    role_arn: str = ""
    session_name: str = "tabard"
    external_id: str = ""
    duration: int = 3600
    source_profile: str = ""
    token_file: str = ""
    mfa_serial: str = ""
    endpoint: str = ""
    region: str = "us-east-1"

    def name(self, identity: str) -> str:
        """A file name for what this yields; ``identity`` is whatever else it depends on, such as the source's key id."""
        told = json.dumps([dataclasses.asdict(self), identity], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:40]


def fetch(wanted: Wanted, ask_code: Callable[[str], str] | None = None, web_token: str = "") -> Credentials:
    """Ask STS; raises ``CommandError`` with AWS's own words where it refuses.

    ``web_token`` stands in place of the file's; ``ask_code`` yields the MFA device's code.
    """
    import botocore.config
    import botocore.session
    from botocore.exceptions import BotoCoreError, ClientError

    session = botocore.session.Session(profile=wanted.source_profile or None)
    settings: dict[str, Any] = {"region_name": wanted.region, "endpoint_url": wanted.endpoint or None}
    token = web_token or _token(wanted)
    if token:
        settings["config"] = botocore.config.Config(signature_version=botocore.UNSIGNED)
    try:
        client: Any = session.create_client("sts", **settings)
        if token:
            reply = client.assume_role_with_web_identity(**_role(wanted), WebIdentityToken=token)
        else:
            code = {}
            if wanted.mfa_serial and ask_code is not None:
                code = {"SerialNumber": wanted.mfa_serial, "TokenCode": ask_code(wanted.mfa_serial)}
            if wanted.role_arn:
                external = {"ExternalId": wanted.external_id} if wanted.external_id else {}
                reply = client.assume_role(**_role(wanted), **external, **code)
            else:
                reply = client.get_session_token(DurationSeconds=wanted.duration, **code)
    except (BotoCoreError, ClientError) as error:
        raise CommandError(str(error)) from None
    found = reply["Credentials"]
    return Credentials(
        found["AccessKeyId"],
        found["SecretAccessKey"],
        found["SessionToken"],
        found["Expiration"].timestamp(),
    )


def refuse_recursion() -> None:
    """Raise ``CommandError`` where the source of this command's credentials is this very command."""
    import os

    if os.environ.get(_ASKING):
        raise CommandError(
            "The credentials that ask for the role come from this very command.",
            "Name another profile with --source-profile.",
        )
    os.environ[_ASKING] = "1"


_ASKING = "TABARD_CREDENTIALS_ASKING"


def identity(wanted: Wanted) -> str:
    """What the credentials depend on beside what is wanted: which key asks. The environment decides without botocore."""
    import os

    if wanted.token_file or wanted.source_profile:
        return ""
    return os.environ.get("AWS_ACCESS_KEY_ID", "") + "/" + os.environ.get("AWS_PROFILE", "")


def _role(wanted: Wanted) -> dict[str, Any]:
    return {
        "RoleArn": wanted.role_arn,
        "RoleSessionName": wanted.session_name,
        "DurationSeconds": wanted.duration,
    }


def _token(wanted: Wanted) -> str:
    if not wanted.token_file:
        return ""
    try:
        return Path(wanted.token_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The token file {wanted.token_file} cannot be read: {error}") from None
