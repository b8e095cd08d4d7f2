"""Users' passwords and the account's rules for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.support.world import ACCOUNT, World, allow, document, refused

from tabard.identity.passwords import is_password

if TYPE_CHECKING:
    from tabard.store.iam_credentials import LoginProfile

GOOD = "Correct-horse-1"
REUSED = (
    "PasswordPolicyViolation",
    "Policy constraint violation with password reuse prevention during password change",
    400,
)


def profile(world: World, name: str) -> LoginProfile:
    view = world.store.read()
    user = view.iam.users.get(ACCOUNT, name)
    assert user is not None
    found = view.iam.credentials.login_profiles.get(ACCOUNT, user.id)
    assert found is not None
    return found


def test_a_user_gets_a_password_another_one_and_none(world: World) -> None:
    world.iam.create_user(UserName="bob")
    missing = ("NoSuchEntity", "Login Profile for User bob cannot be found.", 404)
    assert refused(world.iam.get_login_profile, UserName="bob") == missing
    assert refused(world.iam.update_login_profile, UserName="bob", Password=GOOD) == missing
    made = world.iam.create_login_profile(UserName="bob", Password=GOOD, PasswordResetRequired=True)
    shown = made["LoginProfile"]
    assert (shown["UserName"], shown["PasswordResetRequired"]) == ("bob", True)
    assert world.iam.get_login_profile(UserName="bob")["LoginProfile"] == shown
    again = ("EntityAlreadyExists", "Login Profile for user bob already exists.", 409)
    assert refused(world.iam.create_login_profile, UserName="bob", Password=GOOD) == again
    world.iam.update_login_profile(UserName="bob", PasswordResetRequired=False)
    assert is_password(world.node.keys, profile(world, "bob"), GOOD)
    world.iam.update_login_profile(UserName="bob", Password=GOOD + "2")
    assert not is_password(world.node.keys, profile(world, "bob"), GOOD)
    assert is_password(world.node.keys, profile(world, "bob"), GOOD + "2")
    assert not world.iam.get_login_profile(UserName="bob")["LoginProfile"]["PasswordResetRequired"]
    assert refused(world.iam.delete_user, UserName="bob")[1] == (
        "Cannot delete entity, must delete login profile first."
    )
    world.iam.delete_login_profile(UserName="bob")
    assert refused(world.iam.delete_login_profile, UserName="bob") == missing
    world.iam.delete_user(UserName="bob")
    assert refused(world.iam.create_login_profile, UserName="bob", Password=GOOD)[0] == "NoSuchEntity"
    assert refused(world.iam.create_login_profile, UserName="x")[0] == "ValidationError"


def test_a_password_is_kept_nowhere(world: World) -> None:
    world.iam.create_user(UserName="bob")
    world.iam.create_login_profile(UserName="bob", Password=GOOD)
    bob = world.user("ann", allow("iam:*"))
    bob.create_login_profile(Password=GOOD + "x")
    bob.change_password(OldPassword=GOOD + "x", NewPassword=GOOD + "y")
    written = b"".join(path.read_bytes() for path in world.path.parent.iterdir())
    assert b"Correct-horse" not in written
    assert b"argon2id" not in written
    assert "Correct-horse" not in str([event.request_parameters for event in world.trail.events])


def test_a_user_changes_their_own_password(world: World) -> None:
    bob = world.user("bob")
    world.iam.create_login_profile(UserName="bob", Password=GOOD, PasswordResetRequired=True)
    change = {"OldPassword": GOOD, "NewPassword": "Battery-staple-2"}
    assert refused(bob.change_password, **change)[0] == "AccessDenied"
    world.iam.put_user_policy(
        UserName="bob",
        PolicyName="may",
        PolicyDocument=document(
            allow("iam:ChangePassword", "arn:aws:iam::" + ACCOUNT + ":user/${aws:username}")
        ),
    )
    wrong = ("AccessDenied", "The old password was incorrect.", 403)
    assert refused(bob.change_password, OldPassword="wrong", NewPassword="Battery-staple-2") == wrong
    assert refused(bob.change_password, OldPassword=GOOD, NewPassword=GOOD)[0] == "PasswordPolicyViolation"
    bob.change_password(**change)
    assert refused(bob.change_password, **change) == wrong
    assert not world.iam.get_login_profile(UserName="bob")["LoginProfile"]["PasswordResetRequired"]
    assert refused(world.iam.change_password, **change)[0] == "InvalidUserType"


def test_the_account_may_let_its_users_change_their_passwords(world: World) -> None:
    bob = world.user("bob")
    world.iam.create_login_profile(UserName="bob", Password=GOOD)
    world.iam.update_account_password_policy(AllowUsersToChangePassword=True)
    bob.change_password(OldPassword=GOOD, NewPassword="Battery-staple-2")
    deny = {"Effect": "Deny", "Action": "iam:ChangePassword", "Resource": "*"}
    world.iam.put_user_policy(UserName="bob", PolicyName="no", PolicyDocument=document(deny))
    change = {"OldPassword": "Battery-staple-2", "NewPassword": GOOD}
    assert "explicit deny" in refused(bob.change_password, **change)[1]


def test_the_rules_are_shown_as_they_were_set(world: World) -> None:
    missing = ("NoSuchEntity", f"The Password Policy with domain name {ACCOUNT} cannot be found.", 404)
    assert refused(world.iam.get_account_password_policy) == missing
    nothing = ("NoSuchEntity", "The account policy with name PasswordPolicy cannot be found.", 404)
    assert refused(world.iam.delete_account_password_policy) == nothing
    world.iam.update_account_password_policy(
        RequireSymbols=True, MaxPasswordAge=90, PasswordReusePrevention=3
    )
    assert world.iam.get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 6,
        "RequireSymbols": True,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": True,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 3,
        "HardExpiry": False,
    }
    world.iam.update_account_password_policy()
    plain = world.iam.get_account_password_policy()["PasswordPolicy"]
    assert not plain["ExpirePasswords"]
    assert "MaxPasswordAge" not in plain
    assert refused(world.iam.update_account_password_policy, MinimumPasswordLength=5)[0] == "ValidationError"
    assert (
        refused(world.iam.update_account_password_policy, PasswordReusePrevention=25)[0] == "ValidationError"
    )
    world.iam.delete_account_password_policy()
    assert refused(world.iam.get_account_password_policy) == missing


@pytest.mark.parametrize(
    ("rules", "password", "message"),
    [
        (None, "Aa1", "Password should have a minimum length of 8"),
        (None, "aaaaaaaaaaaa1", "Password should include a minimum of three of the following mix"),
        ({"MinimumPasswordLength": 20}, GOOD, "Password should have a minimum length of 20"),
        (
            {"RequireUppercaseCharacters": True},
            "aaaaaa",
            "Password should have at least one uppercase letter",
        ),
        (
            {"RequireLowercaseCharacters": True},
            "AAAAAA",
            "Password should have at least one lowercase letter",
        ),
        ({"RequireNumbers": True}, "aaaaaa", "Password should have at least one number"),
        ({"RequireSymbols": True}, "aaaaaa1", "Password should have at least one symbol"),
    ],
)
def test_a_weak_password_is_refused(
    world: World, rules: dict[str, int] | None, password: str, message: str
) -> None:
    world.iam.create_user(UserName="bob")
    if rules is not None:
        world.iam.update_account_password_policy(**rules)
    code, said, status = refused(world.iam.create_login_profile, UserName="bob", Password=password)
    assert (code, status) == ("PasswordPolicyViolation", 400)
    assert said.startswith(message)
    assert refused(world.iam.get_login_profile, UserName="bob")[0] == "NoSuchEntity"


def test_the_last_passwords_can_not_be_used_again(world: World) -> None:
    world.iam.update_account_password_policy(PasswordReusePrevention=2)
    world.iam.create_user(UserName="bob")
    world.iam.create_login_profile(UserName="bob", Password="first-1")
    world.iam.update_login_profile(UserName="bob", Password="second-2")
    for used in ("first-1", "second-2"):
        assert refused(world.iam.update_login_profile, UserName="bob", Password=used) == REUSED
    world.iam.update_login_profile(UserName="bob", Password="third-3")
    world.iam.update_login_profile(UserName="bob", Password="first-1")


def test_of_two_changes_at_once_one_wins(world: World) -> None:
    world.iam.create_user(UserName="bob")
    world.iam.create_login_profile(UserName="bob", Password=GOOD)
    changes = [{"UserName": "bob", "Password": f"{GOOD}-{number}"} for number in range(3)]
    statuses = world.together(world.iam.update_login_profile, changes)
    assert statuses.count(200) >= 1
    assert set(statuses) <= {200, 409}


def test_the_change_log_has_no_hash(world: World) -> None:
    world.iam.create_user(UserName="bob")
    world.iam.create_login_profile(UserName="bob", Password=GOOD)
    sealed = profile(world, "bob").secret
    assert sealed
    assert json.dumps(sealed.hex()) not in world.path.read_bytes().decode(errors="replace")
