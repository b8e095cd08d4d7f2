import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.catalog import service_reference
from tabard.catalog.condition_keys import GLOBAL_KEYS, GLOBAL_TABLE


def known(full_name: str) -> service_reference.Action:
    action = service_reference.action(full_name)
    assert action is not None
    return action


def test_listing_buckets_is_an_action_without_resources() -> None:
    action = known("s3:ListAllMyBuckets")

    assert action.access_level == "List"
    assert action.resource_types == ()
    assert "s3:authType" in action.condition_keys
    assert service_reference.action("s3:ListBuckets") is None


def test_passing_a_role_depends_on_where_it_goes() -> None:
    action = known("iam:PassRole")

    assert action.access_level == "Permissions management"
    assert [(row.resource_type, row.required) for row in action.resource_types] == [("role", True)]
    assert set(action.condition_keys) == {"iam:AssociatedResourceArn", "iam:PassedToService"}
    assert "iam:ResourceTag/${TagKey}" in service_reference.applicable_condition_keys(action)


def test_running_instances_names_its_resources_and_dependent_actions() -> None:
    action = known("ec2:RunInstances")
    rows = {row.resource_type: row for row in action.resource_types}

    assert rows["instance"].required
    assert not rows["key-pair"].required
    assert "ec2:InstanceProfile" in rows["instance"].condition_keys
    assert "iam:PassRole" in rows["image"].dependent_actions
    assert action.condition_keys == ("ec2:Region",)


def test_names_are_found_in_any_case_and_spelled_as_published() -> None:
    assert known("IAM:getrole").full_name == "iam:GetRole"
    assert service_reference.service("S3") is service_reference.service("s3")


@pytest.mark.parametrize(
    "name", ["", "iam", "iam:", ":GetRole", "iam:NoSuchAction", "nosuch:GetRole", "iam:*"]
)
def test_an_action_that_nobody_documents_is_none(name: str) -> None:
    assert service_reference.action(name) is None


def test_resource_types_carry_arn_formats() -> None:
    iam = service_reference.service("iam")

    assert iam is not None
    assert iam.title == "AWS Identity and Access Management (IAM)"
    assert (
        iam.resource_types["role"].arn_format == "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
    )


def test_the_whole_reference_is_there() -> None:
    actions = service_reference.actions_matching("*")

    assert len(service_reference.prefixes()) >= 400
    assert len(actions) == len(set(actions)) >= 20_000
    assert {"iam", "sts", "ec2", "s3", "kms", "lambda"} <= service_reference.prefixes()


def test_every_service_can_be_read() -> None:
    levels = {"List", "Read", "Write", "Tagging", "Permissions management"}
    for prefix in service_reference.prefixes():
        service = service_reference.service(prefix)
        assert service is not None
        for name in service.action_names:
            action = service.action(name)
            assert action is not None
            assert action.access_level in levels
            assert all(row.resource_type in service.resource_types for row in action.resource_types)
        for kind in service.resource_types.values():
            assert kind.arn_format.startswith("arn:")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("sts:GetCallerIdentity", ("sts:GetCallerIdentity",)),
        ("STS:getcaller*", ("sts:GetCallerIdentity",)),
        ("st?:GetCallerIdentit?", ("sts:GetCallerIdentity",)),
        ("sts:Decode*", ("sts:DecodeAuthorizationMessage",)),
        ("*:PassRole", ("iam:PassRole",)),
        ("sts:GetCaller", ()),
        ("s3:Get[A-Z]*", ()),
        ("GetRole", ()),
        ("", ()),
    ],
)
def test_patterns_cover_actions_as_policies_do(pattern: str, expected: tuple[str, ...]) -> None:
    assert service_reference.actions_matching(pattern) == expected


@given(st.sampled_from(service_reference.actions_matching("iam:*")), st.integers(min_value=4))
def test_an_action_is_covered_by_any_of_its_own_beginnings(name: str, length: int) -> None:
    assert name in service_reference.actions_matching(name[:length] + "*")


@pytest.mark.parametrize(
    ("name", "kind", "multivalued"),
    [
        ("aws:SourceIp", "IPAddress", False),
        ("AWS:sourceip", "IPAddress", False),
        ("aws:TagKeys", "ArrayOfString", True),
        ("aws:CalledVia", "ArrayOfString", True),
        ("aws:PrincipalTag/team", "String", False),
        ("aws:ResourceTag/a/b", "String", False),
        ("aws:MultiFactorAuthPresent", "Bool", False),
        ("ec2:RoleDelivery", "Numeric", False),
        ("ec2:SourceInstanceARN", "ARN", False),
        ("ec2:ResourceTag/Name", "String", False),
        ("iam:PassedToService", "String", False),
        ("iam:PolicyARN", "ARN", False),
        ("s3:prefix", "String", False),
        ("s3:max-keys", "Numeric", False),
        ("s3:ExistingObjectTag/class", "String", False),
        ("sts:TransitiveTagKeys", "ArrayOfString", True),
        ("kms:EncryptionContext:purpose", "String", False),
        ("saml:sub", "String", False),
        ("identitystore:GroupId", "ArrayOfString", True),
        ("codebuild:secondarySources/first.insecureSsl", "Bool", False),
        ("codebuild:secondarySources/first.buildspec", "Bool", False),
        ("sagemaker:ResourceTag/team", "String", False),
    ],
)
def test_condition_keys_have_types(name: str, kind: str, *, multivalued: bool) -> None:
    key = service_reference.condition_key(name)

    assert key is not None
    assert (key.type, key.multivalued) == (kind, multivalued)
    assert service_reference.is_multivalued(name) is multivalued


@pytest.mark.parametrize("name", ["", "aws:", "aws:PrincipalTag/", "aws:NoSuchKey", "nosuch:Key", "SourceIp"])
def test_a_key_that_nobody_documents_is_none(name: str) -> None:
    assert service_reference.condition_key(name) is None
    assert not service_reference.is_multivalued(name)


def test_global_keys_are_each_listed_once() -> None:
    assert len({key.name.lower() for key in GLOBAL_KEYS}) == len(GLOBAL_KEYS) >= 55
    for key in GLOBAL_KEYS:
        assert GLOBAL_TABLE.find(key.name) == key
