"""The account's TLS certificates."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from tests.services.iam import certificates
from tests.support.world import ACCOUNT, World, allow, refused


def test_a_certificate_is_kept_shown_renamed_tagged_and_deleted(world: World) -> None:
    made = certificates.make("example.com")
    parts = {"CertificateBody": made.certificate, "PrivateKey": made.key}
    reply = world.iam.upload_server_certificate(
        ServerCertificateName="Web", Path="/a/", **parts, Tags=[{"Key": "team", "Value": "a"}]
    )
    metadata = reply["ServerCertificateMetadata"]
    assert metadata["Arn"] == f"arn:aws:iam::{ACCOUNT}:server-certificate/a/Web"
    assert metadata["ServerCertificateId"].startswith("ASCA")
    assert refused(world.iam.upload_server_certificate, ServerCertificateName="web", **parts) == (
        "EntityAlreadyExists",
        "The Server Certificate with name web already exists.",
        409,
    )
    shown = world.iam.get_server_certificate(ServerCertificateName="Web")["ServerCertificate"]
    assert (
        shown["CertificateBody"] == made.certificate.rstrip()
    )  # as AWS has it: Terraform would see a change
    assert shown["Tags"] == [{"Key": "team", "Value": "a"}]
    assert made.key not in str(shown)
    bob = world.user(
        "bob",
        allow("iam:DeleteServerCertificate", Condition={"StringEquals": {"aws:ResourceTag/team": "b"}}),
        allow("iam:UpdateServerCertificate", f"arn:aws:iam::{ACCOUNT}:server-certificate/a/*"),
    )
    assert refused(bob.delete_server_certificate, ServerCertificateName="Web")[0] == "AccessDenied"
    assert (
        refused(bob.update_server_certificate, ServerCertificateName="Web", NewPath="/b/")[0]
        == "AccessDenied"
    )
    bob.update_server_certificate(ServerCertificateName="Web", NewServerCertificateName="Web2")
    assert refused(world.iam.get_server_certificate, ServerCertificateName="Web")[1] == (
        "The Server Certificate with name Web cannot be found."
    )
    name = {"ServerCertificateName": "Web2"}
    world.iam.tag_server_certificate(**name, Tags=[{"Key": "team", "Value": "b"}, {"Key": "x", "Value": ""}])
    world.iam.untag_server_certificate(**name, TagKeys=["x"])
    assert world.iam.list_server_certificate_tags(**name)["Tags"] == [{"Key": "team", "Value": "b"}]
    listed = world.iam.list_server_certificates
    assert [c["ServerCertificateName"] for c in listed()["ServerCertificateMetadataList"]] == ["Web2"]
    assert listed(PathPrefix="/b/")["ServerCertificateMetadataList"] == []
    assert world.iam.get_account_summary()["SummaryMap"]["ServerCertificates"] == 1
    bob.delete_server_certificate(**name)
    assert listed()["ServerCertificateMetadataList"] == []
    written = b"".join(path.read_bytes() for path in world.path.parent.iterdir())
    assert made.key.splitlines()[1].encode() not in written
    assert made.key not in str(world.trail.events)


def test_what_does_not_fit_together_is_refused(world: World) -> None:
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = certificates.made_with("root", root_key, ("root", root_key))
    leaf = certificates.make("leaf", ("root", root_key))
    other = certificates.make("other")
    upload = world.iam.upload_server_certificate
    for body, key, chain, code in (
        ("x", leaf.key, None, "MalformedCertificate"),
        (leaf.certificate + other.certificate, leaf.key, None, "MalformedCertificate"),
        (leaf.certificate, other.key, None, "KeyPairMismatch"),
        (leaf.certificate, "x", None, "MalformedCertificate"),
        (leaf.certificate, leaf.key, other.certificate, "MalformedCertificate"),
        (leaf.certificate, leaf.key, "x", "MalformedCertificate"),
    ):
        more = {} if chain is None else {"CertificateChain": chain}
        asked = {"ServerCertificateName": "web", "CertificateBody": body, "PrivateKey": key}
        assert refused(upload, **asked, **more)[0] == code
    upload(
        ServerCertificateName="web",
        CertificateBody=leaf.certificate,
        PrivateKey=leaf.key,
        CertificateChain=root.certificate,
    )
    shown = world.iam.get_server_certificate(ServerCertificateName="web")["ServerCertificate"]
    assert shown["CertificateChain"] == root.certificate.rstrip()
    other_account = world.client("iam", world.other_root)
    assert refused(other_account.get_server_certificate, ServerCertificateName="web")[0] == "NoSuchEntity"


def test_an_account_has_twenty_certificates_at_most(world: World) -> None:
    made = certificates.make("example.com")
    parts = {"CertificateBody": made.certificate, "PrivateKey": made.key}
    for number in range(20):
        world.iam.upload_server_certificate(ServerCertificateName=f"web-{number}", **parts)
    assert refused(world.iam.upload_server_certificate, ServerCertificateName="one-more", **parts)[:2] == (
        "LimitExceeded",
        "Cannot exceed quota for ServerCertificatesPerAccount: 20",
    )
