"""Virtual MFA devices, and the sessions that their codes give."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from tests.support.world import ACCOUNT, World, allow, document, refused

from tabard.identity import mfa

INVALID = ("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403)
WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


class Phone:
    """An authenticator with a device's seed."""

    def __init__(self, world: World, name: str = "phone") -> None:
        made = world.iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        self.serial: str = made["SerialNumber"]
        self.picture: bytes = made["QRCodePNG"]
        self.seed = base64.b32decode(made["Base32StringSeed"])

    def code(self, steps: int = 0, now: float | None = None) -> str:
        return mfa.code_of(self.seed, mfa.step_at(time.time() if now is None else now) + steps)


@pytest.fixture
def now(world: World) -> float:
    """An instant in the middle of a step, at which the world stands still."""
    instant = time.time() // 30 * 30 + 15
    world.node.clock = lambda: instant
    return instant


def enable(world: World, phone: Phone, now: float, user: str = "bob") -> None:
    world.iam.enable_mfa_device(
        UserName=user,
        SerialNumber=phone.serial,
        AuthenticationCode1=phone.code(-1, now),
        AuthenticationCode2=phone.code(0, now),
    )


def test_a_device_is_made_enabled_listed_deactivated_and_deleted(world: World, now: float) -> None:
    world.iam.create_user(UserName="bob")
    phone = Phone(world)
    assert phone.serial == f"arn:aws:iam::{ACCOUNT}:mfa/phone"
    assert phone.picture.startswith(b"\x89PNG")
    assert len(phone.seed) == 40
    again = ("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.", 409)
    assert refused(world.iam.create_virtual_mfa_device, VirtualMFADeviceName="phone") == again
    assert world.iam.list_mfa_devices(UserName="bob")["MFADevices"] == []
    codes = {"AuthenticationCode1": phone.code(0, now), "AuthenticationCode2": phone.code(-1, now)}
    asked = {"UserName": "bob", "SerialNumber": phone.serial}
    assert refused(world.iam.enable_mfa_device, **asked, **codes) == INVALID
    enable(world, phone, now)
    [listed] = world.iam.list_mfa_devices(UserName="bob")["MFADevices"]
    assert (listed["UserName"], listed["SerialNumber"]) == ("bob", phone.serial)
    shown = world.iam.get_mfa_device(**asked)
    assert (shown["UserName"], shown["EnableDate"]) == ("bob", listed["EnableDate"])
    assert refused(world.iam.enable_mfa_device, **asked, **codes)[0] == "EntityAlreadyExists"
    assert refused(world.iam.delete_virtual_mfa_device, SerialNumber=phone.serial) == (
        "DeleteConflict",
        "MFA VirtualDevice in use. Must deactivate first.",
        409,
    )
    assert refused(world.iam.delete_user, UserName="bob")[0] == "DeleteConflict"
    world.iam.deactivate_mfa_device(**asked)
    assert refused(world.iam.deactivate_mfa_device, **asked)[0] == "NoSuchEntity"
    assert refused(world.iam.enable_mfa_device, **asked, **codes) == INVALID
    world.iam.delete_virtual_mfa_device(SerialNumber=phone.serial)
    assert refused(world.iam.get_mfa_device, SerialNumber=phone.serial)[0] == "NoSuchEntity"
    world.iam.delete_user(UserName="bob")


