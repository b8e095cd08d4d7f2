"""Users' names and passwords for single services.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredential.html
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime, unique_id
from tabard.services.iam import paging, quotas
from tabard.services.iam.errors import invalid_input, no_such_entity, quota_exceeded
from tabard.services.iam.subjects import find_user, on_self_or_user, self_or_name, user_check
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam_credentials import ServiceCredential

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        CreateServiceSpecificCredentialRequestTypeDef,
        DeleteServiceSpecificCredentialRequestTypeDef,
        ListServiceSpecificCredentialsRequestTypeDef,
        ResetServiceSpecificCredentialRequestTypeDef,
        UpdateServiceSpecificCredentialRequestTypeDef,
    )

    from tabard.services.iam.subjects import Request
    from tabard.services.operation import Call, Checks
    from tabard.store.iam import User

_BY_NAME = frozenset({"codecommit.amazonaws.com", "cassandra.amazonaws.com"})
_API_KEYS = frozenset({"bedrock.amazonaws.com", "logs.amazonaws.com"})
"""Services whose credentials are an alias and a secret, and may expire."""
_PURPOSE = b"service-credential"
_DAY = 86_400


def _user(call: Call, request: Request) -> User:
    name = self_or_name(call, request)
    if name is None:
        raise no_such_entity(f"The user with name {call.account} cannot be found.")
    return find_user(call, name)


def _find(call: Call, request: Request) -> tuple[User, ServiceCredential]:
    user, identifier = _user(call, request), request["ServiceSpecificCredentialId"]
    found = call.store.iam.credentials.service_credentials.get(call.account, identifier)
    if found is None or found.owner != user.id:
        raise no_such_entity(f"No such credential {identifier} exists")
    return user, found


def _on_credential(action: str) -> Checks:
    """On the user, with ``iam:ServiceSpecificCredentialServiceName`` of the credential."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        found = call.store.iam.credentials.service_credentials.get(
            call.account, request.get("ServiceSpecificCredentialId", "")
        )
        service = request.get("ServiceName") or (found and found.service)
        more: dict[str, Any] = {"iam:servicespecificcredentialservicename": service} if service else {}
        if action == "iam:CreateServiceSpecificCredential" and "CredentialAgeDays" in request:
            more["iam:servicespecificcredentialagedays"] = str(request["CredentialAgeDays"])
        name = self_or_name(call, request)
        if name is None:
            return (Check(action, call.caller.arn, keys=more),)
        return (user_check(call, action, name, more=more),)

    return checks


def _shown(name: str, credential: ServiceCredential) -> dict[str, Any]:
    login = "ServiceCredentialAlias" if credential.service in _API_KEYS else "ServiceUserName"
    shown: dict[str, Any] = {
        "UserName": name,
        "Status": credential.status,
        login: credential.login,
        "CreateDate": as_datetime(credential.created_at),
        "ServiceSpecificCredentialId": credential.id,
        "ServiceName": credential.service,
    }
    if credential.expires_at is not None:
        shown["ExpirationDate"] = as_datetime(credential.expires_at)
    return shown


def _with_secret(call: Call, name: str, credential: ServiceCredential) -> dict[str, Any]:
    """Give a credential a new secret, keep it, and show both: the one time that the secret is shown."""
    secret = base64.b64encode(call.node.random(33)).decode()
    sealed = call.node.keys.seal(_PURPOSE + credential.id.encode(), secret.encode())
    call.store.iam.credentials.service_credentials.put(replace(credential, secret=sealed))
    member = "ServiceCredentialSecret" if credential.service in _API_KEYS else "ServicePassword"
    return {"ServiceSpecificCredential": {**_shown(name, credential), member: secret}}


