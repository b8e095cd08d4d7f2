"""Whom the account trusts and who trusts it: the page of a SAML provider, and outbound federation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.looking import wrong_with
from tests.console.test_iam_roles import confirm
from tests.services.iam.test_saml_providers import metadata

if TYPE_CHECKING:
    from tests.console.conftest import Console


def test_a_saml_provider_is_added_from_a_file_changed_and_deleted(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    console.open("/iam/providers")
    console.sign_in()
    page.get_by_role("button", name="Add provider").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="SAML").check()
    dialog.get_by_label("Provider name").fill("corp")
    first = metadata()
    file = {"name": "metadata.xml", "mimeType": "text/xml", "buffer": first.encode()}
    dialog.locator("input[type=file]").set_input_files(file)
    dialog.get_by_role("button", name="Add provider").last.click()
    page.get_by_text("Provider corp was added").wait_for()
    (made,) = iam.list_saml_providers()["SAMLProviderList"]
    page.get_by_role("link", name="corp", exact=True).click()
    page.get_by_role("heading", name="corp", level=1).wait_for()
    page.get_by_text("EntityDescriptor").first.wait_for()
    assert wrong_with(page) == []
    # what another replaced meanwhile stays
    page.get_by_role("button", name="Replace metadata").click()
    theirs = first + "<!-- theirs -->"
    iam.update_saml_provider(SAMLProviderArn=made["Arn"], SAMLMetadataDocument=theirs)
    mine = first + "<!-- mine -->"
    dialog.get_by_label("Metadata document").fill(mine)
    dialog.get_by_role("button", name="Save changes").click()
    dialog.get_by_text("Changed meanwhile").wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    page.reload()
    page.get_by_role("button", name="Replace metadata").click()
    dialog.get_by_label("Metadata document").fill(mine)
    dialog.get_by_role("button", name="Save changes").click()
    page.get_by_text("Provider corp was changed").wait_for()
    stored = iam.get_saml_provider(SAMLProviderArn=made["Arn"])["SAMLMetadataDocument"]
    assert stored.endswith("<!-- mine -->")
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key").last.fill("team")
    page.get_by_label("Value").last.fill("red")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("The tags of corp were saved").wait_for()
    assert iam.list_saml_provider_tags(SAMLProviderArn=made["Arn"])["Tags"] == [
        {"Key": "team", "Value": "red"}
    ]
    page.get_by_role("button", name="Delete", exact=True).click()
    confirm(page, "delete", "Delete")
    page.get_by_text("Provider corp was deleted").wait_for()
    assert iam.list_saml_providers()["SAMLProviderList"] == []


def test_outbound_federation_is_switched_on_and_off(console: Console) -> None:
    console.expected = 20  # that it is off, and that there is no password policy, is told by errors
    page, iam = console.page, console.server.client("iam")
    console.open("/account/settings")
    console.sign_in()
    page.get_by_role("button", name="Enable", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="The CLI command for this").click()
    dialog.get_by_text("aws iam enable-outbound-web-identity-federation").wait_for()
    assert wrong_with(page) == []
    dialog.get_by_role("button", name="Enable", exact=True).click()
    page.get_by_text("Outbound identity federation is enabled").wait_for()
    issuer = iam.get_outbound_web_identity_federation_info()["IssuerIdentifier"]
    page.get_by_text(issuer).wait_for()
    page.get_by_role("button", name="Disable", exact=True).click()
    dialog.get_by_role("button", name="Disable", exact=True).click()
    page.get_by_text("Outbound identity federation is disabled").wait_for()
    page.get_by_role("button", name="Enable", exact=True).wait_for()
