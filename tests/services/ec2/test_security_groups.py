"""Security groups and their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.services.ec2.world import ACCOUNT, REGION
from tests.services.iam.conftest import allow, refused

if TYPE_CHECKING:
    from tests.services.ec2.world import World

SSH: dict[str, Any] = {
    "IpProtocol": "tcp",
    "FromPort": 22,
    "ToPort": 22,
    "IpRanges": [{"CidrIp": "203.0.113.0/24", "Description": "office"}],
}


def make(world: World, name: str = "web", **more: Any) -> str:
    return str(world.ec2.create_security_group(GroupName=name, Description=name, **more)["GroupId"])


def shown(world: World, group_id: str) -> dict[str, Any]:
    found: dict[str, Any] = world.ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    return found


def test_the_default_group_lets_itself_in_and_everything_out(world: World) -> None:
    (group,) = world.ec2.describe_security_groups()["SecurityGroups"]
    assert group["GroupName"] == "default"
    assert group["IpPermissions"][0]["UserIdGroupPairs"] == [{"GroupId": group["GroupId"], "UserId": ACCOUNT}]
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    code, message, _ = refused(world.ec2.delete_security_group, GroupId=group["GroupId"])
    assert code == "CannotDelete"
    assert "cannot be deleted by a user" in message
    world.ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[SSH])
    assert len(shown(world, group["GroupId"])["IpPermissions"]) == 2
    assert len(world.ec2.describe_security_groups()["SecurityGroups"]) == 1


def test_a_group_is_made_used_and_deleted(world: World) -> None:
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "team", "Value": "blue"}]}]
    group_id = make(world, TagSpecifications=tags)
    assert shown(world, group_id)["Tags"] == tags[0]["Tags"]
    assert shown(world, group_id)["IpPermissions"] == []
    (instance,) = world.launch(SecurityGroupIds=[group_id])
    assert instance["SecurityGroups"] == [{"GroupId": group_id, "GroupName": "web"}]
    (named,) = world.launch(SecurityGroups=["web"])
    assert named["SecurityGroups"] == instance["SecurityGroups"]
    assert refused(world.ec2.delete_security_group, GroupId=group_id)[0] == "DependencyViolation"
    world.ec2.terminate_instances(InstanceIds=[instance["InstanceId"], named["InstanceId"]])
    world.settle()
    world.ec2.delete_security_group(GroupName="web")
    assert refused(world.ec2.describe_security_groups, GroupIds=[group_id])[0] == "InvalidGroup.NotFound"
    assert world.ec2.describe_tags()["Tags"] == []


def test_rules_are_added_shown_and_taken_away(world: World) -> None:
    group_id, other = make(world), make(world, "other")
    reply = world.ec2.authorize_security_group_ingress(
        GroupId=group_id,
        IpPermissions=[
            SSH,
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]},
            {"IpProtocol": "17", "FromPort": 53, "ToPort": 53, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
            {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.5/8"}]},
        ],
    )
    assert [each["IpProtocol"] for each in reply["SecurityGroupRules"]] == ["tcp", "-1", "udp", "icmp"]
    permissions = shown(world, group_id)["IpPermissions"]
    assert permissions[0]["IpRanges"] == SSH["IpRanges"]
    assert permissions[3]["IpRanges"] == [{"CidrIp": "10.0.0.0/8"}]
    rules = world.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group_id]}])
    assert len(rules["SecurityGroupRules"]) == 5
    assert refused(world.ec2.authorize_security_group_ingress, GroupId=group_id, IpPermissions=[SSH])[:2] == (
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 203.0.113.0/24, TCP, from port: 22, to port: 22, ALLOW" already exists',
    )
    assert refused(world.ec2.delete_security_group, GroupId=other)[0] == "DependencyViolation"
    world.ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=[SSH])
    missing = refused(world.ec2.revoke_security_group_ingress, GroupId=group_id, IpPermissions=[SSH])
    assert missing[0] == "InvalidPermission.NotFound"
    world.ec2.revoke_security_group_ingress(
        GroupId=group_id, SecurityGroupRuleIds=[reply["SecurityGroupRules"][1]["SecurityGroupRuleId"]]
    )
    assert len(shown(world, group_id)["IpPermissions"]) == 2
    world.ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=[SSH])
    world.ec2.authorize_security_group_ingress(
        GroupId=group_id, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0"
    )
    found = world.ec2.describe_security_groups(
        Filters=[{"Name": "ip-permission.from-port", "Values": ["80"]}]
    )
    assert [each["GroupId"] for each in found["SecurityGroups"]] == [group_id]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"IpRanges": [{"CidrIp": "300.0.0.0/8"}]}, "InvalidParameterValue"),
        ({"IpRanges": [{"CidrIp": "10.0.0.0"}]}, "InvalidParameterValue"),
        ({"IpRanges": [{"CidrIp": "::/0"}]}, "InvalidParameterValue"),
        ({"IpRanges": []}, "MissingParameter"),
        ({"FromPort": 23}, "InvalidParameterValue"),
        ({"ToPort": 70_000}, "InvalidParameterValue"),
        ({"FromPort": None}, "InvalidParameterValue"),
        ({"IpProtocol": "carrier-pigeon"}, "InvalidParameterValue"),
        ({"IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "10.1.1.1/8"}]}, "InvalidParameterValue"),
        ({"UserIdGroupPairs": [{"GroupId": "sg-0123456789abcdef0"}]}, "InvalidGroup.NotFound"),
        ({"PrefixListIds": [{"PrefixListId": "pl-1"}]}, "UnsupportedOperation"),
    ],
)
def test_rules_that_cannot_be_are_refused(world: World, change: dict[str, Any], code: str) -> None:
    group_id = make(world)
    rule = {name: value for name, value in {**SSH, **change}.items() if value is not None}
    assert (
        refused(world.ec2.authorize_security_group_ingress, GroupId=group_id, IpPermissions=[rule])[0] == code
    )
    assert shown(world, group_id)["IpPermissions"] == []


def test_names_and_limits(world: World) -> None:
    create = world.ec2.create_security_group
    make(world)
    assert refused(create, GroupName="web", Description="x")[0] == "InvalidGroup.Duplicate"
    assert refused(create, GroupName="default", Description="x")[0] == "InvalidParameterValue"
    assert refused(create, GroupName="sg-1", Description="x")[0] == "InvalidParameterValue"
    assert refused(create, GroupName="é", Description="x")[0] == "InvalidParameterValue"
    assert refused(create, GroupName="x" * 256, Description="x")[0] == "InvalidParameterValue"
    missing = "vpc-0123456789abcdef0"
    assert refused(create, GroupName="x", Description="x", VpcId=missing)[0] == "InvalidVpcID.NotFound"
    group_id = make(world, "many")
    ports = [{**SSH, "FromPort": port, "ToPort": port} for port in range(61)]
    authorize = world.ec2.authorize_security_group_ingress
    limit = refused(authorize, GroupId=group_id, IpPermissions=ports)[0]
    assert limit == "RulesPerSecurityGroupLimitExceeded"
    authorize(GroupId=group_id, IpPermissions=ports[:60])


def test_permissions_are_asked_for_on_the_group(world: World) -> None:
    mine, other = make(world, "mine"), make(world, "other")
    caller = world.caller(
        "caller",
        allow("ec2:AuthorizeSecurityGroupIngress", f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{mine}"),
    )
    caller.authorize_security_group_ingress(GroupId=mine, IpPermissions=[SSH])
    denied = refused(caller.authorize_security_group_ingress, GroupId=other, IpPermissions=[SSH])
    assert denied[0] == "UnauthorizedOperation"
    assert refused(caller.delete_security_group, GroupId=mine)[0] == "UnauthorizedOperation"