@operation(
    "iam",
    "CreateServiceSpecificCredential",
    WRITE,
    checks=_on_credential("iam:CreateServiceSpecificCredential"),
)
def create_service_specific_credential(
    call: Call, request: CreateServiceSpecificCredentialRequestTypeDef
) -> dict[str, Any]:
    """Give a user a name and password for a service; two at most for each. The password is shown once."""
    user, service = find_user(call, request["UserName"]), request["ServiceName"]
    days = request.get("CredentialAgeDays")
    if service not in _BY_NAME | _API_KEYS:
        message = f"No such service {service} is supported for Service Specific Credentials"
        raise AwsError("NotSupportedService", message, 404)
    if days is not None and service not in _API_KEYS:
        raise invalid_input(f"CredentialAgeDays is not supported for service {service}.")
    credentials = call.store.iam.credentials.service_credentials
    present = [each for each in credentials.of_owner(call.account, user.id) if each.service == service]
    if len(present) >= quotas.SERVICE_CREDENTIALS_PER_USER:
        raise quota_exceeded("ServiceSpecificCredentialsPerUser", quotas.SERVICE_CREDENTIALS_PER_USER)
    taken = {each.login for each in present}
    logins = (f"{user.name}{number}-at-{call.account}" for number in ("", "+1", "+2"))
    now = float(int(call.now))
    credential = ServiceCredential(
        id=unique_id("ACCA", call.node.random),
        account=call.account,
        owner=user.id,
        created_at=now,
        service=service,
        login=next(login for login in logins if login not in taken),
        expires_at=None if days is None else now + days * _DAY,
    )
    return _with_secret(call, user.name, credential)


def _check_list(call: Call, request: Request) -> tuple[Check, ...]:
    if request.get("AllUsers"):
        return (Check("iam:ListServiceSpecificCredentials", "*"),)
    return tuple(on_self_or_user("iam:ListServiceSpecificCredentials")(call, request))


@operation("iam", "ListServiceSpecificCredentials", READ, checks=_check_list)
def list_service_specific_credentials(
    call: Call, request: ListServiceSpecificCredentialsRequestTypeDef
) -> dict[str, Any]:
    """List a user's credentials (or everybody's), of one service or of all, without their secrets."""
    repository, service = call.store.iam.credentials.service_credentials, request.get("ServiceName")
    if request.get("AllUsers"):
        if "UserName" in request:
            raise invalid_input("UserName and AllUsers can not be given together.")
        found = repository.all(call.account)
    else:
        found = repository.of_owner(call.account, _user(call, request).id)
    names: dict[str, str] = {}
    for credential in found:
        owner = call.store.iam.users.by_id(call.account, credential.owner)
        names[credential.owner] = "" if owner is None else owner.name
    return paging.listed(
        request,
        [credential for credential in found if service in (None, credential.service)],
        lambda credential: f"{credential.created_at:020.3f} {credential.id}",
        "ServiceSpecificCredentials",
        lambda credential: _shown(names[credential.owner], credential),
    )


@operation(
    "iam",
    "ResetServiceSpecificCredential",
    WRITE,
    checks=_on_credential("iam:ResetServiceSpecificCredential"),
)
def reset_service_specific_credential(
    call: Call, request: ResetServiceSpecificCredentialRequestTypeDef
) -> dict[str, Any]:
    """Give a credential a new password."""
    user, credential = _find(call, request)
    return _with_secret(call, user.name, credential)


@operation(
    "iam",
    "UpdateServiceSpecificCredential",
    WRITE,
    checks=_on_credential("iam:UpdateServiceSpecificCredential"),
)
def update_service_specific_credential(
    call: Call, request: UpdateServiceSpecificCredentialRequestTypeDef
) -> dict[str, Any]:
    """Activate or deactivate a credential."""
    _, credential = _find(call, request)
    if request["Status"] == "Expired":
        raise invalid_input("The status of a credential can only be set to Active or Inactive.")
    call.store.iam.credentials.service_credentials.put(replace(credential, status=request["Status"]))
    return {}


@operation(
    "iam",
    "DeleteServiceSpecificCredential",
    WRITE,
    checks=_on_credential("iam:DeleteServiceSpecificCredential"),
)
def delete_service_specific_credential(
    call: Call, request: DeleteServiceSpecificCredentialRequestTypeDef
) -> dict[str, Any]:
    """Delete a credential."""
    call.store.iam.credentials.service_credentials.delete(_find(call, request)[1])
    return {}
