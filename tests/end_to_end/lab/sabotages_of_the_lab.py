"""What breaks the lab's own steps: making the role, the instance and the buckets, logging in, attaching, looking."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.end_to_end.lab.breaking import (
    Reply,
    breaks,
    do_nothing,
    in_every_instance,
    in_the_shell,
    replace,
    rewrite_reply,
    rewrite_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable


# ---- role ----


@breaks("role-listed", "role")
def list_misses_roles() -> None:
    rewrite_reply("iam", "ListRoles", lambda reply: {**reply, "Roles": []})


@breaks("role-trusts-ec2", "role")
def trust_widened() -> None:
    def widen(request: Reply) -> Reply:
        document = request["AssumeRolePolicyDocument"].replace(
            '"ec2.amazonaws.com"', '["ec2.amazonaws.com", "ssm.amazonaws.com"]'
        )
        return {**request, "AssumeRolePolicyDocument": document}

    rewrite_request("iam", "CreateRole", widen)


@breaks("role-has-permissions", "role")
def attach_does_nothing() -> None:
    do_nothing("iam", "AttachRolePolicy")


@breaks("profile-holds-role", "role")
def profile_stays_empty() -> None:
    do_nothing("iam", "AddRoleToInstanceProfile")


# ---- machine ----


@breaks("key-pair", "machine")
def key_is_garbled() -> None:
    rewrite_reply(
        "ec2", "CreateKeyPair", lambda reply: {**reply, "KeyMaterial": reply["KeyMaterial"].swapcase()}
    )


@breaks("buckets-made", "machine")
def bucket_is_lost() -> None:
    def misname(request: Reply) -> Reply:
        return {**request, "Bucket": request["Bucket"].replace("example-s3-01", "example-s3-02")}

    rewrite_request("s3", "CreateBucket", misname)


@breaks("instance-runs", "machine")
def instance_dies() -> None:
    def die(instance: Reply) -> None:
        instance["State"] = {"Code": 48, "Name": "terminated"}

    rewrite_reply("ec2", "DescribeInstances", in_every_instance(die))


@breaks("instance-without-role", "machine")
def instance_shows_a_role() -> None:
    def dress(instance: Reply) -> None:
        instance["IamInstanceProfile"] = {
            "Arn": "arn:aws:iam::123456789012:instance-profile/other",
            "Id": "AIPA",
        }

    rewrite_reply("ec2", "DescribeInstances", in_every_instance(dress))


# ---- login ----


@breaks("login", "login")
def another_prompt() -> None:
    in_the_shell("PS1='[\\u@\\h-1 \\W]\\$ '\n")


@breaks("home-listing", "login")
def home_has_dot_aws() -> None:
    from tabard.compute import guest

    guest.SKELETON = {**guest.SKELETON, ".aws": "[default]\n"}


@breaks("clean-environment", "login")
def key_in_the_environment() -> None:
    from tabard.compute import guest

    made = guest.environment
    guest.environment = lambda spec: {**made(spec), "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}


@breaks("no-credentials", "login")
def metadata_gives_to_everybody() -> None:
    from tabard import metadata
    from tabard.services.ec2.metadata_view import InstanceMetadata

    def iam(*_: object) -> metadata.IamInfo:
        return metadata.IamInfo("arn:aws:iam::123456789012:instance-profile/any", "AIPA", "any", 0)

    def credentials(*_: object) -> metadata.RoleCredentials:
        return metadata.RoleCredentials("ASIAIOSFODNN7EXAMPLE", "secret", "token", 4e9, 0)

    replace(InstanceMetadata, "_iam", lambda _: iam)
    replace(InstanceMetadata, "_credentials", lambda _: credentials)


# ---- attach ----


@breaks("details-show-role", "attach")
def details_hide_the_role() -> None:
    rewrite_reply(
        "ec2",
        "DescribeInstances",
        in_every_instance(lambda instance: instance.pop("IamInstanceProfile", None)),
    )


@breaks("session-lists-buckets", "attach")
def listing_misses_a_bucket() -> None:
    rewrite_reply("s3", "ListBuckets", lambda reply: {**reply, "Buckets": reply["Buckets"][1:]})


@breaks("same-session", "attach")
def another_shell() -> None:
    in_the_shell('aws() { command aws "$@"; unset -f aws; bash; }\n')


# ---- disk ----


def _also_at_delivery(keep: Callable[[Any, Any], object]) -> None:
    from tabard.services.ec2 import metadata_view

    def kept(minted: Any, keys: Any, random: Any, instance: Any, *rest: Any) -> Any:
        made = minted(keys, random, instance, *rest)
        keep(instance, made)
        return made

    replace(metadata_view, "_minted", lambda minted: partial(kept, minted))


def _data() -> Path:
    return Path(sys.argv[sys.argv.index("--data") + 1])


@breaks("no-credential-on-disk", "disk")
def credentials_cached_in_the_home() -> None:
    def keep(instance: Any, made: Any) -> None:
        (_data() / "instances" / instance.id / "home" / ".cache").write_text(f"x{made.secret_access_key}x")

    _also_at_delivery(keep)


@breaks("rest-read-only", "disk")
def a_bind_can_be_written() -> None:
    from tabard.compute.sandbox import launcher

    launcher._START = launcher._START.replace(
        "launchpad.run(",
        "from tabard.compute.sandbox.inside import rootfs\n"
        "opened = rootfs._open\n"
        "rootfs._open = lambda path, bits: opened(path, bits & ~1 if path.startswith('/etc/') else bits)\n"
        "launchpad.run(",
    )


@breaks("no-credential-on-server", "disk")
def tokens_kept_by_the_server() -> None:
    _also_at_delivery(lambda _instance, made: (_data() / "sessions").write_text(made.token))


# ---- known ----


def _minted_with(changed: dict[str, Any], mint: Callable[..., Any], *args: Any, **rest: Any) -> Any:
    return mint(*args, **{**rest, **changed})


@breaks("known-by-instance", "known")
def nameless_sessions() -> None:
    from tabard.services.ec2 import metadata_view

    replace(metadata_view, "mint", lambda mint: partial(_minted_with, {"session_name": "default-role"}, mint))


@breaks("temporary", "known")
def two_hours() -> None:
    from tabard.services.ec2 import metadata_view

    metadata_view.DURATION = 7200


@breaks("condition-lets-in", "known")
def deliveries_unmarked() -> None:
    from tabard.services.ec2 import metadata_view

    replace(metadata_view, "mint", lambda mint: partial(_minted_with, {"delivery": None}, mint))


@breaks("condition-keeps-out", "known")
def conditions_ignored() -> None:
    def careless(request: Reply) -> Reply:
        document = json.loads(request["PolicyDocument"])
        for statement in document["Statement"]:
            statement.pop("Condition")
        return {**request, "PolicyDocument": json.dumps(document)}

    rewrite_request("iam", "PutRolePolicy", careless)
