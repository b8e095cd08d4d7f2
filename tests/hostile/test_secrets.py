"""No secret lies about: after everything that makes one was used, the data folder and the log are searched for them."""

from __future__ import annotations

import base64
import json
import os
import stat
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.services.iam import certificates
from tests.services.iam.test_saml_providers import metadata
from tests.support.server import start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "*", "Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}
NOTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
USER_DATA = "#!/bin/sh\necho USER-DATA-SECRET-3141592653 > /dev/null\n"
OTHER_USER_DATA = b"#!/bin/sh\necho OTHER-USER-DATA\n"
SMALLEST = 12
"""Characters of a secret that are searched for in pieces, lest it be told bit by bit."""


def everything(server: TabardServer) -> dict[str, str]:
    """Use whatever makes or takes a secret; the secrets by what they are."""
    iam, ec2, s3, sts = (server.client(name) for name in ("iam", "ec2", "s3", "sts"))
    secrets = {"root": server.root()["aws_secret_access_key"]}
    iam.create_user(UserName="someone")
    iam.attach_user_policy(UserName="someone", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="someone")["AccessKey"]
    secrets["access key"] = key["SecretAccessKey"]
    iam.create_role(RoleName="worn", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName="worn")
    iam.add_role_to_instance_profile(InstanceProfileName="worn", RoleName="worn")
    role = f"arn:aws:iam::{server.account}:role/worn"
    session = server.client("sts", key).assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    secrets |= {"session secret": session["SecretAccessKey"], "session token": session["SessionToken"]}
    token = sts.get_session_token()["Credentials"]
    secrets |= {"own secret": token["SecretAccessKey"], "own token": token["SessionToken"]}
    federated = server.client("sts", key).get_federation_token(Name="someone", Policy=json.dumps(NOTHING))
    secrets |= {
        "federated secret": federated["Credentials"]["SecretAccessKey"],
        "federated token": federated["Credentials"]["SessionToken"],
    }
    secrets |= credentials(server, key)
    for kind, form in (("rsa", "pem"), ("ed25519", "pem")):
        made = ec2.create_key_pair(KeyName=f"{kind}-{form}", KeyType=kind, KeyFormat=form)["KeyMaterial"]
        secrets[f"{kind} {form}"] = made.splitlines()[-3]
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"OBJECT-BODY-2718281828")
    # refused and failing calls say no more than the others
    with pytest.raises(ClientError):
        server.client("s3", session).list_buckets()
    with pytest.raises(ClientError):
        server.client("iam", {**session, "SessionToken": session["SessionToken"][:-4] + "AAAA"}).list_users()
    for client in (server.client("s3"), server.client("s3", token)):
        url = client.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
        with urllib.request.urlopen(url) as reply:
            assert reply.read() == b"OBJECT-BODY-2718281828"
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
        secrets[f"signature {len(secrets)}"] = (query.get("X-Amz-Signature") or query["Signature"])[0]
    if not server.started["problems"]:
        image = ec2.describe_images()["Images"][0]["ImageId"]
        made = ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, UserData=USER_DATA, IamInstanceProfile={"Name": "worn"}
        )
        instance = made["Instances"][0]["InstanceId"]
        for attribute in (
            {"Attribute": "userData", "Value": base64.b64encode(OTHER_USER_DATA).decode()},
            {"UserData": {"Value": OTHER_USER_DATA}},
        ):
            with pytest.raises(ClientError):  # it runs; what was said is recorded all the same
                ec2.modify_instance_attribute(InstanceId=instance, **attribute)
    return secrets


