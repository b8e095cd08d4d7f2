"""Tags of roles, users, policies and instance profiles."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.world import EC2_TRUST, World, allow, document, refused

NOUNS = ("role", "user", "policy", "instance_profile")
FOLDED = ("role", "user")


def make(world: World, noun: str) -> dict[str, str]:
    if noun == "role":
        world.iam.create_role(RoleName="it", AssumeRolePolicyDocument=EC2_TRUST)
        return {"RoleName": "it"}
    if noun == "user":
        world.iam.create_user(UserName="it")
        return {"UserName": "it"}
    if noun == "policy":
        made = world.iam.create_policy(PolicyName="it", PolicyDocument=document(allow("s3:*")))
        return {"PolicyArn": made["Policy"]["Arn"]}
    world.iam.create_instance_profile(InstanceProfileName="it")
    return {"InstanceProfileName": "it"}


def tags(**pairs: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def operations(client: Any, noun: str) -> tuple[Any, Any, Any]:
    return (
        getattr(client, f"tag_{noun}"),
        getattr(client, f"untag_{noun}"),
        getattr(client, f"list_{noun}_tags"),
    )


@pytest.mark.parametrize("noun", NOUNS)
def test_tags_are_added_replaced_listed_and_taken_away(world: World, noun: str) -> None:
    it = make(world, noun)
    tag, untag, listed = operations(world.iam, noun)
    assert listed(**it)["Tags"] == []
    tag(**it, Tags=tags(b="1", a="2"))
    tag(**it, Tags=tags(b="3", c=""))
    assert listed(**it)["Tags"] == tags(a="2", b="3", c="")
    first = listed(**it, MaxItems=2)
    assert first["IsTruncated"]
    assert listed(**it, Marker=first["Marker"])["Tags"] == tags(c="")
    untag(**it, TagKeys=["a", "nope"])
    assert listed(**it)["Tags"] == tags(b="3", c="")
    missing = {key: value.replace("it", "nope") for key, value in it.items()}
    for operation, more in ((tag, {"Tags": tags(a="1")}), (untag, {"TagKeys": ["a"]}), (listed, {})):
        assert refused(operation, **missing, **more)[0] == "NoSuchEntity"


@pytest.mark.parametrize("noun", NOUNS)
def test_case_counts_in_some_keys_and_not_in_others(world: World, noun: str) -> None:
    it = make(world, noun)
    tag, untag, listed = operations(world.iam, noun)
    tag(**it, Tags=tags(Team="a"))
    tag(**it, Tags=tags(team="b"))
    if noun in FOLDED:
        assert listed(**it)["Tags"] == tags(team="b")
        message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        assert refused(tag, **it, Tags=tags(x="1", X="2")) == ("InvalidInput", message, 400)
        untag(**it, TagKeys=["TEAM"])
        assert listed(**it)["Tags"] == []
    else:
        assert listed(**it)["Tags"] == tags(Team="a", team="b")
        assert refused(tag, **it, Tags=[*tags(x="1"), *tags(x="2")]) == (
            "InvalidInput",
            "Duplicate tag keys found.",
            400,
        )


@pytest.mark.parametrize("noun", NOUNS)
def test_reserved_too_many_and_too_long_tags_are_refused(world: World, noun: str) -> None:
    it = make(world, noun)
    tag, _, listed = operations(world.iam, noun)
    assert refused(tag, **it, Tags=[{"Key": "aws:x", "Value": "1"}])[0] == "InvalidInput"
    assert refused(tag, **it, Tags=[{"Key": "AWS:x", "Value": "1"}])[0] == "InvalidInput"
    assert refused(tag, **it, Tags=[{"Key": "k" * 129, "Value": "1"}])[0] == "ValidationError"
    assert refused(tag, **it, Tags=[{"Key": "k", "Value": "v" * 257}])[0] == "ValidationError"
    assert refused(tag, **it, Tags=[{"Key": "k<", "Value": "v"}])[0] == "ValidationError"
    tag(**it, Tags=tags(**{f"k{number}": "" for number in range(50)}))
    assert refused(tag, **it, Tags=tags(one_more="")) == (
        "LimitExceeded",
        "The number of tags has reached the maximum limit.",
        409,
    )
    tag(**it, Tags=tags(k0="new"))
    assert len(listed(**it)["Tags"]) == 50


@pytest.mark.parametrize("noun", NOUNS)
def test_tagging_is_authorised_by_the_tags_there_and_the_tags_asked_for(world: World, noun: str) -> None:
    it = make(world, noun)
    tag, _, _ = operations(world.iam, noun)
    name = "".join(part.capitalize() for part in noun.split("_"))
    keys = {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    bob = world.user(
        "bob",
        allow([f"iam:Tag{name}", f"iam:Untag{name}"], Condition=keys),
        allow(f"iam:List{name}Tags", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}),
    )
    tag_as_bob, untag_as_bob, list_as_bob = operations(bob, noun)
    assert refused(list_as_bob, **it)[0] == "AccessDenied"
    tag_as_bob(**it, Tags=tags(team="a"))
    assert list_as_bob(**it)["Tags"] == tags(team="a")
    assert refused(tag_as_bob, **it, Tags=tags(team="a", other="b"))[0] == "AccessDenied"
    tag(**it, Tags=tags(other="b"))
    assert refused(untag_as_bob, **it, TagKeys=["other"])[0] == "AccessDenied"
    untag_as_bob(**it, TagKeys=["team"])
    assert refused(list_as_bob, **it)[0] == "AccessDenied"
