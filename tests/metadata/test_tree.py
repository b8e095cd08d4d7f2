"""What each path shows."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metadata.instances import CREDENTIALS, INTERFACE, NOW, OPTIONS, ask, instance, text

from tabard.metadata import (
    IamInfo,
    IdentitySignatures,
    MetadataOptions,
    RoleDelivery,
    RoleProblem,
    role_not_trusting_ec2,
)

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "vectors" / "imds" / "metadata_paths.json").read_text()
)
PATHS = {
    name: (path, part["values"].get(name, part["values"].get(name.removeprefix("mac-"))))
    for part in VECTORS.values()
    for name, path in part["paths"].items()
}
WITH_TAGS = MetadataOptions(instance_metadata_tags="enabled")
FULL = instance(
    product_codes=("3iplms73etrdhxdepv72l6ywj",),
    kernel_id="aki-5c21674b",
    ramdisk_id="ari-01bb5768",
    placement_group="a-placement-group",
    placement_partition=1,
    host_id="h-0da999999f9999fb9",
    target_lifecycle_state="InService",
)
# What an instance here never has: swap and ephemeral disks, Spot interruptions, rebalance recommendations, inference
# accelerators, a signature of Amazon's.
NEVER = {
    "block-device-mapping-ephemeral",
    "block-device-mapping-swap",
    "elastic-inference-associations",
    "elastic-inference-accelerator",
    "spot",
    "spot-termination-time",
    "rebalance-rec-time",
    "instance-identity-pkcs",
    "instance-identity-signature",
}
# Where the vectors hold a made-up or structured value that other tests look at.
OWN = {
    "events": "[]",
    "mac-ipv4-associations": "172.16.34.43",
    "public-key": "ssh-rsa AAAAB3NzaC1yc2E test",
    "target-lifecycle-state": "InService",
}
STRUCTURED = {"iam-info", "iam-security-credentials", "instance-identity-document"}


@pytest.mark.parametrize("name", sorted(PATHS.keys() - NEVER - STRUCTURED))
def test_every_path_of_the_vectors_shows_its_value(name: str) -> None:
    path, value = PATHS[name]
    assert text(path, FULL, WITH_TAGS) == OWN.get(name, value)
    assert text(path + "/", FULL, WITH_TAGS) == OWN.get(name, value)


@pytest.mark.parametrize("name", sorted(NEVER))
def test_what_an_instance_does_not_have_is_not_there(name: str) -> None:
    assert ask(PATHS[name][0], FULL).status == 404


def test_listings() -> None:
    assert (text("/") or "").splitlines()[-2:] == ["2024-04-11", "latest"]
    assert text("/latest/") == text("/2021-03-23") == "dynamic\nmeta-data\nuser-data"
    assert text("/latest", instance(user_data=lambda: None)) == "dynamic\nmeta-data"
    assert (text("/latest/meta-data/") or "").splitlines() == [
        "ami-id",
        "ami-launch-index",
        "ami-manifest-path",
        "block-device-mapping/",
        "events/",
        "hostname",
        "iam/",
        "instance-action",
        "instance-id",
        "instance-life-cycle",
        "instance-type",
        "local-hostname",
        "local-ipv4",
        "mac",
        "network/",
        "placement/",
        "public-hostname",
        "public-ipv4",
        "public-keys/",
        "reservation-id",
        "security-groups",
        "services/",
    ]
    assert text("/latest/meta-data/iam") == "info\nsecurity-credentials/"
    assert text("/latest/meta-data/iam/security-credentials/") == "baskinc-role"
    assert text("/latest/meta-data/public-keys/") == "0=test"
    assert text("/latest/meta-data/public-keys/0/") == "openssh-key"
    assert text("/latest/meta-data/network/interfaces/macs/") == "0e:49:61:0f:c3:11/"
    assert text("/latest/meta-data/placement") == "availability-zone\navailability-zone-id\nregion"
    assert text("/latest/meta-data/tags/instance", None, WITH_TAGS) == "Name\nTest"
    assert text("/latest/dynamic/instance-identity/") == "document"


def test_every_name_of_every_listing_leads_somewhere() -> None:
    waiting, seen = ["/latest/dynamic/", "/latest/meta-data/"], 0
    while waiting:
        path = waiting.pop()
        for line in (text(path, FULL, WITH_TAGS) or "").splitlines():
            name = line.partition("=")[0] + "/" if path.endswith("public-keys/") else line
            found = text(path + name, FULL, WITH_TAGS)
            assert found, path + name
            seen += 1
            if name.endswith("/"):
                waiting.append(path + name)
    assert seen > 70


@pytest.mark.parametrize(
    "path",
    [
        "/1999-01-01/meta-data/",
        "/latest/nothing",
        "/latest/meta-data/nothing",
        "/latest/meta-data/instance-id/more",
        "/latest/meta-data/tags/instance/Name",
        "/latest/meta-data/public-keys/1/openssh-key",
        "/latest/meta-data/iam/security-credentials/other-role",
        "/latest/meta-data/../../etc/passwd",
        "/%ff%00",
    ],
)
def test_nothing_is_404_with_ec2s_page(path: str) -> None:
    reply = ask(path)
    assert reply.status == 404
    assert (b"content-type", b"text/html") in reply.headers
    assert isinstance(reply.body, bytes)
    assert reply.body.startswith(b'<?xml version="1.0" encoding="iso-8859-1"?>\n<!DOCTYPE html PUBLIC')
    assert b"<h1>404 - Not Found</h1>" in reply.body


def test_headers_are_ec2s() -> None:
    reply = ask("/latest/meta-data/instance-id")
    assert reply.headers[:4] == [
        (b"content-type", b"text/plain"),
        (b"content-length", b"19"),
        (b"accept-ranges", b"none"),
        (b"server", b"EC2ws"),
    ]
    reply = ask("/latest/user-data")
    assert (reply.body, reply.headers[0]) == (
        b"MTIzNCxqb2huLHJlYm9vdCx0cnVlCg==",
        (b"content-type", b"application/octet-stream"),
    )
    reply = ask("/latest/meta-data/instance-id", method="HEAD")
    assert (reply.status, reply.body, reply.headers[1]) == (200, b"", (b"content-length", b"19"))


def test_a_role_has_info_and_credentials() -> None:
    assert json.loads(text("/latest/meta-data/iam/info") or "") == VECTORS["metadata"]["values"]["iam-info"]
    assert text("/latest/meta-data/iam/security-credentials/baskinc-role") == (
        '{\n  "Code" : "Success",\n  "LastUpdated" : "2020-04-02T18:50:40Z",\n  "Type" : "AWS-HMAC",\n'
        '  "AccessKeyId" : "ASIAEXAMPLE",\n  "SecretAccessKey" : "the-secret",\n  "Token" : "the-token",\n'
        '  "Expiration" : "2020-04-02T19:50:40Z"\n}'
    )


def test_no_role_no_tree() -> None:
    view = instance(iam=lambda: None)
    for path in ("iam", "iam/info", "iam/security-credentials/", "iam/security-credentials/baskinc-role"):
        assert ask("/latest/meta-data/" + path, view).status == 404
    assert "iam/" not in (text("/latest/meta-data/", view) or "").splitlines()
    empty = instance(iam=lambda: IamInfo("arn", "AIPA", None, NOW))
    assert text("/latest/meta-data/iam/", empty) == "info"
    gone = instance(credentials=lambda _: None)
    assert ask("/latest/meta-data/iam/security-credentials/baskinc-role", gone).status == 404


def test_a_role_that_does_not_trust_ec2_says_so() -> None:
    view = instance(credentials=lambda _: role_not_trusting_ec2("baskinc-role", NOW))
    found = json.loads(text("/latest/meta-data/iam/security-credentials/baskinc-role", view) or "")
    assert found["Code"] == "AssumeRoleUnauthorizedAccess"
    assert found["Message"].startswith("EC2 cannot assume the role baskinc-role. Please see documentation at")
    assert found["LastUpdated"] == "2020-04-02T18:50:40Z"
    broken = IamInfo("arn", "AIPA", None, NOW, "InstanceProfileNotFound", "No such profile.")
    found = json.loads(text("/latest/meta-data/iam/info", instance(iam=lambda: broken)) or "")
    assert found == {
        "Code": "InstanceProfileNotFound",
        "Message": "No such profile.",
        "LastUpdated": "2020-04-02T18:50:40Z",
    }


def test_listings_mint_nothing_and_credentials_know_their_delivery() -> None:
    asked: list[RoleDelivery] = []

    def credentials(delivery: RoleDelivery) -> RoleProblem:
        asked.append(delivery)
        return RoleProblem("Code", "Message", NOW)

    view = instance(credentials=credentials)
    for path in (
        "/latest/meta-data/",
        "/latest/meta-data/iam/",
        "/latest/meta-data/iam/security-credentials/",
    ):
        ask(path, view)
    assert asked == []
    ask("/latest/meta-data/iam/security-credentials/baskinc-role", view)
    token = ask("/latest/api/token", method="PUT", x_aws_ec2_metadata_token_ttl_seconds="60").body
    assert isinstance(token, bytes)
    ask(
        "/latest/meta-data/iam/security-credentials/baskinc-role",
        view,
        x_aws_ec2_metadata_token=token.decode(),
    )
    assert asked == ["1.0", "2.0"]


def test_the_identity_document_and_signatures_only_where_someone_signs() -> None:
    document = json.loads(text("/latest/dynamic/instance-identity/document") or "")
    assert document.keys() == VECTORS["dynamic"]["values"]["instance-identity-document"].keys()
    assert document["privateIp"] == "172.16.34.43"
    assert document["pendingTime"] == "2019-10-31T07:02:24Z"
    signed: list[bytes] = []

    def sign(content: bytes) -> IdentitySignatures:
        signed.append(content)
        return IdentitySignatures("one", "two", "three")

    view = instance(sign_identity=sign)
    base = "/latest/dynamic/instance-identity/"
    assert [text(base + name, view) for name in ("signature", "pkcs7", "rsa2048")] == ["one", "two", "three"]
    assert signed[0].decode() == text(base + "document", view)


def test_nothing_that_prints_shows_a_secret() -> None:
    assert "the-secret" not in repr(CREDENTIALS)
    assert "the-token" not in repr(CREDENTIALS)


def test_an_instance_without_public_address_or_key() -> None:
    private = dataclasses.replace(INTERFACE, public_ipv4=None, public_hostname=None)
    view = instance(interfaces=(private,), key_name=None)
    for path in ("public-ipv4", "public-hostname", "public-keys/", "public-keys/0/openssh-key"):
        assert ask("/latest/meta-data/" + path, view, OPTIONS).status == 404
    assert "public" not in (text("/latest/meta-data/", view) or "")


@given(
    st.lists(
        st.sampled_from(
            ["latest", "meta-data", "iam", "%", "%2e%2e", "..", "public-keys", "0", "tags", "é", "\0", ""]
        ),
        max_size=6,
    ),
    st.sampled_from(["GET", "HEAD", "PUT", "BREW", ""]),
    st.text(st.characters(max_codepoint=255), max_size=60),
)
def test_anything_asked_for_is_answered(path: list[str], method: str, token: str) -> None:
    asked: list[dict[str, Any]] = [{}, {"x_aws_ec2_metadata_token": token}]
    for headers in asked:
        reply = ask("/" + "/".join(path), FULL, WITH_TAGS, method=method, **headers)
        assert reply.status in {200, 401, 403, 404, 405}
