"""An instance's role credentials: minted, rotated with overlap, and ended, as people who lost a laptop would want."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.services.ec2.world import ACCOUNT, REGION
from tests.services.iam.conftest import allow, document, refused, trust

from tabard.metadata import RoleCredentials, RoleProblem
from tabard.services.ec2.metadata_view import DURATION, RENEWED_BEFORE_EXPIRY, InstanceMetadata

if TYPE_CHECKING:
    from tests.services.ec2.world import World


class Guest:
    """What an instance can ask its metadata service, at times of the test's choosing."""

    def __init__(self, world: World, instance_id: str) -> None:
        self.world = world
        self.instance_id = instance_id
        self.now = world.node.clock()
        self.metadata = InstanceMetadata(world.store, world.node.keys, lambda: self.now, world.node.random)

    @property
    def view(self) -> Any:
        found = self.metadata.of(ACCOUNT, self.instance_id)
        assert found is not None
        return found[0]

    def credentials(self) -> RoleCredentials:
        found = self.view.credentials("2.0")
        assert isinstance(found, RoleCredentials)
        return found

    def client(self, service: str, given: RoleCredentials) -> Any:
        return self.world.client(
            service,
            {
                "AccessKeyId": given.access_key_id,
                "SecretAccessKey": given.secret_access_key,
                "SessionToken": given.token,
            },
        )

    def whoami(self, given: RoleCredentials) -> str:
        return str(self.client("sts", given).get_caller_identity()["Arn"])


@pytest.fixture
def guest(world: World) -> Guest:
    world.profile("app")
    return Guest(world, world.launched(IamInstanceProfile={"Name": "app"}))


def association(world: World) -> str:
    found = world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    return str(found[0]["AssociationId"])


def is_refused(guest: Guest, given: RoleCredentials) -> bool:
    return refused(guest.client("sts", given).get_caller_identity)[0] == "InvalidClientTokenId"


def test_an_instance_is_known_by_its_role_and_id(guest: Guest) -> None:
    given = guest.credentials()
    assert guest.whoami(given) == f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{guest.instance_id}"
    assert given.expiration - given.last_updated <= DURATION
    assert guest.view.iam().role_name == "app"


def test_credentials_stay_the_same_until_half_of_their_life_and_then_overlap(guest: Guest) -> None:
    first = guest.credentials()
    guest.now += DURATION - RENEWED_BEFORE_EXPIRY - 5
    assert guest.credentials() == first
    guest.now += 10
    second = guest.credentials()
    assert second.access_key_id != first.access_key_id
    assert first.expiration - guest.now > 900  # SDKs come back fifteen minutes before the end
    assert guest.whoami(first) == guest.whoami(second)


def test_detaching_ends_what_was_delivered(guest: Guest, world: World) -> None:
    given = guest.credentials()
    world.ec2.disassociate_iam_instance_profile(AssociationId=association(world))
    assert guest.view.iam() is None
    assert guest.view.credentials("2.0") is None
    assert is_refused(guest, given)


def test_replacing_lets_the_old_live_on_and_gives_the_new_at_once(guest: Guest, world: World) -> None:
    world.profile("other")
    old = guest.credentials()
    world.ec2.replace_iam_instance_profile_association(
        AssociationId=association(world), IamInstanceProfile={"Name": "other"}
    )
    new = guest.credentials()
    assert "/other/" in guest.whoami(new)
    assert "/app/" in guest.whoami(old)
    world.ec2.disassociate_iam_instance_profile(AssociationId=association(world))
    assert is_refused(guest, new)
    assert is_refused(guest, old)


def test_a_role_made_again_under_its_name_does_not_inherit(guest: Guest, world: World) -> None:
    given = guest.credentials()
    world.iam.remove_role_from_instance_profile(InstanceProfileName="app", RoleName="app")
    assert guest.view.credentials("2.0") is None
    assert guest.view.iam().role_name is None
    world.iam.delete_role(RoleName="app")
    assert is_refused(guest, given)
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    world.iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    assert is_refused(guest, given)
    assert guest.whoami(guest.credentials()).endswith(f"/app/{guest.instance_id}")


