"""Users' SSH public keys for CodeCommit: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SSHPublicKey.html."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime, unique_id
from tabard.services.iam import paging, quotas
from tabard.services.iam.errors import invalid_input, no_such_entity, quota_exceeded
from tabard.services.iam.subjects import find_user, on_self_or_user, on_user, self_or_name
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam_credentials import SshPublicKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from types_boto3_iam.type_defs import (
        DeleteSSHPublicKeyRequestTypeDef,
        GetSSHPublicKeyRequestTypeDef,
        ListSSHPublicKeysRequestTypeDef,
        UpdateSSHPublicKeyRequestTypeDef,
        UploadSSHPublicKeyRequestTypeDef,
    )

    from tabard.services.iam.subjects import Request
    from tabard.services.operation import Call

_BITS_AT_LEAST = 2048


def _read(text: str) -> RSAPublicKey:
    """An RSA key in OpenSSH's form or PEM; raises UnrecognizedPublicKeyEncoding or InvalidPublicKey."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key

    data = text.strip().encode()
    try:
        key = load_pem_public_key(data) if data.startswith(b"-----") else load_ssh_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise AwsError(
            "UnrecognizedPublicKeyEncoding", "The public key encoding is unsupported or unrecognized.", 400
        ) from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _BITS_AT_LEAST:
        raise AwsError(
            "InvalidPublicKey",
            "The public key is not valid: it must be an RSA key of at least 2048 bits.",
            400,
        )
    return key


def _fingerprint(openssh: str) -> str:
    digest = hashlib.md5(base64.b64decode(openssh.split()[1]), usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, 32, 2))


def _find(call: Call, request: Request) -> SshPublicKey:
    user, identifier = find_user(call, request["UserName"]), request["SSHPublicKeyId"]
    key = call.store.iam.credentials.ssh_public_keys.get(call.account, identifier)
    if key is None or key.owner != user.id:
        raise no_such_entity(f"The Public Key with id {identifier} cannot be found.")
    return key


def _shown(name: str, key: SshPublicKey) -> dict[str, Any]:
    return {
        "UserName": name,
        "SSHPublicKeyId": key.id,
        "Status": key.status,
        "UploadDate": as_datetime(key.created_at),
    }


def _whole(name: str, key: SshPublicKey, body: str) -> dict[str, Any]:
    shown = {**_shown(name, key), "Fingerprint": key.fingerprint, "SSHPublicKeyBody": body}
    return {"SSHPublicKey": shown}


@operation("iam", "UploadSSHPublicKey", WRITE, checks=on_user("iam:UploadSSHPublicKey"))
def upload_ssh_public_key(call: Call, request: UploadSSHPublicKeyRequestTypeDef) -> dict[str, Any]:
    """Give a user an SSH public key; five at most."""
    user = find_user(call, request["UserName"])
    read = _read(request["SSHPublicKeyBody"])
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    body = read.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    keys = call.store.iam.credentials.ssh_public_keys
    present = keys.of_owner(call.account, user.id)
    if any(other.body == body for other in present):
        raise AwsError(
            "DuplicateSSHPublicKey", "The SSH public key is already associated with the user.", 400
        )
    if len(present) >= quotas.SSH_PUBLIC_KEYS_PER_USER:
        raise quota_exceeded("SSHPublicKeysPerUser", quotas.SSH_PUBLIC_KEYS_PER_USER)
    key = SshPublicKey(
        id=unique_id("APKA", call.node.random),
        account=call.account,
        owner=user.id,
        created_at=float(int(call.now)),
        body=body,
        fingerprint=_fingerprint(body),
    )
    keys.put(key)
    return _whole(user.name, key, request["SSHPublicKeyBody"])


@operation("iam", "GetSSHPublicKey", READ, checks=on_user("iam:GetSSHPublicKey"))
def get_ssh_public_key(call: Call, request: GetSSHPublicKeyRequestTypeDef) -> dict[str, Any]:
    """Show a key, in OpenSSH's form or in PEM."""
    key = _find(call, request)
    body = key.body
    if request["Encoding"] == "PEM":
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        body = _read(body).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return _whole(find_user(call, request["UserName"]).name, key, body)


@operation("iam", "ListSSHPublicKeys", READ, checks=on_self_or_user("iam:ListSSHPublicKeys"))
def list_ssh_public_keys(call: Call, request: ListSSHPublicKeysRequestTypeDef) -> dict[str, Any]:
    """List a user's keys, without the keys themselves."""
    name = self_or_name(call, request)
    user = None if name is None else find_user(call, name)
    keys = [] if user is None else call.store.iam.credentials.ssh_public_keys.of_owner(call.account, user.id)
    return paging.listed(
        request,
        keys,
        lambda key: f"{key.created_at:020.3f} {key.id}",
        "SSHPublicKeys",
        lambda key: _shown("" if user is None else user.name, key),
    )


@operation("iam", "UpdateSSHPublicKey", WRITE, checks=on_user("iam:UpdateSSHPublicKey"))
def update_ssh_public_key(call: Call, request: UpdateSSHPublicKeyRequestTypeDef) -> dict[str, Any]:
    """Activate or deactivate a key."""
    key = _find(call, request)
    if request["Status"] == "Expired":
        raise invalid_input("The status of an SSH public key can only be set to Active or Inactive.")
    call.store.iam.credentials.ssh_public_keys.put(replace(key, status=request["Status"]))
    return {}


@operation("iam", "DeleteSSHPublicKey", WRITE, checks=on_user("iam:DeleteSSHPublicKey"))
def delete_ssh_public_key(call: Call, request: DeleteSSHPublicKeyRequestTypeDef) -> dict[str, Any]:
    """Delete a key."""
    call.store.iam.credentials.ssh_public_keys.delete(_find(call, request))
    return {}
