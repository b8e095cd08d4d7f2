import json
import re
from datetime import UTC, datetime

import pytest

from tabard.catalog import managed_policies
from tabard.core.arn import Arn


def arn_of(path_and_name: str) -> str:
    return f"arn:aws:iam::aws:policy{path_and_name}"


def test_administrator_access_is_as_aws_publishes_it() -> None:
    policy = managed_policies.get(arn_of("/AdministratorAccess"))

    assert policy is not None
    assert policy.document == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    )
    assert (policy.name, policy.path, policy.default_version_id) == ("AdministratorAccess", "/", "v1")
    assert policy.created == policy.updated == datetime(2015, 2, 6, 18, 39, 46, tzinfo=UTC)
    assert policy.description == "Provides full access to AWS services and resources."
    assert policy.is_attachable
    assert not policy.is_service_linked


@pytest.mark.parametrize(
    "path_and_name",
    [
        "/PowerUserAccess",
        "/ReadOnlyAccess",
        "/AmazonS3ReadOnlyAccess",
        "/AmazonSSMManagedInstanceCore",
        "/job-function/ViewOnlyAccess",
        "/service-role/AWSLambdaBasicExecutionRole",
        "/aws-service-role/AWSSupportServiceRolePolicy",
    ],
)
def test_well_known_policies_are_there_under_their_paths(path_and_name: str) -> None:
    policy = managed_policies.get(arn_of(path_and_name))

    assert policy is not None
    assert policy.path + policy.name == path_and_name
    assert policy.name in managed_policies.names()


@pytest.mark.parametrize(
    "arn",
    [
        "",
        arn_of("/NoSuchPolicy"),
        arn_of("/administratoraccess"),
        arn_of("/job-function/AdministratorAccess"),
        "arn:aws:iam::123456789012:policy/AdministratorAccess",
    ],
)
def test_an_arn_that_aws_does_not_publish_is_none(arn: str) -> None:
    assert managed_policies.get(arn) is None


def test_every_policy_is_well_formed() -> None:
    policies = managed_policies.all_policies()

    assert len(policies) >= 1500
    assert (
        len({policy.policy_id for policy in policies}) == len(policies) == len(set(managed_policies.names()))
    )
    for policy in policies:
        arn = Arn.parse(policy.arn)
        assert (arn.partition, arn.service, arn.region, arn.account) == ("aws", "iam", "", "aws")
        assert arn.resource == f"policy{policy.path}{policy.name}"
        assert re.fullmatch(r"/([\w-]+/)?", policy.path)
        assert re.fullmatch(r"[\w+=,.@-]{1,128}", policy.name)
        assert re.fullmatch(r"ANPA[A-Z2-7]{17}", policy.policy_id)
        assert re.fullmatch(r"v[1-9]\d*", policy.default_version_id)
        assert datetime(2015, 1, 1, tzinfo=UTC) < policy.created <= policy.updated
        assert managed_policies.get(policy.arn) == policy


def test_every_document_is_a_policy_in_compact_json() -> None:
    for policy in sorted(managed_policies.all_policies(), key=lambda each: each.body):
        document = json.loads(policy.document)
        assert json.dumps(document, separators=(",", ":"), ensure_ascii=False) == policy.document
        assert document["Version"] == "2012-10-17"
        assert document["Statement"]


def test_policies_are_listed_in_the_order_in_which_aws_lists_them() -> None:
    first = [policy.name for policy in managed_policies.all_policies()[:3]]

    assert first == ["AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess"]
    assert list(managed_policies.names()) == sorted(managed_policies.names())


def test_policy_ids_do_not_change() -> None:
    policy = managed_policies.get(arn_of("/AdministratorAccess"))

    assert policy is not None
    assert policy.policy_id == "ANPAXUEARDEVTUHKHZ23E"


def test_only_service_linked_roles_carry_the_policies_of_their_path() -> None:
    policy = managed_policies.get(arn_of("/aws-service-role/AWSSupportServiceRolePolicy"))

    assert policy is not None
    assert policy.is_service_linked
    assert policy.is_attachable  # what the API shows; attaching it is refused all the same