def test_devices_are_listed_by_whether_they_are_somebodys(world: World, now: float) -> None:
    world.iam.create_user(UserName="bob")
    mine, free = Phone(world, "mine"), Phone(world, "free")
    enable(world, mine, now)
    listed = world.iam.list_virtual_mfa_devices
    [assigned] = listed(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert (assigned["SerialNumber"], assigned["User"]["UserName"]) == (mine.serial, "bob")
    assert "Base32StringSeed" not in assigned
    assert listed(AssignmentStatus="Unassigned")["VirtualMFADevices"] == [{"SerialNumber": free.serial}]
    first = listed(MaxItems=1)
    assert first["IsTruncated"]
    rest = listed(Marker=first["Marker"])
    serials = [each["SerialNumber"] for each in first["VirtualMFADevices"] + rest["VirtualMFADevices"]]
    assert serials == sorted([mine.serial, free.serial])
    other = world.client("iam", world.other_root)
    assert other.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert refused(other.delete_virtual_mfa_device, SerialNumber=free.serial)[0] == "NoSuchEntity"


def test_a_user_has_eight_devices_at_most(world: World, now: float) -> None:
    world.iam.create_user(UserName="bob")
    phones = [Phone(world, f"phone-{number}") for number in range(9)]
    for phone in phones[:8]:
        enable(world, phone, now)
    code, message, _ = refused(
        world.iam.enable_mfa_device,
        UserName="bob",
        SerialNumber=phones[8].serial,
        AuthenticationCode1="000000",
        AuthenticationCode2="000000",
    )
    assert (code, message) == ("LimitExceeded", "Cannot exceed quota for MfaDevicesPerUser: 8")


def test_a_device_out_of_step_is_brought_back(world: World, now: float) -> None:
    bob = world.user("bob", allow("iam:*"))
    phone = Phone(world)
    enable(world, phone, now)
    ahead = now + 3600
    asked = {"UserName": "bob", "SerialNumber": phone.serial}
    codes = {"AuthenticationCode1": phone.code(0, ahead), "AuthenticationCode2": phone.code(1, ahead)}
    swapped = {"AuthenticationCode1": phone.code(1, ahead), "AuthenticationCode2": phone.code(0, ahead)}
    assert refused(world.iam.resync_mfa_device, **asked, **swapped) == INVALID
    world.iam.resync_mfa_device(**asked, **codes)
    assert refused(world.iam.resync_mfa_device, **asked, **codes) == INVALID
    key = world.iam.create_access_key(UserName="bob")["AccessKey"]
    sts = world.client("sts", key)
    sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code(2, ahead))
    assert bob.list_mfa_devices()["MFADevices"]


def test_tags_of_a_device(world: World) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    made = world.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Tags=tags)["VirtualMFADevice"]
    assert made["Tags"] == tags
    serial = {"SerialNumber": made["SerialNumber"]}
    world.iam.tag_mfa_device(**serial, Tags=[{"Key": "x", "Value": ""}])
    assert world.iam.list_mfa_device_tags(**serial)["Tags"] == [*tags, {"Key": "x", "Value": ""}]
    world.iam.untag_mfa_device(**serial, TagKeys=["x"])
    assert world.iam.list_mfa_device_tags(**serial)["Tags"] == tags
    bob = world.user(
        "bob",
        allow("iam:DeleteVirtualMFADevice", Condition={"StringEquals": {"aws:ResourceTag/team": "b"}}),
    )
    assert refused(bob.delete_virtual_mfa_device, **serial)[0] == "AccessDenied"
    world.iam.tag_mfa_device(**serial, Tags=[{"Key": "team", "Value": "b"}])
    bob.delete_virtual_mfa_device(**serial)


def test_a_user_manages_their_own_device_by_a_policy_with_their_name(world: World, now: float) -> None:
    own = "arn:aws:iam::" + ACCOUNT
    bob = world.user(
        "bob",
        allow("iam:CreateVirtualMFADevice", own + ":mfa/*"),
        allow(["iam:EnableMFADevice", "iam:ListMFADevices"], own + ":user/${aws:username}"),
    )
    world.iam.create_user(UserName="ann")
    made = bob.create_virtual_mfa_device(VirtualMFADeviceName="bob")["VirtualMFADevice"]
    seed = base64.b32decode(made["Base32StringSeed"])
    step = mfa.step_at(now)
    codes = {
        "SerialNumber": made["SerialNumber"],
        "AuthenticationCode1": mfa.code_of(seed, step - 1),
        "AuthenticationCode2": mfa.code_of(seed, step),
    }
    assert refused(bob.enable_mfa_device, UserName="ann", **codes)[0] == "AccessDenied"
    bob.enable_mfa_device(UserName="bob", **codes)
    assert len(bob.list_mfa_devices()["MFADevices"]) == 1


def session(world: World, phone: Phone, key: Any, now: float, steps: int) -> dict[str, str]:
    sts = world.client("sts", key)
    reply = sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code(steps, now))
    credentials: dict[str, str] = reply["Credentials"]
    return credentials


