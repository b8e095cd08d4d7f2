"""Virtual MFA devices: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html.

The seed is shown once, when the device is made; it is kept sealed. Security keys (FIDO) can only be registered by a
browser that holds them, on AWS too.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec.structs import replace

from tabard.core.arn import iam_arn, root_arn
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.identity import mfa
from tabard.services.iam import paging, quotas, replies, tagging
from tabard.services.iam.errors import (
    already_exists,
    delete_conflict,
    no_such_entity,
    quota_exceeded,
)
from tabard.services.iam.subjects import (
    Request,
    find_user,
    no_keys,
    on_everything,
    on_self_or_user,
    on_user,
    self_or_name,
    tag_keys,
    user_check,
    with_tagging,
)
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam_credentials import MfaDevice

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        CreateVirtualMFADeviceRequestTypeDef,
        DeactivateMFADeviceRequestTypeDef,
        DeleteVirtualMFADeviceRequestTypeDef,
        EnableMFADeviceRequestTypeDef,
        GetMFADeviceRequestTypeDef,
        ListMFADevicesRequestTypeDef,
        ListVirtualMFADevicesRequestTypeDef,
        ResyncMFADeviceRequestTypeDef,
    )

    from tabard.services.iam.subjects import MoreKeys
    from tabard.services.operation import Call, Checks
    from tabard.store.iam import User

ISSUER = "Tabard"
"""What an authenticator shows beside the device's name."""
_RESYNC_STEPS = 2 * 60 * 24
"""How far a clock may be off for a device to be brought back in step: a day."""


def _name_of(serial: str) -> str:
    return serial.rpartition("/")[2]


def find_device(call: Call, serial: str) -> MfaDevice:
    """The account's device of this serial number; raises NoSuchEntity."""
    device = call.store.iam.credentials.mfa_devices.get(call.account, serial)
    if device is None:
        raise no_such_entity(f"VirtualMFADevice with serial number {serial} does not exist.")
    return device


def _owner_id(call: Call, user: User | None) -> str:
    return call.account if user is None else user.id


def _named_user(call: Call, request: Request) -> User | None:
    """The user that a request is about; None for root."""
    name = self_or_name(call, request)
    return None if name is None else find_user(call, name)


def _of_user(call: Call, user: User | None, serial: str) -> MfaDevice:
    """A user's own device; raises NoSuchEntity."""
    device = call.store.iam.credentials.mfa_devices.get(call.account, serial)
    if device is None or device.owner != _owner_id(call, user):
        raise no_such_entity(f"MFA Device {serial} is not associated with the user.")
    return device


def _refuse_codes() -> AwsError:
    return AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403)


def on_device(action: str, *, keys: MoreKeys = no_keys) -> Checks:
    """Checks of an operation on the device that ``SerialNumber`` names."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        serial = request["SerialNumber"]
        device = call.store.iam.credentials.mfa_devices.get(call.account, serial)
        resource = serial if serial.startswith("arn:") else iam_arn(call.account, "mfa", "/", serial)
        tags = {} if device is None else tagging.global_resource_keys(device.tags)
        return (Check(action, resource, keys={**tags, **keys(request)}),)

    return checks


def _check_create(call: Call, request: dict[str, Any]) -> tuple[Check, ...]:
    arn = iam_arn(call.account, "mfa", request.get("Path", "/"), request["VirtualMFADeviceName"])
    return with_tagging(
        Check("iam:CreateVirtualMFADevice", arn, keys=tag_keys(request)), "iam:TagMFADevice", request
    )


@operation("iam", "CreateVirtualMFADevice", WRITE, checks=_check_create)
def create_virtual_mfa_device(call: Call, request: CreateVirtualMFADeviceRequestTypeDef) -> dict[str, Any]:
    """Make a device that is nobody's yet; its seed is shown now and never again."""
    name, devices = request["VirtualMFADeviceName"], call.store.iam.credentials.mfa_devices
    tags = tagging.given(request.get("Tags"), fold=False)
    serial = iam_arn(call.account, "mfa", request.get("Path", "/"), name)
    if devices.get(call.account, serial) is not None:
        raise already_exists("MFADevice entity at the same path and name already exists.")
    if devices.count(call.account) >= quotas.VIRTUAL_MFA_DEVICES:
        raise quota_exceeded("VirtualMFADevicesPerAccount", quotas.VIRTUAL_MFA_DEVICES)
    seed = mfa.new_seed(call.node.random)
    devices.put(
        MfaDevice(
            id=serial,
            account=call.account,
            created_at=float(int(call.now)),
            tags=tags,
            secret=mfa.seal_seed(call.node.keys, serial, seed),
        )
    )
    text = mfa.base32(seed)
    shown: dict[str, Any] = {
        "SerialNumber": serial,
        "Base32StringSeed": text,
        "QRCodePNG": _picture(f"{name}@{call.account}", text.decode()),
    }
    if tags:
        shown["Tags"] = tagging.shown(tags)
    return {"VirtualMFADevice": shown}


