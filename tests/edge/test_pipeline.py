"""The way of a request, over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.support.server import TabardServer


def test_root_is_known_by_its_key(server: TabardServer) -> None:
    identity = server.client("sts").get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{server.account}:root"
    assert identity["Account"] == identity["UserId"] == server.account


def test_a_wrong_secret_is_refused(server: TabardServer) -> None:
    stranger = server.root() | {"aws_secret_access_key": "x" * 40}
    with pytest.raises(ClientError) as refused:
        server.client("sts", stranger).get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_an_unknown_key_is_refused(server: TabardServer) -> None:
    stranger = server.root() | {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}
    with pytest.raises(ClientError) as refused:
        server.client("sts", stranger).get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"


def test_root_may_not_assume_roles(server: TabardServer) -> None:
    with pytest.raises(ClientError) as refused:
        server.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{server.account}:role/any", RoleSessionName="session"
        )
    assert refused.value.response["Error"]["Message"] == "Roles may not be assumed by root accounts."
