"""Instances, their launch and settings, key pairs and what else EC2's pages show; read back with an SDK."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from tests.console.looking import wrong_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.console.conftest import Console
    from tests.support.server import TabardServer


@pytest.fixture(scope="module")
def instances(console_server: TabardServer) -> Iterator[list[str]]:
    """Two instances; one has a name."""
    if console_server.started["problems"]:
        pytest.skip(f"instances can not run here: {console_server.started['problems'][0]}")
    ec2 = console_server.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    named = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "first-of-two"}]}]
    made = [
        ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, **more)["Instances"][0]["InstanceId"]
        for more in ({"TagSpecifications": named}, {})
    ]
    ec2.get_waiter("instance_running").wait(InstanceIds=made, WaiterConfig={"Delay": 1})
    yield made
    ec2.terminate_instances(InstanceIds=made)


def chosen(page: Any, *path: str) -> None:
    """Choose from the menu “Actions”."""
    page.get_by_role("button", name="Actions", exact=True).click()
    for each in path:
        page.get_by_role("menuitem", name=each, exact=True).click()


def one(console: Console, instance: str) -> dict[str, Any]:
    described = console.server.client("ec2").describe_instances(InstanceIds=[instance])
    found: dict[str, Any] = described["Reservations"][0]["Instances"][0]
    return found


def test_several_instances_are_stopped_and_started_together(console: Console, instances: list[str]) -> None:
    page = console.page
    console.open("/ec2/instances")
    console.sign_in()
    page.get_by_text("2/2 checks passed").nth(1).wait_for()
    for each in instances:
        page.get_by_role("checkbox", name=each).check()
    page.get_by_role("button", name="Instance state", exact=True).first.click()
    page.get_by_role("menuitem", name="Stop instance").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop instance").click()
    page.get_by_text("2 instances are stopping").wait_for()
    page.get_by_text("Stopped", exact=True).nth(1).wait_for()  # the list follows by itself
    page.get_by_role("button", name="Instance state Any state").click()
    page.get_by_role("option", name="Running").click()
    page.get_by_text("No matches").wait_for()
    page.get_by_role("button", name="Instance state Running").click()
    page.get_by_role("option", name="Stopped").click()
    page.get_by_role("button", name="Instance state", exact=True).first.click()
    page.get_by_role("menuitem", name="Start instance").click()
    page.get_by_role("dialog").get_by_role("button", name="Start instance").click()
    page.get_by_text("2 instances are starting").wait_for()
    page.get_by_text("No matches").wait_for()
    assert {one(console, each)["State"]["Name"] for each in instances} <= {"pending", "running"}


def test_columns_are_chosen_and_kept(console: Console, instances: list[str]) -> None:  # noqa: ARG001 - they are listed
    page = console.page
    console.open("/ec2/instances")
    console.sign_in()
    page.get_by_role("columnheader", name="Instance type").wait_for()
    assert page.get_by_role("columnheader", name="Launch time").count() == 0
    page.get_by_role("button", name="Preferences").click()
    page.get_by_role("dialog").get_by_role("checkbox", name="Launch time").check()
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    page.get_by_role("columnheader", name="Launch time").wait_for()
    page.reload()
    page.get_by_role("columnheader", name="Launch time").wait_for()


def test_metadata_options_protection_and_tags_are_changed(console: Console, instances: list[str]) -> None:
    page, ec2, instance = console.page, console.server.client("ec2"), instances[0]
    console.open(f"/ec2/instances/{instance}")
    console.sign_in()
    chosen(page, "Instance settings", "Modify instance metadata options")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("IMDSv1 and IMDSv2").click()
    dialog.get_by_label("Hop limit").fill("65")
    assert dialog.get_by_role("button", name="Save changes").is_disabled()
    dialog.get_by_label("Hop limit").fill("3")
    dialog.get_by_role("button", name="Save changes").click()
    page.get_by_text("metadata options of").wait_for()
    options = one(console, instance)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("optional", 3)
    # what another changed meanwhile is not overwritten
    chosen(page, "Instance settings", "Modify instance metadata options")
    dialog.get_by_label("Hop limit").fill("4")
    ec2.modify_instance_metadata_options(InstanceId=instance, HttpTokens="required")
    dialog.get_by_role("button", name="Save changes").click()
    dialog.get_by_text("Changed meanwhile").wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    # protected, it is not terminated
    chosen(page, "Instance settings", "Change termination protection")
    dialog.get_by_text("Enable", exact=True).click()
    dialog.get_by_role("button", name="Save changes").click()
    page.get_by_text("The termination protection of").wait_for()
    console.expected = 1
    chosen(page, "Instance state", "Terminate instance")
    dialog.get_by_label('To confirm, type "terminate"').fill("terminate")
    dialog.get_by_role("button", name="Terminate instance").click()
    dialog.get_by_text("OperationNotPermitted").wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    page.get_by_role("tab", name="Tags").click()
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_placeholder("Enter key").last.fill("team")
    page.get_by_placeholder("Enter value").last.fill("blue")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text(f"The tags of {instance} were saved").wait_for()
    assert {"Key": "team", "Value": "blue"} in one(console, instance)["Tags"]


def test_each_tab_of_an_instance_tells_its_part(console: Console, instances: list[str]) -> None:
    page, found = console.page, one(console, instances[0])
    console.open(f"/ec2/instances/{instances[0]}")
    console.sign_in()
    for tab, text in (
        ("Details", found["ImageId"]),
        ("Status checks", "Check passed"),
        ("Security", "Outbound rules"),
        ("Networking", found["NetworkInterfaces"][0]["NetworkInterfaceId"]),
        ("Storage", found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]),
    ):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.get_by_role("tabpanel", name=tab).get_by_text(text).first.wait_for()


def test_a_launch_with_everything(console: Console, instances: list[str]) -> None:  # noqa: ARG001 - they can run
    page, ec2 = console.page, console.server.client("ec2")
    console.open("/ec2/launch")
    console.sign_in()
    page.get_by_label("Name – optional").fill("both")
    page.get_by_label("Number of instances").fill("2")
    page.get_by_role("button", name="Launch instance").click()
    page.get_by_text("Choose a key pair, or say").first.wait_for()
    page.get_by_role("button", name="Key pair name").click()
    page.get_by_role("option", name="Proceed without a key pair").click()
    # a new role on the spot
    page.get_by_role("button", name="Create new IAM role").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Role name").fill("made-at-launch")
    dialog.get_by_role("button", name="Permissions policies").click()
    page.get_by_placeholder("Find policies by name").fill("AmazonS3ReadOnly")
    page.get_by_role("option", name="AmazonS3ReadOnlyAccess").click()
    page.keyboard.press("Escape")
    dialog.get_by_role("button", name="Create role").click()
    page.get_by_text("Role made-at-launch was created").wait_for()
    page.get_by_role("button", name="IAM role made-at-launch").wait_for()
    page.get_by_role("button", name="Advanced details").click()
    page.get_by_text("IMDSv1 and IMDSv2").click()
    page.get_by_label("User data", exact=True).fill("#!/bin/sh\necho ü\n")
    page.get_by_role("button", name="Launch instance").click()
    page.get_by_text("2 instances are launching").wait_for()
    launched = [
        each
        for reservation in ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["both"]}])[
            "Reservations"
        ]
        for each in reservation["Instances"]
    ]
    assert len(launched) == 2
    for each in launched:
        assert each["IamInstanceProfile"]["Arn"].endswith("/made-at-launch")
        assert each["MetadataOptions"]["HttpTokens"] == "optional"
        data = ec2.describe_instance_attribute(InstanceId=each["InstanceId"], Attribute="userData")
        assert base64.b64decode(data["UserData"]["Value"]).decode() == "#!/bin/sh\necho ü\n"
    attached = console.server.client("iam").list_attached_role_policies(RoleName="made-at-launch")
    assert [each["PolicyName"] for each in attached["AttachedPolicies"]] == ["AmazonS3ReadOnlyAccess"]
    ec2.terminate_instances(InstanceIds=[each["InstanceId"] for each in launched])


def test_a_key_pair_is_imported_and_deleted(console: Console, tmp_path: Path) -> None:
    page, ec2 = console.page, console.server.client("ec2")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "mine")], check=True)
    console.open("/ec2/key-pairs")
    console.sign_in()
    page.get_by_role("button", name="Import key pair").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "mine.pub")
    dialog.get_by_role("button", name="Import key pair").click()
    page.get_by_text("Key pair mine was imported").wait_for()
    assert [each["KeyName"] for each in ec2.describe_key_pairs()["KeyPairs"]] == ["mine"]
    page.get_by_role("radio", name="mine").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_label('To confirm, type "mine"').fill("mine")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("Key pair mine was deleted").wait_for()
    assert ec2.describe_key_pairs()["KeyPairs"] == []


def test_images_types_and_the_network_are_listed(console: Console) -> None:
    page, ec2 = console.page, console.server.client("ec2")
    image = ec2.describe_images()["Images"][0]
    console.open("/ec2/images")
    console.sign_in()
    page.get_by_role("radio", name=image["Name"]).check()
    page.get_by_role("link", name="Launch instance from AMI").click()
    page.get_by_role("button", name=f"Image (AMI) {image['Name']}").wait_for()
    console.open("/ec2/types")
    page.get_by_placeholder("Find types by name").fill("t3.micro")
    page.get_by_role("row", name="t3.micro").wait_for()
    console.open("/ec2/network")
    page.get_by_role("row", name=ec2.describe_subnets()["Subnets"][0]["SubnetId"]).wait_for()
    console.open("/ec2/security-groups")
    page.get_by_role("link", name="default").click()
    page.get_by_role("heading", name="Outbound rules").wait_for()
    page.get_by_text("0.0.0.0/0").wait_for()


def test_no_part_of_an_instance_has_barriers(console: Console, instances: list[str]) -> None:
    page, place, wrong = console.page, f"/ec2/instances/{instances[0]}", dict[str, list[str]]()
    console.open(place)
    console.sign_in()
    page.get_by_role("tab", name="Details", exact=True).wait_for()
    for tab in ("Details", "Status checks", "Security", "Networking", "Storage", "System log", "Tags"):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.wait_for_load_state("networkidle")
        wrong[tab] = wrong_with(page)
    for path in (
        ("Instance state", "Terminate instance"),
        ("Instance settings", "Modify instance metadata options"),
    ):
        chosen(page, *path)
        page.get_by_role("dialog").wait_for()
        wrong[path[1]] = wrong_with(page)
        page.keyboard.press("Escape")
    console.open(f"{place}/iam-role")
    page.get_by_role("heading", name="Modify IAM role").wait_for()
    page.get_by_role("button", name="Create new IAM role").click()
    page.get_by_role("dialog").wait_for()
    wrong["new role"] = wrong_with(page)
    console.open(f"{place}/connect")
    page.get_by_text("Connected as ec2-user").wait_for()
    wrong["terminal"] = wrong_with(page)
    page.get_by_role("tab", name="SSH client").click()
    wrong["ssh"] = wrong_with(page)
    console.open("/ec2/launch")
    page.get_by_role("button", name="Advanced details").click()
    page.get_by_role("button", name="Network settings").click()
    wrong["launch"] = wrong_with(page)
    assert {name: found for name, found in wrong.items() if found} == {}


def tab_to(page: Any, name: str) -> None:
    """Press Tab until what is called so has the keyboard."""
    focused = """(({ ariaLabel, innerText, labels }) => [ariaLabel, innerText, labels?.[0]?.innerText])(
        document.activeElement
    )"""
    for _ in range(80):
        page.keyboard.press("Tab")
        if name in page.evaluate(focused):
            return
    pytest.fail(f"the keyboard does not reach {name}")


def test_a_key_pair_is_created_and_deleted_without_a_mouse(console: Console) -> None:
    page, ec2 = console.page, console.server.client("ec2")
    console.open("/ec2/key-pairs")
    console.sign_in()
    page.get_by_text("No key pairs in this region").wait_for()
    tab_to(page, "Create key pair")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    tab_to(page, "Name")
    page.keyboard.type("by-keyboard")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "by-keyboard.pem"
    page.get_by_role("radio", name="by-keyboard").wait_for()
    page.get_by_role("radio", name="by-keyboard").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    for _ in range(20):
        if page.evaluate("document.activeElement.innerText") == "Delete":
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    tab_to(page, 'To confirm, type "by-keyboard"')
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Enter")
    page.get_by_text("Key pair by-keyboard was deleted").wait_for()
    assert ec2.describe_key_pairs()["KeyPairs"] == []
