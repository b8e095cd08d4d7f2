"""AssumeRoot and GetDelegatedAccessToken, where there is neither an organisation nor anybody who delegated."""

from __future__ import annotations

from typing import Any

from tests.services.iam.conftest import ACCOUNT, OTHER_ACCOUNT, World, allow, refused

TASK = {"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}


def test_nobody_assumes_another_accounts_root(world: World) -> None:
    world.user("ann", allow("sts:AssumeRoot"))
    sts = world.client("sts", world.iam.create_access_key(UserName="ann")["AccessKey"])
    for target in (OTHER_ACCOUNT, "999999999999", f"arn:aws:iam::{ACCOUNT}:root"):
        code, message, status = refused(sts.assume_root, TargetPrincipal=target, TaskPolicyArn=TASK)
        assert (code, status) == ("AccessDenied", 403)
        assert message.startswith(
            f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: sts:AssumeRoot"
        )
    denied = ("AccessDenied", "AssumeRoot may not be called by root accounts.", 403)
    asked = {"TargetPrincipal": OTHER_ACCOUNT, "TaskPolicyArn": TASK}
    assert refused(world.client("sts").assume_root, **asked) == denied
    wrong: tuple[dict[str, Any], ...] = (
        {"TargetPrincipal": "not an account"},
        {"TargetPrincipal": f"{ACCOUNT}:root"},
        {"TargetPrincipal": f"arn:aws:iam::{ACCOUNT}"},
        {"TargetPrincipal": f"arn:aws:iam::{ACCOUNT}:user/root"},
        {"TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}},
        {"TaskPolicyArn": {}},
        {"DurationSeconds": 901},
    )
    for changes in wrong:
        assert refused(sts.assume_root, **{**asked, **changes})[0] == "ValidationError", changes


def test_no_token_is_taken_in_trade(world: World) -> None:
    allowed = world.client("sts").get_delegated_access_token
    assert refused(allowed, TradeInToken="x" * 20) == (
        "AccessDenied",
        "The trade-in token is not valid.",
        403,
    )
    world.user("ann")
    sts = world.client("sts", world.iam.create_access_key(UserName="ann")["AccessKey"])
    code, message, _ = refused(sts.get_delegated_access_token, TradeInToken="x" * 20)
    assert code == "AccessDenied"
    assert "sts:GetDelegatedAccessToken" in message
    assert refused(allowed)[0] == "ValidationError"