def _picture(label: str, seed: str) -> bytes:
    """The QR code that authenticators read, as PNG: https://github.com/google/google-authenticator/wiki/Key-Uri-Format."""
    import segno

    address = f"otpauth://totp/{ISSUER}:{quote(label)}?secret={seed}&issuer={ISSUER}"
    picture = io.BytesIO()
    segno.make_qr(address, error="m").save(picture, kind="png", scale=4)
    return picture.getvalue()


@operation("iam", "EnableMFADevice", WRITE, checks=on_user("iam:EnableMFADevice"))
def enable_mfa_device(call: Call, request: EnableMFADeviceRequestTypeDef) -> dict[str, Any]:
    """Give a device to a user, who proves with two consecutive codes that they have it."""
    root = request["UserName"] == call.account and call.caller.kind == "Root"
    user = None if root else find_user(call, request["UserName"])
    devices = call.store.iam.credentials.mfa_devices
    device = find_device(call, request["SerialNumber"])
    if device.owner:
        raise already_exists("MFA Device is already in use.")
    owner = _owner_id(call, user)
    if len(devices.of_owner(call.account, owner)) >= quotas.MFA_DEVICES_PER_USER:
        raise quota_exceeded("MfaDevicesPerUser", quotas.MFA_DEVICES_PER_USER)
    step = mfa.verify_two(call.node.keys, device, _codes(request), call.now)
    if step is None:
        raise _refuse_codes()
    devices.put(replace(device, owner=owner, enabled_at=float(int(call.now)), last_step=step, drift=0))
    return {}


def _codes(request: Request) -> tuple[str, str]:
    return request["AuthenticationCode1"], request["AuthenticationCode2"]


@operation("iam", "ResyncMFADevice", WRITE, checks=on_user("iam:ResyncMFADevice"))
def resync_mfa_device(call: Call, request: ResyncMFADeviceRequestTypeDef) -> dict[str, Any]:
    """Bring a device whose clock runs ahead or behind back in step, by two consecutive codes of it."""
    root = request["UserName"] == call.account and call.caller.kind == "Root"
    user = None if root else find_user(call, request["UserName"])
    device = _of_user(call, user, request["SerialNumber"])
    step = mfa.verify_two(call.node.keys, device, _codes(request), call.now, _RESYNC_STEPS)
    if step is None:
        raise _refuse_codes()
    drift = step - mfa.step_at(call.now)
    call.store.iam.credentials.mfa_devices.put(replace(device, last_step=step, drift=drift))
    return {}


@operation("iam", "DeactivateMFADevice", WRITE, checks=on_self_or_user("iam:DeactivateMFADevice"))
def deactivate_mfa_device(call: Call, request: DeactivateMFADeviceRequestTypeDef) -> dict[str, Any]:
    """Take a device from its user; it is nobody's then, and can be deleted."""
    device = _of_user(call, _named_user(call, request), request["SerialNumber"])
    call.store.iam.credentials.mfa_devices.put(replace(device, owner="", enabled_at=0.0))
    return {}


