"""Key pairs: the private key once, fingerprints as AWS and ssh-keygen show them."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from tests.services.ec2.world import ACCOUNT, REGION
from tests.services.iam.conftest import allow, refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.ec2.world import World

RSA = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()


def openssh(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)


def keygen(*arguments: str) -> str:
    return subprocess.run(["ssh-keygen", *arguments], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_created_pair_is_one_that_ssh_takes(world: World, tmp_path: Path, kind: str) -> None:
    made = world.ec2.create_key_pair(KeyName="lab", KeyType=kind)
    path = tmp_path / "key.pem"
    path.write_text(made["KeyMaterial"] + "\n")
    path.chmod(0o600)
    (described,) = world.ec2.describe_key_pairs(IncludePublicKey=True)["KeyPairs"]
    assert described["PublicKey"].split()[:2] == keygen("-y", "-f", str(path)).split()[:2]
    assert described["PublicKey"].split()[2] == "lab"
    assert (described["KeyName"], described["KeyType"]) == ("lab", kind)
    assert described["KeyPairId"] == made["KeyPairId"]
    assert described["KeyFingerprint"] == made["KeyFingerprint"]
    if kind == "rsa":
        assert made["KeyMaterial"].startswith("-----BEGIN RSA PRIVATE KEY-----")
        key = serialization.load_pem_private_key(made["KeyMaterial"].encode(), None)
        der = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        digest = hashlib.sha1(der, usedforsecurity=False).hexdigest()
        assert made["KeyFingerprint"].replace(":", "") == digest
    else:
        shown = keygen("-l", "-f", str(path)).split()[1]
        assert shown == f"SHA256:{made['KeyFingerprint'].rstrip('=')}"


def test_the_private_key_is_nowhere_but_in_the_reply(world: World, tmp_path: Path) -> None:
    made = world.ec2.create_key_pair(KeyName="lab", KeyType="ed25519")["KeyMaterial"]
    secret = made.splitlines()[2]
    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert secret not in repr(world.trail.events)


@pytest.mark.parametrize(
    "material",
    [
        openssh(RSA),
        openssh(RSA) + b" someone@somewhere\n",
        RSA.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
        base64.b64encode(
            RSA.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        ),
    ],
    ids=["openssh", "comment", "pem", "der"],
)
def test_an_imported_rsa_key_has_the_md5_of_its_der(world: World, material: bytes) -> None:
    made = world.ec2.import_key_pair(KeyName="mine", PublicKeyMaterial=material)
    der = RSA.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert made["KeyFingerprint"].replace(":", "") == hashlib.md5(der, usedforsecurity=False).hexdigest()
    assert made["KeyName"] == "mine"


def test_a_key_in_rfc_4716_form_is_taken(world: World, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_bytes(openssh(ED25519))
    material = keygen("-e", "-m", "RFC4716", "-f", str(tmp_path / "key.pub"))
    made = world.ec2.import_key_pair(KeyName="mine", PublicKeyMaterial=material.encode())
    shown = keygen("-l", "-f", str(tmp_path / "key.pub")).split()[1]
    assert shown == f"SHA256:{made['KeyFingerprint'].rstrip('=')}"


@pytest.mark.parametrize(
    ("material", "message"),
    [
        (b"nonsense", "Key is not in valid OpenSSH public key format"),
        (b"ssh-rsa AAAA", "Key is not in valid OpenSSH public key format"),
        (b"ssh-rsa \xff\xfe", "Key is not in valid OpenSSH public key format"),
        (b"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n", "Key is not in valid OpenSSH public key format"),
        (
            ec.generate_private_key(ec.SECP256R1())
            .public_key()
            .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH),
            "Key is not in valid OpenSSH public key format",
        ),
        (
            rsa.generate_private_key(65537, 3072)
            .public_key()
            .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH),
            "Invalid RSA key length: supported lengths are 1024, 2048, and 4096",
        ),
    ],
    ids=["nonsense", "short", "binary", "rfc4716", "ecdsa", "length"],
)
def test_what_is_no_key_is_refused(world: World, material: bytes, message: str) -> None:
    code, said, status = refused(world.ec2.import_key_pair, KeyName="mine", PublicKeyMaterial=material)
    assert (code, said, status) == ("InvalidKey.Format", message, 400)


def test_names_are_unique_in_a_region(world: World) -> None:
    world.ec2.import_key_pair(KeyName="lab", PublicKeyMaterial=openssh(ED25519))
    expected = ("InvalidKeyPair.Duplicate", "The keypair already exists", 400)
    assert refused(world.ec2.create_key_pair, KeyName="lab") == expected
    assert refused(world.ec2.import_key_pair, KeyName="lab", PublicKeyMaterial=openssh(RSA)) == expected
    world.in_region("eu-west-1").import_key_pair(KeyName="lab", PublicKeyMaterial=openssh(RSA))
    assert refused(world.ec2.create_key_pair, KeyName="lab ")[0] == "InvalidParameterValue"
    assert refused(world.ec2.create_key_pair, KeyName="x", KeyType="dsa")[0] == "InvalidParameterValue"
    assert refused(world.ec2.create_key_pair, KeyName="x", DryRun=True)[0] == "DryRunOperation"
    assert len(world.ec2.describe_key_pairs()["KeyPairs"]) == 1


def test_pairs_are_found_by_name_id_filter_and_tag(world: World) -> None:
    tags = [{"ResourceType": "key-pair", "Tags": [{"Key": "team", "Value": "blue"}]}]
    one = world.ec2.import_key_pair(KeyName="one", PublicKeyMaterial=openssh(RSA), TagSpecifications=tags)
    world.ec2.import_key_pair(KeyName="two", PublicKeyMaterial=openssh(ED25519))

    def names(**parameters: object) -> list[str]:
        return [each["KeyName"] for each in world.ec2.describe_key_pairs(**parameters)["KeyPairs"]]

    assert names() == ["one", "two"]
    assert names(KeyNames=["two"]) == ["two"]
    assert names(KeyPairIds=[one["KeyPairId"]]) == ["one"]
    assert names(Filters=[{"Name": "tag:team", "Values": ["blue"]}]) == ["one"]
    assert names(Filters=[{"Name": "fingerprint", "Values": [one["KeyFingerprint"]]}]) == ["one"]
    assert refused(world.ec2.describe_key_pairs, KeyNames=["three"])[:2] == (
        "InvalidKeyPair.NotFound",
        "The key pair 'three' does not exist",
    )
    world.ec2.delete_key_pair(KeyName="one")
    world.ec2.delete_key_pair(KeyName="one")
    assert names() == ["two"]
    assert world.ec2.describe_tags()["Tags"] == []


def test_permissions_are_asked_for_on_the_pair_by_its_name(world: World) -> None:
    mine = world.caller("mine", allow("ec2:*KeyPair", f"arn:aws:ec2:{REGION}:{ACCOUNT}:key-pair/mine-*"))
    mine.create_key_pair(KeyName="mine-1", KeyType="ed25519")
    assert refused(mine.create_key_pair, KeyName="yours")[0] == "UnauthorizedOperation"
    assert refused(mine.delete_key_pair, KeyName="yours")[0] == "UnauthorizedOperation"
    assert refused(mine.describe_key_pairs)[0] == "UnauthorizedOperation"
    mine.delete_key_pair(KeyName="mine-1")