def test_a_code_gives_one_session_that_may_use_iam(world: World, now: float) -> None:
    world.user("bob", allow("iam:ListRoles", Condition=WITH_MFA))
    key = world.iam.create_access_key(UserName="bob")["AccessKey"]
    sts = world.client("sts", key)
    phone = Phone(world)
    enable(world, phone, now)
    ask = sts.get_session_token
    used = phone.code(0, now)
    assert refused(ask, SerialNumber=phone.serial, TokenCode=used) == ("AccessDenied", WRONG_CODE, 403)
    assert (
        "unable to validate MFA code" in refused(ask, SerialNumber="arn:aws:iam::1:mfa/x", TokenCode=used)[1]
    )
    assert "must provide both" in refused(ask, SerialNumber=phone.serial)[1]
    assert "must provide both" in refused(ask, TokenCode=used)[1]
    strong = session(world, phone, key, now, 1)
    assert refused(session, world=world, phone=phone, key=key, now=now, steps=1)[1] == WRONG_CODE
    assert "Roles" in world.client("iam", strong).list_roles()
    assert refused(world.client("iam", key).list_roles)[0] == "AccessDenied"
    weak = ask()["Credentials"]
    assert refused(world.client("iam", weak).list_roles)[0] == "InvalidClientTokenId"
    trail = str([event.request_parameters for event in world.trail.events])
    assert phone.code(1, now) not in trail


def test_of_two_requests_with_one_code_one_is_answered(world: World, now: float) -> None:
    world.iam.create_user(UserName="bob")
    phone = Phone(world)
    enable(world, phone, now)
    sts = world.client("sts", world.iam.create_access_key(UserName="bob")["AccessKey"])
    asked = {"SerialNumber": phone.serial, "TokenCode": phone.code(1, now)}
    assert sorted(world.together(sts.get_session_token, [asked, asked, asked])) == [200, 403, 403]


def test_guessing_codes_is_slowed_down(world: World, now: float) -> None:
    world.iam.create_user(UserName="bob")
    phone = Phone(world)
    enable(world, phone, now)
    sts = world.client("sts", world.iam.create_access_key(UserName="bob")["AccessKey"])
    right = phone.code(1, now)
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(10):
        refused(sts.get_session_token, SerialNumber=phone.serial, TokenCode=wrong)
    assert refused(sts.get_session_token, SerialNumber=phone.serial, TokenCode=right)[1] == WRONG_CODE
    world.node.clock = lambda: now + 30
    sts.get_session_token(SerialNumber=phone.serial, TokenCode=right)


def test_a_role_may_ask_for_mfa(world: World, now: float) -> None:
    world.user("bob", allow("sts:AssumeRole"))
    key = world.iam.create_access_key(UserName="bob")["AccessKey"]
    phone = Phone(world)
    enable(world, phone, now)
    fresh = {**WITH_MFA, "NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}
    trust = document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
            "Condition": fresh,
        }
    )
    arn = world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policy = document(allow("iam:ListRoles", Condition=WITH_MFA))
    world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=policy)
    sts = world.client("sts", key)
    asked = {"RoleArn": arn, "RoleSessionName": "me"}
    assert refused(sts.assume_role, **asked)[0] == "AccessDenied"
    wrong = "000000" if phone.code(1, now) != "000000" else "000001"
    assert refused(sts.assume_role, **asked, SerialNumber=phone.serial, TokenCode=wrong)[1] == WRONG_CODE
    worn = sts.assume_role(**asked, SerialNumber=phone.serial, TokenCode=phone.code(1, now))["Credentials"]
    assert refused(world.client("iam", worn).list_roles)[0] == "AccessDenied"
    world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=document(allow("iam:ListRoles")))
    assert "Roles" in world.client("iam", worn).list_roles()
    world.node.clock = lambda: now + 30
    token = session(world, phone, key, now, 2)
    assert world.client("sts", token).assume_role(**asked)["Credentials"]
    world.node.clock = lambda: now + 120
    assert refused(world.client("sts", token).assume_role, **asked)[0] == "AccessDenied"


def test_root_has_a_device_too(world: World, now: float) -> None:
    phone = Phone(world)
    enable(world, phone, now, ACCOUNT)
    assert world.iam.list_mfa_devices()["MFADevices"][0]["SerialNumber"] == phone.serial
    [assigned] = world.iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert assigned["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert session(world, phone, world.root, now, 1)
    world.iam.deactivate_mfa_device(SerialNumber=phone.serial)
