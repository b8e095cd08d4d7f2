"""Long-term access keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html.

The secret is shown once, when the key is made; it is kept sealed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.arn import iam_arn, root_arn
from tabard.core.errors import AwsError
from tabard.core.sources import access_key_id, as_datetime, secret_access_key
from tabard.identity.principals import SECRET_PURPOSE
from tabard.services.iam import paging, quotas
from tabard.services.iam.errors import invalid_input, no_such_entity, quota_exceeded
from tabard.services.iam.last_used import last_use
from tabard.services.iam.subjects import find_user, on_self_or_user, self_or_name
from tabard.services.iam.tagging import resource_keys
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam import AccessKey

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        CreateAccessKeyRequestTypeDef,
        DeleteAccessKeyRequestTypeDef,
        GetAccessKeyLastUsedRequestTypeDef,
        ListAccessKeysRequestTypeDef,
        UpdateAccessKeyRequestTypeDef,
    )

    from tabard.services.operation import Call
    from tabard.store.iam import User


def _owner(call: Call, request: Any) -> User | None:
    """The user whose keys a request is about; None for the account's root."""
    name = self_or_name(call, request)
    return None if name is None else find_user(call, name)


def _id_of(owner: User | None) -> str | None:
    return None if owner is None else owner.id


def _shown(key: AccessKey, owner: User | None) -> dict[str, Any]:
    """A key without its secret. The root user has no name to show."""
    shown: dict[str, Any] = {} if owner is None else {"UserName": owner.name}
    shown["AccessKeyId"] = key.id
    shown["Status"] = key.status
    shown["CreateDate"] = as_datetime(key.created_at)
    return shown


def _of_owner(call: Call, owner: User | None, key_id: str) -> AccessKey:
    """A key of this user or root; raises NoSuchEntity."""
    key = call.store.iam.access_keys.get(key_id)
    if key is None or key.account != call.account or key.user_id != _id_of(owner):
        raise no_such_entity(f"The Access Key with id {key_id} cannot be found.")
    return key


@operation("iam", "CreateAccessKey", WRITE, checks=on_self_or_user("iam:CreateAccessKey"))
def create_access_key(call: Call, request: CreateAccessKeyRequestTypeDef) -> dict[str, Any]:
    """Make an access key for a user, or for the caller itself; two at most."""
    owner = _owner(call, request)
    keys = call.store.iam.access_keys
    if len(keys.of_user(call.account, _id_of(owner))) >= quotas.ACCESS_KEYS_PER_USER:
        raise quota_exceeded("AccessKeysPerUser", quotas.ACCESS_KEYS_PER_USER)
    secret = secret_access_key(call.node.random)
    key = AccessKey(
        access_key_id("AKIA", call.account, call.node.random),
        call.account,
        _id_of(owner),
        call.node.keys.seal(SECRET_PURPOSE, secret.encode()),
        "Active",
        float(int(call.now)),
    )
    keys.create(key)
    return {"AccessKey": {**_shown(key, owner), "SecretAccessKey": secret}}


@operation("iam", "ListAccessKeys", READ, checks=on_self_or_user("iam:ListAccessKeys"))
def list_access_keys(call: Call, request: ListAccessKeysRequestTypeDef) -> dict[str, Any]:
    """List the access keys of a user, or of the caller itself."""
    owner = _owner(call, request)
    keys = call.store.iam.access_keys.of_user(call.account, _id_of(owner))
    return paging.listed(
        request,
        keys,
        lambda key: f"{key.created_at:020.3f} {key.id}",
        "AccessKeyMetadata",
        lambda key: _shown(key, owner),
    )


@operation("iam", "UpdateAccessKey", WRITE, checks=on_self_or_user("iam:UpdateAccessKey"))
def update_access_key(call: Call, request: UpdateAccessKeyRequestTypeDef) -> dict[str, Any]:
    """Activate or deactivate an access key; a deactivated key is refused at once."""
    key = _of_owner(call, _owner(call, request), request["AccessKeyId"])
    if request["Status"] == "Expired":
        raise invalid_input("The status of an access key can only be set to Active or Inactive.")
    call.store.iam.access_keys.replace(replace(key, status=request["Status"]))
    return {}


@operation("iam", "DeleteAccessKey", WRITE, checks=on_self_or_user("iam:DeleteAccessKey"))
def delete_access_key(call: Call, request: DeleteAccessKeyRequestTypeDef) -> dict[str, Any]:
    """Delete an access key; it is refused at once."""
    call.store.iam.access_keys.delete(_of_owner(call, _owner(call, request), request["AccessKeyId"]))
    return {}


def _check_last_used(call: Call, request: dict[str, Any]) -> tuple[Check]:
    key = call.store.iam.access_keys.get(request["AccessKeyId"])
    if key is None or key.account != call.account:
        return (Check("iam:GetAccessKeyLastUsed", iam_arn(call.account, "user", "/", "*")),)
    owner = key.user_id and call.store.iam.users.by_id(key.account, key.user_id)
    if not owner:
        return (Check("iam:GetAccessKeyLastUsed", root_arn(key.account)),)
    arn = iam_arn(owner.account, "user", owner.path, owner.name)
    return (Check("iam:GetAccessKeyLastUsed", arn, keys=resource_keys(owner.tags)),)


@operation("iam", "GetAccessKeyLastUsed", READ, checks=_check_last_used)
def get_access_key_last_used(call: Call, request: GetAccessKeyLastUsedRequestTypeDef) -> dict[str, Any]:
    """Say when, where and for which service an access key was last used. A key that is not the account's is denied."""
    key = call.store.iam.access_keys.get(request["AccessKeyId"])
    if key is None or key.account != call.account:
        raise AwsError(
            "AccessDenied",
            f"User: {call.caller.arn} is not authorized to perform: iam:GetAccessKeyLastUsed "
            f"on resource: access key {request['AccessKeyId']}",
            403,
        )
    owner = key.user_id and call.store.iam.users.by_id(key.account, key.user_id)
    used = last_use(call, key.account, key.id)
    shown: dict[str, Any] = {"ServiceName": "N/A", "Region": "N/A"}
    if used is not None:
        shown = {"LastUsedDate": as_datetime(used.at), "ServiceName": used.service, "Region": used.region}
    return {**({"UserName": owner.name} if owner else {}), "AccessKeyLastUsed": shown}
