"""What breaks the consequences: policies, replacing, detaching, trust, passing, regions, assuming, deleting, ending."""

from __future__ import annotations

import subprocess
from typing import Any

from tests.end_to_end.lab.breaking import (
    Reply,
    breaks,
    change_association_at_end,
    do_nothing,
    remember_principals,
    replace,
    rewrite_reply,
    rewrite_request,
    skip_check,
)

from tabard.core.sources import as_datetime

# ---- policy ----


@breaks("policy-detached-at-once", "policy")
def detach_does_nothing() -> None:
    do_nothing("iam", "DetachRolePolicy")


@breaks("held-credentials-obey", "policy")
def denied_once_only() -> None:
    from tabard.edge.pipeline import Pipeline

    authorize = Pipeline._authorize
    denied: set[str] = set()

    def forgetful(self: Pipeline, passage: Any, call: Any, *rest: Any) -> None:
        if call.operation in denied:
            return
        try:
            authorize(self, passage, call, *rest)
        except Exception:
            denied.add(call.operation)
            raise

    replace(Pipeline, "_authorize", lambda _: forgetful)


@breaks("policy-edited-at-once", "policy")
def edit_does_nothing() -> None:
    do_nothing("iam", "PutRolePolicy")


@breaks("policy-limits", "policy")
def all_or_nothing() -> None:
    def widen(request: Reply) -> Reply:
        return {**request, "PolicyDocument": request["PolicyDocument"].replace("s3:ListAllMyBuckets", "*")}

    rewrite_request("iam", "PutRolePolicy", widen)


# ---- replace ----


def _association(state: str, association_id: str) -> Reply:
    return {
        "IamInstanceProfileAssociation": {
            "AssociationId": association_id,
            "InstanceId": "i-0123456789abcdef0",
            "IamInstanceProfile": {
                "Arn": "arn:aws:iam::123456789012:instance-profile/lab-role",
                "Id": "AIPA",
            },
            "State": state,
            "Timestamp": as_datetime(0),
        }
    }


@breaks("replaced-at-once", "replace")
def replace_does_nothing() -> None:
    do_nothing(
        *("ec2", "ReplaceIamInstanceProfileAssociation"),
        lambda request: _association("associating", request["AssociationId"]),
    )


@breaks("replaced-permissions", "replace")
def everything_is_attached() -> None:
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    rewrite_request("iam", "AttachRolePolicy", lambda request: {**request, "PolicyArn": administrator})


@breaks("held-credentials-live-on", "replace")
def replaced_like_ended() -> None:
    change_association_at_end("ReplaceIamInstanceProfileAssociation", "disassociated")


@breaks("old-sessions-revoked", "replace")
def revoking_does_nothing() -> None:
    do_nothing("iam", "PutRolePolicy")


# ---- detach ----


@breaks("detached-at-once", "detach")
def disassociate_does_nothing() -> None:
    do_nothing(
        *("ec2", "DisassociateIamInstanceProfile"),
        lambda request: _association("disassociating", request["AssociationId"]),
    )


@breaks("delivered-refused", "detach")
def delivered_lives_on() -> None:
    change_association_at_end("DisassociateIamInstanceProfile", "replaced")


@breaks("attached-again", "detach")
def only_one_association() -> None:
    from tabard.services.operation import OPERATIONS

    built = OPERATIONS["ec2", "AssociateIamInstanceProfile"]
    calls: list[int] = []

    def run(call: Any, request: Reply) -> Any:
        calls.append(1)
        return built.run(call, request) if len(calls) == 1 else _association("associating", "iip-assoc-0")

    OPERATIONS["ec2", "AssociateIamInstanceProfile"] = built.but(run=run)


# ---- trust ----


@breaks("untrusted-no-credentials", "trust")
def everybody_is_trusted() -> None:
    from tabard.services.ec2 import metadata_view

    replace(metadata_view, "_trusts_ec2", lambda _: lambda _role, _instance: True)


