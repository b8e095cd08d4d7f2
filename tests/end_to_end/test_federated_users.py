"""Whom GetFederationToken and GetSessionToken stand for in a bucket's policy, and how a broker's users share one bucket."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.support.server import TabardServer


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture
def name() -> str:
    return f"federated-{uuid.uuid4().hex[:10]}"


def refused(operation: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    return str(caught.value.response["Error"]["Code"])


def test_a_bucket_policy_names_a_federated_user_itself_or_the_user_behind_it(
    server: TabardServer, name: str
) -> None:
    iam, s3, account = server.client("iam"), server.client("s3"), server.account
    iam.create_user(UserName=name)
    broker = iam.create_access_key(UserName=name)["AccessKey"]
    iam.put_user_policy(
        UserName=name, PolicyName="p", PolicyDocument=policy(allow("sts:GetFederationToken", "*"))
    )
    sts = server.client("sts", broker)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"v")
    bucket, read = f"arn:aws:s3:::{name}", allow("s3:GetObject", f"arn:aws:s3:::{name}/*")
    unlimited = sts.get_federation_token(Name="ann", Policy=policy(read))["Credentials"]
    limited = sts.get_federation_token(Name="ann", Policy=policy(allow("s3:ListBucket", bucket)))
    bare = sts.get_federation_token(Name="ann")["Credentials"]
    clients = [server.client("s3", each) for each in (unlimited, limited["Credentials"], bare)]
    for client in clients:
        assert refused(client.get_object, Bucket=name, Key="k") == "AccessDenied"
    ann = {"AWS": f"arn:aws:sts::{account}:federated-user/ann"}
    s3.put_bucket_policy(Bucket=name, Policy=policy({**read, "Principal": ann}))
    for client in clients:  # named itself, a session has the grant beside whatever its own policies say
        assert client.get_object(Bucket=name, Key="k")["Body"].read() == b"v"
    other = sts.get_federation_token(Name="bob", Policy=policy(read))["Credentials"]
    assert refused(server.client("s3", other).get_object, Bucket=name, Key="k") == "AccessDenied"
    user = {"AWS": f"arn:aws:iam::{account}:user/{name}"}
    s3.put_bucket_policy(Bucket=name, Policy=policy({**read, "Principal": user}))
    assert clients[0].get_object(Bucket=name, Key="k")["Body"].read() == b"v"
    for client in clients[1:]:  # what is the user's is limited by the session's policies
        assert refused(client.get_object, Bucket=name, Key="k") == "AccessDenied"
    everybody = {
        **read,
        "Principal": "*",
        "Condition": {"StringEquals": {"aws:PrincipalType": "FederatedUser"}},
    }
    s3.put_bucket_policy(Bucket=name, Policy=policy(everybody))
    assert clients[2].get_object(Bucket=name, Key="k")["Body"].read() == b"v"


def test_a_session_of_a_user_is_that_user_to_a_bucket_policy(server: TabardServer, name: str) -> None:
    iam, s3 = server.client("iam"), server.client("s3")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    session = server.client("sts", key).get_session_token()["Credentials"]
    mine = server.client("s3", session)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"v")
    assert refused(mine.get_object, Bucket=name, Key="k") == "AccessDenied"
    principal = {"AWS": f"arn:aws:iam::{server.account}:user/{name}"}
    read = allow("s3:GetObject", f"arn:aws:s3:::{name}/*", Principal=principal)
    s3.put_bucket_policy(Bucket=name, Policy=policy(read))
    assert mine.get_object(Bucket=name, Key="k")["Body"].read() == b"v"
