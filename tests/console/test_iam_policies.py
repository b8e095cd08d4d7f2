"""IAM's pages about policies, and the editor."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.console.editing import write
from tests.console.test_iam_roles import confirm, next_step

if TYPE_CHECKING:
    from tests.console.conftest import Console


def document(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def written(page: Any) -> Any:
    """What stands in the editor."""
    lines = page.get_by_label("Policy document", exact=True).locator(".cm-line").all_inner_texts()
    return json.loads("".join(lines))


def new_policy(console: Console, name: str, text: str) -> str:
    created = console.server.client("iam").create_policy(PolicyName=name, PolicyDocument=text)
    return str(created["Policy"]["Arn"])


def test_a_policy_is_written_with_what_the_editor_knows(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    console.open("/iam/policies/create")
    console.sign_in()
    write(page, "Policy document", document("s3:GetObjct"))
    page.get_by_text("AWS documents no action s3:GetObjct").first.wait_for()
    # completion: the service, then its actions
    write(
        page,
        "Policy document",
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"","Resource":"*"}]}',
    )
    page.keyboard.press("Control+Home")
    for _ in range(65):
        page.keyboard.press("ArrowRight")
    page.keyboard.type("s3:GetObj", delay=20)
    page.get_by_role("option", name=re.compile(r"^s3:GetObject\s?Read$")).wait_for()
    page.wait_for_timeout(200)  # a suggestion that has only just appeared is not taken by accident
    page.keyboard.press("Enter")
    page.get_by_text("No problems found").wait_for()
    assert written(page)["Statement"][0]["Action"] == "s3:GetObject"
    # the visual side shows it and changes it
    page.get_by_label("All resources (*)").uncheck()
    page.get_by_role("button", name="Add a resource").click()
    page.get_by_label("Resource ARN 1").fill("arn:aws:s3:::example/*")
    page.keyboard.press("Tab")  # the suggestions close: they may lie over what one clicks next
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Condition key 1").fill("aws:SourceIp")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Operator 1").click()
    page.get_by_role("option", name="IpAddress", exact=True).click()
    page.get_by_label("Value 1").fill("192.0.2.0/24")
    page.get_by_text("No problems found").wait_for()
    expected = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::example/*",
        "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
    }
    assert written(page)["Statement"] == [expected]
    next_step(page)
    page.get_by_label("Policy name").fill("written")
    page.get_by_text("Limited: Read").wait_for()
    page.get_by_role("button", name="Create policy").click()
    page.get_by_text("Policy written was created").wait_for()
    arn = f"arn:aws:iam::{console.server.account}:policy/written"
    stored = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    assert stored["Statement"] == [expected]


def test_what_iam_refuses_is_marked_in_the_text(console: Console) -> None:
    console.expected = 1
    page = console.page
    arn = new_policy(console, "refused", document("s3:GetObject"))
    console.open(f"/iam/policies/edit?arn={arn}")
    console.sign_in()
    write(page, "Policy document", document("s3:GetObject", resource="nothing"))
    page.get_by_text("nothing is no ARN").first.wait_for()
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("IAM refused this").wait_for()
    page.get_by_text("MalformedPolicyDocument").first.wait_for()
    page.get_by_test_id("problems").get_by_role("button", name="Line 1").first.click()
    assert page.get_by_label("Policy document", exact=True).evaluate(
        "each => each.getRootNode().activeElement === each"
    )


def import_policy(page: Any, name: str) -> None:
    page.get_by_role("button", name="Import policy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_placeholder("Find policies by name").fill(name)
    dialog.get_by_role("radio", name=name, exact=True).check()
    dialog.get_by_role("button", name="Import", exact=True).click()


def test_what_is_typed_faster_than_the_page_follows_is_kept(console: Console) -> None:
    """The page told each change is busy for a while: what it answers then is old, and must not replace what is new."""
    page = console.page
    console.open("/iam/policies/create")
    console.sign_in()
    write(page, "Policy document", "")
    letters = "".join(f"{number} " for number in range(20))
    page.evaluate(
        """async (letters) => {
            for (const each of letters) {
                document.execCommand('insertText', false, each);
                await new Promise((then) => {
                    const { port1, port2 } = new MessageChannel();
                    port1.onmessage = then;
                    port2.postMessage(0);
                });
            }
        }""",
        letters,
    )
    page.get_by_text("Nothing may follow the closing brace").first.wait_for()
    assert (
        "".join(page.get_by_label("Policy document", exact=True).locator(".cm-line").all_inner_texts())
        == letters
    )


def test_formatting_importing_and_counting(console: Console) -> None:
    page = console.page
    console.open("/iam/policies/create")
    console.sign_in()
    import_policy(page, "AmazonS3ReadOnlyAccess")
    page.get_by_text('"s3:Get*"').first.wait_for()
    write(page, "Policy document", document("s3:GetObject"))
    page.get_by_role("button", name="Format").click()
    page.get_by_text(f"{len(document('s3:GetObject').replace(' ', ''))} of 6,144 characters").wait_for()
    assert page.get_by_label("Policy document", exact=True).locator(".cm-line").count() > 8


def test_versions_are_made_compared_put_in_force_and_deleted(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    arn = new_policy(console, "versioned", document("s3:GetObject"))
    console.open(f"/iam/policies/edit?arn={arn}")
    console.sign_in()
    write(page, "Policy document", document("s3:PutObject"))
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Policy versioned has a new version, v2").wait_for()
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    page.get_by_role("tab", name="Policy versions").click()
    page.get_by_text("What changed").or_(page.get_by_label("What changed from v1 to v2")).first.wait_for()
    page.locator(".cm-deletedChunk").filter(has_text="s3:GetObject").wait_for()
    page.locator(".cm-changedLine").filter(has_text="s3:PutObject").wait_for()
    page.get_by_role("radio", name="v1").check()
    page.get_by_role("button", name="Set as default").click()
    page.get_by_role("dialog").get_by_role("button", name="Set as default").click()
    page.get_by_text("v1 is the default version now").wait_for()
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"
    page.get_by_role("radio", name="v2").check()
    page.get_by_role("button", name="Delete", exact=True).last.click()
    confirm(page, "v2", "Delete")
    page.get_by_text("Version v2 was deleted").wait_for()
    assert [each["VersionId"] for each in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v1"]


def test_a_version_that_another_made_meanwhile_is_not_overwritten(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    arn = new_policy(console, "raced", document("s3:GetObject"))
    console.open(f"/iam/policies/edit?arn={arn}")
    console.sign_in()
    write(page, "Policy document", document("s3:PutObject"))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("s3:DeleteObject"), SetAsDefault=True)
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("its default version is v2 now").wait_for()
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 2


def test_a_policy_is_attached_to_several_and_deleted_with_its_attachments(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    arn = new_policy(console, "handed-out", document("s3:GetObject"))
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="readers")
    console.open(f"/iam/policies?arn={arn}&tab=entities")
    console.sign_in()
    page.get_by_text("Attached to nobody").wait_for()
    page.get_by_role("button", name="Attach", exact=True).click()
    for name in ("ann", "readers"):
        page.get_by_role("dialog").get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("dialog").get_by_role("button", name="Attach policy").click()
    page.get_by_text("The policy was attached to ann, readers").wait_for()
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    assert [each["UserName"] for each in entities["PolicyUsers"]] == ["ann"]
    assert [each["GroupName"] for each in entities["PolicyGroups"]] == ["readers"]
    table = page.get_by_role("table", name="Entities attached")
    table.get_by_role("checkbox", name="ann", exact=True).check()
    page.get_by_role("button", name="Detach").click()
    page.get_by_role("dialog").get_by_role("button", name="Detach").click()
    page.get_by_text("The policy was detached from ann").wait_for()
    assert iam.list_attached_user_policies(UserName="ann")["AttachedPolicies"] == []
    page.get_by_role("button", name="Delete", exact=True).click()
    confirm(page, "handed-out", "Delete")
    page.get_by_text("Policy handed-out was deleted").wait_for()
    assert iam.list_policies(Scope="Local", OnlyAttached=True)["Policies"] == []


def test_the_list_is_narrowed_by_type_and_text(console: Console) -> None:
    page = console.page
    new_policy(console, "mine-alone", document("s3:GetObject"))
    console.open("/iam/policies")
    console.sign_in()
    page.get_by_label("Type").first.click()
    page.get_by_role("option", name="Customer managed").click()
    page.get_by_role("link", name="mine-alone").wait_for()
    assert page.get_by_role("link", name="AdministratorAccess", exact=True).count() == 0
    page.get_by_placeholder("Find policies by name").fill("no such thing")
    page.get_by_text("No matches").wait_for()