@operation("iam", "DeleteVirtualMFADevice", WRITE, checks=on_device("iam:DeleteVirtualMFADevice"))
def delete_virtual_mfa_device(call: Call, request: DeleteVirtualMFADeviceRequestTypeDef) -> dict[str, Any]:
    """Delete a device that is nobody's."""
    device = find_device(call, request["SerialNumber"])
    if device.owner:
        raise delete_conflict("MFA VirtualDevice in use. Must deactivate first.")
    call.store.iam.credentials.mfa_devices.delete(device)
    return {}


def _shown(call: Call, device: MfaDevice, user: User | None) -> dict[str, Any]:
    return {
        "UserName": call.account if user is None else user.name,
        "SerialNumber": device.id,
        "EnableDate": as_datetime(device.enabled_at),
    }


@operation("iam", "ListMFADevices", READ, checks=on_self_or_user("iam:ListMFADevices"))
def list_mfa_devices(call: Call, request: ListMFADevicesRequestTypeDef) -> dict[str, Any]:
    """List the devices that a user, or the caller, has enabled."""
    user = _named_user(call, request)
    devices = call.store.iam.credentials.mfa_devices.of_owner(call.account, _owner_id(call, user))
    return paging.listed(
        request, devices, lambda device: device.id, "MFADevices", lambda device: _shown(call, device, user)
    )


def _check_get(call: Call, request: Request) -> tuple[Check]:
    """On the named user, or the one whose device it is, or the caller."""
    if "UserName" not in request:
        device = call.store.iam.credentials.mfa_devices.get(call.account, request["SerialNumber"])
        user = device and call.store.iam.users.by_id(call.account, device.owner)
        if user:
            return (user_check(call, "iam:GetMFADevice", user.name),)
        return (Check("iam:GetMFADevice", call.caller.arn),)
    return (user_check(call, "iam:GetMFADevice", request["UserName"]),)


@operation("iam", "GetMFADevice", READ, checks=_check_get)
def get_mfa_device(call: Call, request: GetMFADeviceRequestTypeDef) -> dict[str, Any]:
    """Say whose a device is, and since when."""
    device = find_device(call, request["SerialNumber"])
    shown: dict[str, Any] = {"SerialNumber": device.id}
    user = call.store.iam.users.by_id(call.account, device.owner) if device.owner else None
    named = request.get("UserName")
    if named is not None and find_user(call, named) != user:
        raise no_such_entity(f"MFA Device {device.id} is not associated with the user.")
    if user is not None:
        shown["UserName"] = user.name
    if device.owner:
        shown["EnableDate"] = as_datetime(device.enabled_at)
    return shown


@operation("iam", "ListVirtualMFADevices", READ, checks=on_everything("iam:ListVirtualMFADevices"))
def list_virtual_mfa_devices(call: Call, request: ListVirtualMFADevicesRequestTypeDef) -> dict[str, Any]:
    """List the account's virtual devices: all, or those that are somebody's, or those that are nobody's."""
    wanted = request.get("AssignmentStatus", "Any")
    devices = [
        device
        for device in call.store.iam.credentials.mfa_devices.all(call.account)
        if wanted == "Any" or bool(device.owner) == (wanted == "Assigned")
    ]
    return paging.listed(
        request, devices, lambda device: device.id, "VirtualMFADevices", lambda device: _virtual(call, device)
    )


def _virtual(call: Call, device: MfaDevice) -> dict[str, Any]:
    shown: dict[str, Any] = {"SerialNumber": device.id}
    if not device.owner:
        return shown
    shown["EnableDate"] = as_datetime(device.enabled_at)
    user = call.store.iam.users.by_id(call.account, device.owner)
    if user is not None:
        shown["User"] = replies.user(user)
    elif device.owner == call.account:
        shown["User"] = {"UserId": call.account, "Arn": root_arn(call.account), **_root_dates(call)}
    return shown


def _root_dates(call: Call) -> dict[str, Any]:
    account = call.store.iam.accounts.get(call.account)
    return {} if account is None else {"CreateDate": as_datetime(account.created_at)}
