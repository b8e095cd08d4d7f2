"""What an account switches on or may use by leave of others: federation outwards, properties, organisations, delegation."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.world import ACCOUNT, World, allow, refused

from tabard.services import issuer

ARN = f"arn:aws:iam::{ACCOUNT}"
REQUEST = "dr-0123456789abcdef"


def test_outbound_federation_is_switched_on_and_off(world: World) -> None:
    iam = world.iam
    off = ("FeatureDisabled", 404)
    assert refused(iam.get_outbound_web_identity_federation_info)[::2] == off
    assert refused(iam.disable_outbound_web_identity_federation)[::2] == off
    made = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert made.startswith("https://")
    shown = iam.get_outbound_web_identity_federation_info()
    assert (shown["IssuerIdentifier"], shown["JwtVendingEnabled"]) == (made, True)
    assert refused(iam.enable_outbound_web_identity_federation)[::2] == ("FeatureEnabled", 409)
    other = world.client("iam", world.other_root)
    assert refused(other.get_outbound_web_identity_federation_info)[::2] == off
    assert other.enable_outbound_web_identity_federation()["IssuerIdentifier"] != made
    iam.disable_outbound_web_identity_federation()
    assert refused(iam.get_outbound_web_identity_federation_info)[::2] == off
    assert iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == made


def test_an_issuer_lies_below_the_servers_own_address(world: World) -> None:
    world.node.extensions[issuer.BASE] = "http://127.0.0.1:4680"
    made = world.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert made.startswith("http://127.0.0.1:4680/_/issuer/")


def test_account_properties_are_kept_by_namespace(world: World) -> None:
    iam = world.iam
    assert iam.get_account_properties()["Properties"] == {}
    iam.put_account_properties(Properties={"RoleManager/Enabled": "true", "RoleManager/Mode": "x"})
    iam.put_account_properties(Properties={"Other/Thing": "1"})
    iam.put_account_properties(Properties={"RoleManager/Mode": "y"})
    expected = {"RoleManager/Enabled": "true", "RoleManager/Mode": "y", "Other/Thing": "1"}
    assert iam.get_account_properties()["Properties"] == expected
    assert world.client("iam", world.other_root).get_account_properties()["Properties"] == {}


@pytest.mark.parametrize(
    "properties", [{"NoNamespace": "1"}, {"A/b/c": "1"}, {"A/": "1"}, {"A/b": "1", "B/b": "1"}]
)
def test_properties_that_are_none_change_nothing(empty_world: World, properties: dict[str, str]) -> None:
    code, _, status = refused(empty_world.iam.put_account_properties, Properties=properties)
    assert (code, status) == ("InvalidInput", 400)
    assert empty_world.iam.get_account_properties()["Properties"] == {}


def test_an_account_without_an_organisation_has_none_of_its_features(empty_world: World) -> None:
    iam = empty_world.iam
    for operation in (
        iam.list_organizations_features,
        iam.enable_organizations_root_credentials_management,
        iam.disable_organizations_root_credentials_management,
        iam.enable_organizations_root_sessions,
        iam.disable_organizations_root_sessions,
    ):
        code, message, status = refused(operation)
        assert (code, status) == ("OrganizationNotFoundException", 400)
        assert message == "The request was rejected because no organization is associated with your account."


def test_there_are_no_role_templates(empty_world: World) -> None:
    iam = empty_world.iam
    for operation in (iam.acquire_role, iam.get_role_template_version):
        assert refused(operation, TemplateArn=f"{ARN}:role-template/it")[::2] == ("NoSuchEntity", 404)
        assert refused(operation, TemplateArn="a template, but no ARN")[::2] == ("InvalidInput", 400)
        assert refused(operation, TemplateArn="arn:aws:s3:::some-bucket")[::2] == ("InvalidInput", 400)


NEW: dict[str, Any] = {
    "Description": "Set things up",
    "Permissions": {"PolicyTemplateArn": f"{ARN}:delegation-template/it"},
    "RequestorWorkflowId": "workflow-1",
    "NotificationChannel": f"arn:aws:sns:us-east-1:{ACCOUNT}:topic",
    "SessionDuration": 3600,
}


def test_nobody_is_a_partner_and_nobody_asked_for_anything(empty_world: World) -> None:
    iam = empty_world.iam
    assert refused(iam.create_delegation_request, **NEW)[::2] == ("AccessDenied", 403)
    listed = iam.list_delegation_requests()
    assert (listed["DelegationRequests"], listed["isTruncated"]) == ([], False)
    for operation in (
        iam.get_delegation_request,
        iam.associate_delegation_request,
        iam.update_delegation_request,
        iam.accept_delegation_request,
        iam.reject_delegation_request,
        iam.send_delegation_token,
    ):
        code, message, status = refused(operation, DelegationRequestId=REQUEST)
        assert (code, status) == ("NoSuchEntity", 404)
        assert REQUEST in message
    summary = iam.get_human_readable_summary
    assert refused(summary, EntityArn=f"{ARN}:delegation-request/{REQUEST}")[0] == "NoSuchEntity"
    assert refused(summary, EntityArn=f"{ARN}:role/something")[0] == "InvalidInput"


def test_the_keys_of_delegation_are_asked(world: World) -> None:
    condition = {"StringEquals": {"iam:DelegationRequestOwner": f"{ARN}:user/ana"}}
    ana = world.user("ana", allow("iam:ListDelegationRequests", Condition=condition))
    assert ana.list_delegation_requests(OwnerId=f"{ARN}:user/ana")["DelegationRequests"] == []
    assert refused(ana.list_delegation_requests, OwnerId=f"{ARN}:user/bob")[0] == "AccessDenied"
    assert refused(ana.list_delegation_requests)[0] == "AccessDenied"
