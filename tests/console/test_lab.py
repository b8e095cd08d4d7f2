"""The lab by the console alone; what it did is read back with an SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.console.conftest import Console


def test_the_lab_by_the_console_alone(own_console: Console) -> None:
    console, page, server = own_console, own_console.page, own_console.server
    if server.started["problems"]:
        pytest.skip(f"instances can not run here: {server.started['problems'][0]}")
    server.client("s3").create_bucket(Bucket="example-s3-01")

    # the link that the terminal shows signs in, once, and leaves nothing in the address
    page.goto(server.started["console_link"])
    page.get_by_role("heading", name="Welcome, Root user").wait_for()
    assert "token" not in page.url
    assert page.evaluate("JSON.stringify(localStorage)").find("secret") == -1

    # Services → IAM → Roles → Create role
    page.get_by_role("button", name="Services").click()
    page.get_by_role("menuitem", name="IAM").click()
    page.get_by_role("menuitem", name="Roles").click()
    page.get_by_text("No roles yet").wait_for()
    page.get_by_role("link", name="Create role").first.click()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_placeholder("Find policies by name").fill("AdministratorAccess")
    page.get_by_role("checkbox", name="AdministratorAccess", exact=True).check()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_label("Role name").fill("LabRole")
    page.get_by_role("button", name="Create role").click()
    page.get_by_text("Role LabRole was created").wait_for()
    page.get_by_role("link", name="LabRole", exact=True).wait_for()

    iam = server.client("iam")
    role = iam.get_role(RoleName="LabRole")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    attached = iam.list_attached_role_policies(RoleName="LabRole")["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["AdministratorAccess"]
    profile = iam.get_instance_profile(InstanceProfileName="LabRole")["InstanceProfile"]
    assert [each["RoleName"] for each in profile["Roles"]] == ["LabRole"]

    # launch, with a key pair that is downloaded once
    console.open("/ec2/launch")
    page.get_by_role("button", name="Create new key pair").click()
    page.get_by_label("Name of the new key pair").fill("lab")
    with page.expect_download() as download:
        page.get_by_role("button", name="Create and download").click()
    assert download.value.suggested_filename == "lab.pem"
    assert download.value.path().read_text().startswith("-----BEGIN")
    page.get_by_text("lab.pem was downloaded").wait_for()
    page.get_by_role("button", name="Launch instance").click()
    page.get_by_text("is launching").wait_for()
    ec2 = server.client("ec2")
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]
    instance_id = instance["InstanceId"]
    assert instance["KeyName"] == "lab"
    page.get_by_text("Running", exact=True).wait_for()  # the list follows by itself

    # the line to log in with
    page.get_by_role("checkbox", name=instance_id).check()
    page.get_by_role("link", name="Connect").click()
    page.get_by_role("tab", name="SSH client").click()
    line = page.get_by_test_id("ssh-line").inner_text()
    assert "-i lab.pem" in line
    assert f"ec2-user@{instance['PublicIpAddress']}" in line

    # a terminal in the browser, which stays open from here on: the machine has no credentials
    shell = page.context.new_page()
    shell.set_default_timeout(30_000)
    shell.goto(f"{console.origin}/_/console/ec2/instances/{instance_id}/connect")
    shell.get_by_text("Connected as ec2-user").wait_for()
    rows = shell.locator(".xterm-rows")
    rows.get_by_text("$").first.wait_for()
    shell.keyboard.type("aws s3 ls\n")
    rows.get_by_text("Unable to locate credentials").first.wait_for()

    # Actions → Security → Modify IAM role, and the role is a link to its page
    page.get_by_role("link", name=instance_id).click()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Security").click()
    page.get_by_role("menuitem", name="Modify IAM role").click()
    page.get_by_role("heading", name="Modify IAM role").wait_for()
    page.get_by_role("button", name="IAM role No IAM role").click()
    page.get_by_role("option", name="LabRole").click()
    page.get_by_role("button", name="Update IAM role").click()
    page.get_by_text(f"LabRole is attached to {instance_id}").wait_for()
    associations = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    assert [each["IamInstanceProfile"]["Arn"] for each in associations] == [profile["Arn"]]
    page.get_by_test_id("iam-role").click()
    page.get_by_role("heading", name="LabRole").wait_for()

    # the same shell, nothing restarted and nothing configured: the role's credentials are there
    shell.bring_to_front()
    shell.keyboard.type("aws s3 ls\n")
    rows.get_by_text("example-s3-01").first.wait_for()
    page.bring_to_front()

    # the tour knows
    console.open("/")
    for step in range(1, 6):
        page.get_by_test_id(f"step-{step}").get_by_label("Done").wait_for()

    # the instance wears it: what the metadata service hands out is the role's, so a new process can use it.
    # No IAM role takes it off again, once that was typed
    console.open(f"/ec2/instances/{instance_id}/iam-role")
    page.get_by_role("button", name="IAM role LabRole").click()
    page.get_by_role("option", name="No IAM role").click()
    page.get_by_role("button", name="Update IAM role").click()
    detach = page.get_by_role("button", name="Detach")
    assert detach.is_disabled()
    page.get_by_label('To confirm, type "Detach"').fill("Detach")
    detach.click()
    page.get_by_text("wears no role any more").wait_for()
    left = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    assert [each for each in left if each["State"] == "associated"] == []

    # deleting the role deletes its instance profile
    console.open("/iam/roles/LabRole")
    page.get_by_role("button", name="Delete").click()
    page.get_by_label('To confirm, type "LabRole"').fill("LabRole")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("Role LabRole was deleted").wait_for()
    assert iam.list_roles()["Roles"] == []
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