def credentials(server: TabardServer, key: dict[str, Any]) -> dict[str, str]:
    """Give a user every other kind of credential, and the account certificates and providers with keys."""
    iam, someone = server.client("iam"), {"UserName": "someone"}
    passwords = [
        f"{word}-Password-{number}" for number, word in enumerate(("Boatswain", "Quartermaster", "Helmsman"))
    ]
    iam.create_login_profile(**someone, Password=passwords[0])
    iam.update_login_profile(**someone, Password=passwords[1])
    server.client("iam", key).change_password(OldPassword=passwords[1], NewPassword=passwords[2])
    with pytest.raises(ClientError):
        server.client("iam", key).change_password(
            OldPassword="Wrong-Password-Guess-9", NewPassword=passwords[0]
        )
    secrets = {f"password {number}": password for number, password in enumerate(passwords)}
    secrets["a wrong password"] = "Wrong-Password-Guess-9"
    for service, member in (
        ("codecommit.amazonaws.com", "ServicePassword"),
        ("bedrock.amazonaws.com", "ServiceCredentialSecret"),
    ):
        made = iam.create_service_specific_credential(**someone, ServiceName=service)[
            "ServiceSpecificCredential"
        ]
        secrets[f"{service} 1"] = made[member]
        named = {"ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
        again = iam.reset_service_specific_credential(**someone, **named)["ServiceSpecificCredential"]
        secrets[f"{service} 2"] = again[member]
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    secrets["seed"] = device["Base32StringSeed"].decode()
    pair = certificates.make("example.com")
    parts = {"CertificateBody": pair.certificate, "PrivateKey": pair.key}
    iam.upload_server_certificate(ServerCertificateName="web", **parts)
    secrets["certificate's key"] = pair.key.splitlines()[1]
    decrypting = certificates.pem_of(certificates.rsa_key())
    iam.create_saml_provider(
        Name="corp",
        SAMLMetadataDocument=metadata(),
        AssertionEncryptionMode="Required",
        AddPrivateKey=decrypting,
    )
    secrets["SAML provider's key"] = decrypting.splitlines()[3]
    return secrets


def pieces(secret: str) -> list[bytes]:
    """The forms in which a secret could lie about."""
    raw = secret.encode()
    middle = raw[len(raw) // 4 : len(raw) // 4 + max(SMALLEST, len(raw) // 2)]
    return [
        middle,
        middle.hex().encode(),
        base64.b64encode(raw)[: len(raw)],
        urllib.parse.quote(secret, safe="").encode(),
    ]


def found(files: dict[str, bytes], secrets: dict[str, str]) -> list[str]:
    return [
        f"{what} in {name}"
        for what, secret in secrets.items()
        for name, data in files.items()
        if any(piece in data for piece in pieces(secret))
    ]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_no_secret_is_left_in_the_data_folder_or_the_log(tmp_path: Path) -> None:
    server = start(tmp_path / "log", data=tmp_path / "data")
    try:
        secrets = everything(server)
        during = contents(server.data)
    finally:
        server.stop()
    files = {**{f"{name} (running)": data for name, data in during.items()}, **contents(server.data)}
    files["the log"] = (tmp_path / "log").read_bytes()
    # the root key's own file is where its secret belongs
    files = {name: data for name, data in files.items() if not name.startswith("credentials")}
    assert found(files, secrets) == []
    audit = b"".join(data for name, data in files.items() if name.startswith("audit/"))
    assert b"CreateAccessKey" in audit
    assert b"USER-DATA-SECRET" not in audit
    assert base64.b64encode(USER_DATA.encode())[:30] not in audit
    assert base64.b64encode(OTHER_USER_DATA)[:20] not in audit
    assert OTHER_USER_DATA not in audit
    assert b"OBJECT-BODY" not in audit + files["the log"]


def test_the_data_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)  # as an operator makes it
    old = os.umask(0)
    try:
        server = start(tmp_path / "log", data=tmp_path / "data")
        try:
            everything(server)
            open_to_others = loose(server.data)
        finally:
            server.stop()
    finally:
        os.umask(old)
    assert open_to_others == []
    assert loose(server.data) == []


def loose(data: Path) -> list[str]:
    """What others may read or write, and is not below a folder that is closed to them."""
    found = []
    for path in sorted(data.iterdir()):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if not path.is_symlink() and mode & 0o077:
            found.append(f"{path} {mode:o}")
            if path.is_dir():
                found += loose(path)
    return found


SHOWN_ALL_THE_SAME = {"KMSMasterKeyID", "SSEKMSKeyId", "SSEKMSEncryptionContext", "Value"}
"""What AWS's models call sensitive and CloudTrail shows: which key, not the key. A value is hidden where it is user data."""


def redacted_words() -> list[str]:
    """Members of AWS's models that AWS itself marks as sensitive."""
    import botocore.loaders

    import tabard.app  # noqa: F401 - importing it registers every operation
    from tabard.services.operation import OPERATIONS

    words: set[str] = set()
    for service in ("iam", "sts", "ec2", "s3"):
        described: dict[str, Any] = botocore.loaders.Loader().load_service_model(service, "service-2")
        shapes = described["shapes"]
        sensitive = {name for name, shape in shapes.items() if shape.get("sensitive")}

        def walk(name: str, seen: set[str], shapes: Any = shapes, sensitive: Any = sensitive) -> None:
            if name in seen:
                return
            seen.add(name)
            for member, target in shapes[name].get("members", {}).items():
                if target["shape"] in sensitive:
                    words.add(member)
                walk(target["shape"], seen)
            for inner in ("member", "value"):
                if inner in shapes[name]:
                    walk(shapes[name][inner]["shape"], seen)

        for of, operation in OPERATIONS:
            if of == service:
                for side in ("input", "output"):
                    shape = described["operations"][operation].get(side)
                    if shape:
                        walk(shape["shape"], set())
    return sorted(words)


def test_the_trail_hides_whatever_aws_calls_sensitive() -> None:
    from tabard.edge.recording import HIDDEN, redacted

    shown = {
        word
        for word in redacted_words()
        if redacted({word: "secret"}) != {word[:1].lower() + word[1:]: HIDDEN}
    }
    assert shown - SHOWN_ALL_THE_SAME == set()
