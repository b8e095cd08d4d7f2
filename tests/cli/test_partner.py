"""`tabard partner` on a real server: an account is taken on, asks, and is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tabard.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"@{Resource}"}}'


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["partner", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_account_is_taken_on_asks_and_is_told(
    server: TabardServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(server.data)]
    template = tmp_path / "policy.json"
    template.write_text(POLICY)
    register = ("register", server.account, "--name", "Acme", "--template", f"look={template}", *data)
    made = told(capsys, *register)
    [arn] = made["templates"]
    assert arn == f"arn:aws:iam::{server.account}:delegation-template/look"
    iam, sts = server.client("iam"), server.client("sts")
    request = iam.create_delegation_request(
        Description="look around",
        Permissions={
            "PolicyTemplateArn": arn,
            "Parameters": [{"Name": "Resource", "Values": ["*"], "Type": "string"}],
        },
        RequestorWorkflowId="workflow-of-test-partner",
        NotificationChannel=f"arn:aws:sns:us-east-1:{server.account}:topic",
        SessionDuration=900,
    )["DelegationRequestId"]
    for step in (
        iam.associate_delegation_request,
        iam.accept_delegation_request,
        iam.send_delegation_token,
    ):
        step(DelegationRequestId=request)
    notices = told(capsys, "notices", server.account, *data)
    assert [each["state"] for each in notices] == ["ASSIGNED", "ACCEPTED", "FINALIZED"]
    assert {each["delegationRequestId"] for each in notices} == {request}
    assert told(capsys, "notices", server.account, *data) == []
    token = notices[-1]["tradeInToken"]
    credentials = sts.get_delegated_access_token(TradeInToken=token)["Credentials"]
    traded = server.client("iam", credentials)
    assert "Users" in traded.list_users()
    with pytest.raises(ClientError, match="AccessDenied"):
        traded.list_roles()
    trail = "".join(path.read_text() for path in (server.data / "audit").iterdir())
    assert '"register-partner"' in trail
    assert '"GetDelegatedAccessToken"' in trail
    for secret in (token, credentials["SecretAccessKey"], credentials["SessionToken"]):
        assert secret not in trail


def test_what_is_no_partner_is_refused(
    server: TabardServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(server.data)]
    template = tmp_path / "policy.json"
    template.write_text("[]")
    for wrong in (
        ["register", "999999999999", "--name", "Acme"],
        ["register", server.account, "--name", "x" * 31],
        ["register", server.account, "--name", "Acme", "--template", "nameless"],
        ["register", server.account, "--name", "Acme", "--template", f"no-policy={template}"],
        ["register", server.account, "--name", "Acme", "--boundary", "nothing=arn"],
        ["notices", "999999999999"],
    ):
        assert main(["partner", *wrong, *data]) == 1, wrong
    assert "There is no account 999999999999." in capsys.readouterr().err
