"""Signing certificates, SSH public keys and service-specific credentials of users."""

from __future__ import annotations

from tests.services.iam import certificates
from tests.support.world import ACCOUNT, World, allow, document, refused


def test_signing_certificates_come_and_go(world: World) -> None:
    bob = world.user("bob", allow("iam:*SigningCertificate*"))
    one, two, three = (certificates.make(name).certificate for name in ("one", "two", "three"))
    made = bob.upload_signing_certificate(CertificateBody=one)["Certificate"]
    assert (made["UserName"], made["Status"], made["CertificateBody"]) == ("bob", "Active", one)
    asked = {"UserName": "bob", "CertificateId": made["CertificateId"]}
    assert refused(bob.upload_signing_certificate, CertificateBody=one)[0] == "DuplicateCertificate"
    expired = certificates.make("old", days=-1).certificate
    assert refused(bob.upload_signing_certificate, CertificateBody=expired)[0] == "InvalidCertificate"
    assert refused(bob.upload_signing_certificate, CertificateBody="nonsense")[0] == "MalformedCertificate"
    world.iam.upload_signing_certificate(UserName="bob", CertificateBody=two)
    assert refused(bob.upload_signing_certificate, CertificateBody=three)[:2] == (
        "LimitExceeded",
        "Cannot exceed quota for CertificatesPerUser: 2",
    )
    world.iam.update_signing_certificate(**asked, Status="Inactive")
    listed = {c["CertificateId"]: c for c in bob.list_signing_certificates()["Certificates"]}
    assert len(listed) == 2
    assert listed[made["CertificateId"]]["Status"] == "Inactive"
    world.iam.create_user(UserName="ann")
    stolen = {"UserName": "ann", "CertificateId": made["CertificateId"]}
    assert refused(world.iam.delete_signing_certificate, **stolen)[0] == "NoSuchEntity"
    assert refused(world.iam.delete_user, UserName="bob")[0] == "DeleteConflict"
    world.iam.delete_signing_certificate(**asked)
    assert refused(world.iam.delete_signing_certificate, **asked)[0] == "NoSuchEntity"
    assert len(world.iam.list_signing_certificates(UserName="bob")["Certificates"]) == 1


def test_ssh_public_keys_come_and_go(world: World) -> None:
    world.iam.create_user(UserName="bob")
    body = certificates.ssh_key()
    made = world.iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=body)["SSHPublicKey"]
    assert made["SSHPublicKeyId"].startswith("APKA")
    assert len(made["Fingerprint"].split(":")) == 16
    asked = {"UserName": "bob", "SSHPublicKeyId": made["SSHPublicKeyId"]}
    again = refused(world.iam.upload_ssh_public_key, UserName="bob", SSHPublicKeyBody=body)
    assert (again[0], again[2]) == ("DuplicateSSHPublicKey", 400)
    pem = world.iam.get_ssh_public_key(**asked, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
    assert pem.startswith("-----BEGIN PUBLIC KEY-----")
    assert world.iam.get_ssh_public_key(**asked, Encoding="SSH")["SSHPublicKey"]["SSHPublicKeyBody"] == body
    world.iam.update_ssh_public_key(**asked, Status="Inactive")
    [listed] = world.iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"]
    assert listed["Status"] == "Inactive"
    assert "SSHPublicKeyBody" not in listed
    world.iam.delete_ssh_public_key(**asked)
    assert refused(world.iam.get_ssh_public_key, **asked, Encoding="SSH")[:2] == (
        "NoSuchEntity",
        f"The Public Key with id {made['SSHPublicKeyId']} cannot be found.",
    )
    for body, code in (
        ("hello", "UnrecognizedPublicKeyEncoding"),
        (certificates.ssh_key(1024), "InvalidPublicKey"),
    ):
        assert refused(world.iam.upload_ssh_public_key, UserName="bob", SSHPublicKeyBody=body)[0] == code


def test_service_specific_credentials_come_and_go(world: World) -> None:
    own = "arn:aws:iam::" + ACCOUNT + ":user/${aws:username}"
    only = {"StringEquals": {"iam:ServiceSpecificCredentialServiceName": "codecommit.amazonaws.com"}}
    bob = world.user("bob", allow("iam:*ServiceSpecificCredential", own, Condition=only))
    git = {"UserName": "bob", "ServiceName": "codecommit.amazonaws.com"}
    made = bob.create_service_specific_credential(**git)["ServiceSpecificCredential"]
    assert made["ServiceUserName"] == f"bob-at-{ACCOUNT}"
    assert len(made["ServicePassword"]) >= 32
    assert refused(
        bob.create_service_specific_credential, UserName="bob", ServiceName="cassandra.amazonaws.com"
    )[0] == ("AccessDenied")
    second = bob.create_service_specific_credential(**git)["ServiceSpecificCredential"]
    assert second["ServiceUserName"] == f"bob+1-at-{ACCOUNT}"
    assert refused(bob.create_service_specific_credential, **git)[0] == "LimitExceeded"
    asked = {"ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    reset = bob.reset_service_specific_credential(**asked)["ServiceSpecificCredential"]
    assert reset["ServicePassword"] != made["ServicePassword"]
    bob.update_service_specific_credential(**asked, Status="Inactive")
    listed = world.iam.list_service_specific_credentials(UserName="bob")["ServiceSpecificCredentials"]
    assert {each["Status"] for each in listed} == {"Active", "Inactive"}
    assert not any("ServicePassword" in each for each in listed)
    everybody = world.iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]
    assert [each["UserName"] for each in everybody] == ["bob", "bob"]
    none = world.iam.list_service_specific_credentials(UserName="bob", ServiceName="cassandra.amazonaws.com")
    assert none["ServiceSpecificCredentials"] == []
    bob.delete_service_specific_credential(**asked)
    assert refused(world.iam.delete_service_specific_credential, UserName="bob", **asked)[0] == "NoSuchEntity"
    assert refused(
        world.iam.create_service_specific_credential, UserName="bob", ServiceName="s3.amazonaws.com"
    )[0] == ("NotSupportedService")
    written = b"".join(path.read_bytes() for path in world.path.parent.iterdir())
    assert made["ServicePassword"].encode() not in written
    assert reset["ServicePassword"] not in str(world.trail.events)


def test_a_credential_of_one_user_is_none_of_another(world: World) -> None:
    world.iam.create_user(UserName="bob")
    made = world.iam.create_service_specific_credential(
        UserName="bob", ServiceName="bedrock.amazonaws.com", CredentialAgeDays=30
    )["ServiceSpecificCredential"]
    assert made["ServiceCredentialSecret"]
    assert (made["ExpirationDate"] - made["CreateDate"]).days == 30
    assert made["ServiceCredentialSecret"] not in str(world.trail.events)
    ann = world.user("ann", allow("iam:*"))
    asked = {"ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    assert refused(ann.delete_service_specific_credential, **asked)[0] == "NoSuchEntity"
    assert refused(ann.reset_service_specific_credential, **asked)[0] == "NoSuchEntity"
    world.iam.put_user_policy(
        UserName="ann",
        PolicyName="no",
        PolicyDocument=document({"Effect": "Deny", "Action": "iam:*", "Resource": "*"}),
    )
    assert refused(ann.delete_service_specific_credential, **asked)[0] == "AccessDenied"