def test_a_profile_that_was_deleted_gives_nothing_and_says_so(guest: Guest, world: World) -> None:
    world.iam.remove_role_from_instance_profile(InstanceProfileName="app", RoleName="app")
    world.iam.delete_instance_profile(InstanceProfileName="app")
    info = guest.view.iam()
    assert info.code == "InstanceProfileNotFound"
    assert guest.view.credentials("2.0") is None


def test_a_role_that_does_not_trust_ec2_gives_nothing_and_says_why(guest: Guest, world: World) -> None:
    first = guest.credentials()
    nobody = trust(Service="lambda.amazonaws.com")
    world.iam.update_assume_role_policy(RoleName="app", PolicyDocument=nobody)
    found = guest.view.credentials("2.0")
    assert isinstance(found, RoleProblem)
    assert found.code == "AssumeRoleUnauthorizedAccess"
    assert guest.whoami(first)
    world.iam.update_assume_role_policy(RoleName="app", PolicyDocument=trust(Service="ec2.amazonaws.com"))
    assert guest.whoami(guest.credentials())


def test_a_trust_policy_can_name_the_account_and_the_instance(guest: Guest, world: World) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-*"},
        },
    }
    world.iam.update_assume_role_policy(RoleName="app", PolicyDocument=document(statement))
    assert guest.credentials()
    statement["Condition"] = {"StringEquals": {"aws:SourceAccount": "999999999999"}}
    world.iam.update_assume_role_policy(RoleName="app", PolicyDocument=document(statement))
    assert isinstance(guest.view.credentials("2.0"), RoleProblem)


def test_terminating_ends_what_was_delivered(guest: Guest, world: World) -> None:
    given = guest.credentials()
    world.ec2.terminate_instances(InstanceIds=[guest.instance_id])
    assert is_refused(guest, given)


def test_a_stopped_instance_keeps_its_credentials_valid(guest: Guest, world: World) -> None:
    given = guest.credentials()
    world.ec2.stop_instances(InstanceIds=[guest.instance_id])
    world.settle()
    assert guest.whoami(given)


def test_a_changed_policy_holds_for_what_was_delivered(guest: Guest, world: World) -> None:
    iam = guest.client("iam", guest.credentials())
    assert refused(iam.list_users)[0] == "AccessDenied"
    world.iam.put_role_policy(
        RoleName="app", PolicyName="may", PolicyDocument=document(allow("iam:ListUsers"))
    )
    iam.list_users()
    world.iam.delete_role_policy(RoleName="app", PolicyName="may")
    assert refused(iam.list_users)[0] == "AccessDenied"


def test_a_policy_can_ask_which_instance_calls(guest: Guest, world: World) -> None:
    private_ip = world.describe(guest.instance_id)["PrivateIpAddress"]
    condition = {
        "ArnEquals": {
            "ec2:SourceInstanceARN": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{guest.instance_id}"
        },
        "IpAddress": {"aws:EC2InstanceSourcePrivateIPv4": f"{private_ip}/32"},
        "NumericGreaterThanEquals": {"ec2:RoleDelivery": "2.0"},
    }
    policy = document(allow("iam:ListUsers", Condition=condition))
    world.iam.put_role_policy(RoleName="app", PolicyName="may", PolicyDocument=policy)
    guest.client("iam", guest.credentials()).list_users()


def test_the_view_shows_the_instance_as_it_is_now(guest: Guest, world: World) -> None:
    described = world.describe(guest.instance_id)
    view = guest.view
    assert guest.view is view
    assert view.interfaces[0].private_ipv4 == described["PrivateIpAddress"]
    assert view.interfaces[0].security_groups == ((described["SecurityGroups"][0]["GroupId"], "default"),)
    assert (view.region, view.availability_zone) == (REGION, described["Placement"]["AvailabilityZone"])
    world.ec2.create_tags(Resources=[guest.instance_id], Tags=[{"Key": "Name", "Value": "one"}])
    assert guest.view.tags() == {"Name": "one"}
    world.ec2.modify_instance_metadata_options(InstanceId=guest.instance_id, HttpTokens="optional")
    found = guest.metadata.of(ACCOUNT, guest.instance_id)
    assert found is not None
    assert found[1].http_tokens == "optional"