@breaks("metadata-says-why", "trust")
def metadata_is_silent() -> None:
    from tabard import metadata

    replace(
        metadata,
        "role_not_trusting_ec2",
        lambda _: lambda _name, now: metadata.RoleProblem("Failed", "", now),
    )


# ---- pass ----


@breaks("pass-refused-associate", "pass")
def associate_forgets_pass_role() -> None:
    skip_check("ec2", "AssociateIamInstanceProfile", "iam:PassRole")


@breaks("pass-refused-run", "pass")
def run_forgets_pass_role() -> None:
    skip_check("ec2", "RunInstances", "iam:PassRole")


@breaks("pass-refused-profile", "pass")
def profile_forgets_pass_role() -> None:
    skip_check("iam", "AddRoleToInstanceProfile", "iam:PassRole")


@breaks("pass-refusal-changed-nothing", "pass")
def refused_and_done() -> None:
    def fill(reply: Reply) -> Reply:
        role = {
            "RoleName": "lab-role",
            "RoleId": "AROA",
            "Path": "/",
            "Arn": "arn:aws:iam::123456789012:role/lab-role",
        }
        reply["InstanceProfile"]["Roles"] = [{**role, "CreateDate": as_datetime(0)}]
        return reply

    rewrite_reply("iam", "GetInstanceProfile", fill)


@breaks("pass-allowed", "pass")
def permission_is_lost() -> None:
    def lose(request: Reply) -> Reply:
        return {**request, "PolicyDocument": request["PolicyDocument"].replace("iam:PassRole", "iam:GetRole")}

    rewrite_request("iam", "PutUserPolicy", lose)


# ---- regions ----


@breaks("second-region", "regions")
def roles_are_regional() -> None:
    from tabard.services.ec2.metadata_view import InstanceMetadata

    replace(
        InstanceMetadata,
        "_profile",
        lambda found: (
            lambda self, instance: found(self, instance) if instance.region == "us-east-1" else None
        ),
    )


@breaks("second-region-is-other", "regions")
def one_region_for_all() -> None:
    from tabard.compute import guest

    made = guest.environment
    guest.environment = lambda spec: {**made(spec), "AWS_REGION": "us-east-1"}


# ---- assume ----


@breaks("assume-refused", "assume")
def trust_is_not_asked() -> None:
    skip_check("sts", "AssumeRole", "sts:AssumeRole")


@breaks("assume-trusted", "assume")
def trust_is_not_changed() -> None:
    do_nothing("iam", "UpdateAssumeRolePolicy")


@breaks("assumed-works", "assume")
def wrong_secret() -> None:
    def garble(reply: Reply) -> Reply:
        secret = reply["Credentials"]["SecretAccessKey"]
        return {**reply, "Credentials": {**reply["Credentials"], "SecretAccessKey": secret.swapcase()}}

    rewrite_reply("sts", "AssumeRole", garble)


@breaks("root-refused", "assume")
def root_may() -> None:
    from tabard.services.operation import OPERATIONS

    built = OPERATIONS["sts", "AssumeRole"]
    assert built.checks is not None
    asked = built.checks

    def checks(call: Any, request: Reply) -> Any:
        return () if call.caller.kind == "Root" else asked(call, request)

    OPERATIONS["sts", "AssumeRole"] = built.but(checks=checks)


# ---- delete ----


@breaks("deleted-no-credentials", "delete")
def delete_does_nothing() -> None:
    do_nothing("iam", "RemoveRoleFromInstanceProfile")
    do_nothing("iam", "DeleteRole")


@breaks("deleted-refused", "delete")
def sessions_outlive_the_role() -> None:
    remember_principals(lambda _principals, _principal: True)


@breaks("namesake-inherits-nothing", "delete")
def sessions_go_by_name() -> None:
    def revive(principals: Any, principal: Any) -> bool:
        caller = principal.caller
        return principals._view.iam.roles.get(caller.account, caller.name) is not None

    remember_principals(revive)


# ---- end ----


@breaks("nothing-left", "")
def a_process_stays() -> None:
    subprocess.Popen(["sleep", "30"], start_new_session=True)
