"""A world to attack: things that requests name, and witnesses that none of them names and that must come through."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from tests.services.iam import certificates
from tests.services.iam.test_saml_providers import metadata
from tests.support.server import as_arguments

from tabard.cli.account import ask

if TYPE_CHECKING:
    from tests.support.server import TabardServer

DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
CHANNEL = "arn:aws:sns:us-east-1:111122223333:topic"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com", "AWS": "*"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        },
    }
)


def _quietly(call: Any, **parameters: Any) -> Any:
    try:
        return call(**parameters)
    except ClientError:
        return None


def _said(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply without what is another's each time."""
    return {key: value for key, value in reply.items() if key != "ResponseMetadata"}


class World:
    """``values`` are members' values by their name; ``restore`` makes again what attacks have deleted."""

    def __init__(self, server: TabardServer) -> None:
        self.server = server
        self.iam = server.client("iam")
        self.ec2 = server.client("ec2")
        self.s3 = server.client("s3")
        self.sts = server.client("sts")
        self.certificate = certificates.make("target.example.com")
        self.values: dict[str, Any] = {}
        _quietly(self.iam.create_user, UserName="attacker")
        self.iam.attach_user_policy(
            UserName="attacker", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        )
        self.attacker = as_arguments(self.iam.create_access_key(UserName="attacker")["AccessKey"])
        ask(server.data, {"do": "register-partner", "account": server.account, "name": "Acme",
                          "templates": {"target": {"policy": DOCUMENT}}})  # fmt: skip
        self._requests = 0
        self.restore()
        self._make("witness")
        self.before = self.witnesses()

    def restore(self) -> None:
        """Make what is missing of what requests name."""
        arn = f"arn:aws:iam::{self.server.account}"
        self._make("target")
        subnet = self.ec2.describe_subnets()["Subnets"][0]
        group = self.ec2.describe_security_groups()["SecurityGroups"][0]
        upload = self.s3.create_multipart_upload(Bucket="target-bucket", Key="key")["UploadId"]
        keys = self.iam.list_access_keys(UserName="target")["AccessKeyMetadata"]
        instance = self._instance()
        key = keys[0] if keys else self.iam.create_access_key(UserName="target")["AccessKey"]
        self.values |= {
            **dict.fromkeys(
                [
                    "UserName",
                    "RoleName",
                    "GroupName",
                    "PolicyName",
                    "InstanceProfileName",
                    "KeyName",
                    "RoleSessionName",
                ],
                "target",
            ),
            "PolicyArn": f"{arn}:policy/target",
            "PermissionsBoundary": f"{arn}:policy/target",
            **self._credentials(arn),
            "Arn": f"{arn}:user/target",
            **self._delegation(arn),
            "EntityPath": "o-a1b2c3d4e5/r-f6g7h8i9j0",
            "TemplateArn": f"{arn}:role-template/target",
            "ServiceNamespaces": ["s3"],
            "ServiceNamespace": "s3",
            "RoleArn": f"{arn}:role/target",
            "PolicySourceArn": f"{arn}:user/target",
            "PolicyDocument": DOCUMENT,
            "AssumeRolePolicyDocument": TRUST,
            "Policy": DOCUMENT,
            "PolicyInputList": [DOCUMENT],
            "ActionNames": ["s3:GetObject"],
            "VersionId": "v1",
            "AccessKeyId": key["AccessKeyId"],
            "ImageId": self.ec2.describe_images()["Images"][0]["ImageId"],
            "InstanceType": "t3.micro",
            "MinCount": 1,
            "MaxCount": 1,
            "SubnetId": subnet["SubnetId"],
            "VpcId": subnet["VpcId"],
            "GroupId": group["GroupId"],
            "InstanceId": instance["InstanceId"],
            "AssociationId": self._association(instance["InstanceId"]),
            "ExpectedBucketOwner": self.server.account,
            "Bucket": "target-bucket",
            "Key": "key",
            "CopySource": "target-bucket/key",
            "UploadId": upload,
            "PartNumber": 1,
            "Path": "/",
            "PathPrefix": "/",
            "MaxItems": 10,
            "Description": "words",
            "DurationSeconds": 900,
        }

    def _credentials(self, arn: str) -> dict[str, Any]:
        """What names a user's and the account's credentials of every kind; what is gone is made again."""
        iam, user = self.iam, {"UserName": "target"}
        keys = iam.list_ssh_public_keys(**user)["SSHPublicKeys"]
        signing = iam.list_signing_certificates(**user)["Certificates"]
        specific = iam.list_service_specific_credentials(**user)["ServiceSpecificCredentials"]
        return {
            "SerialNumber": f"{arn}:mfa/target",
            "OpenIDConnectProviderArn": f"{arn}:oidc-provider/target.example.com",
            "SAMLProviderArn": f"{arn}:saml-provider/target",
            "ServerCertificateName": "target",
            "SSHPublicKeyId": keys[0]["SSHPublicKeyId"],
            "CertificateId": signing[0]["CertificateId"],
            "ServiceSpecificCredentialId": specific[0]["ServiceSpecificCredentialId"],
            "JobId": iam.generate_service_last_accessed_details(Arn=f"{arn}:user/target")["JobId"],
            "SAMLMetadataDocument": metadata(),
            "CertificateBody": self.certificate.certificate,
            "PrivateKey": self.certificate.key,
            "SSHPublicKeyBody": certificates.ssh_key(),
        }

    def _delegation(self, arn: str) -> dict[str, Any]:
        """A delegation request that somebody owns."""
        self._requests += 1
        template = f"{arn}:delegation-template/target"
        request = self.iam.create_delegation_request(
            Description="words",
            Permissions={"PolicyTemplateArn": template},
            RequestorWorkflowId=f"restored-{self._requests}",
            NotificationChannel=CHANNEL,
            SessionDuration=900,
        )["DelegationRequestId"]
        self.iam.associate_delegation_request(DelegationRequestId=request)
        return {
            "DelegationRequestId": request,
            "EntityArn": f"{arn}:delegation-request/{request}",
            "PolicyTemplateArn": template,
            "NotificationChannel": CHANNEL,
        }

    def _instance(self) -> Any:
        wanted = [
            {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
            {"Name": "key-name", "Values": ["target"]},
        ]
        found = [
            i for r in self.ec2.describe_instances(Filters=wanted)["Reservations"] for i in r["Instances"]
        ]
        if found:
            return found[0]
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        made = self.ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, KeyName="target", InstanceType="t3.micro"
        )
        return made["Instances"][0]

    def _association(self, instance: str) -> str:
        found = self.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
        for each in found:
            if each["InstanceId"] == instance and each["State"] in {"associating", "associated"}:
                return str(each["AssociationId"])
        made = _quietly(
            self.ec2.associate_iam_instance_profile,
            InstanceId=instance,
            IamInstanceProfile={"Name": "target"},
        )
        return (
            str(made["IamInstanceProfileAssociation"]["AssociationId"])
            if made
            else "iip-assoc-0123456789abcdef0"
        )

    def end_instances(self) -> None:
        """Terminate what attacks have launched."""
        reservations = self.ec2.describe_instances()["Reservations"]
        there = [
            i["InstanceId"]
            for r in reservations
            for i in r["Instances"]
            if i["State"]["Name"] != "terminated"
        ]
        if there:
            self.ec2.terminate_instances(InstanceIds=there)

    def _make(self, name: str) -> None:
        iam, arn = self.iam, f"arn:aws:iam::{self.server.account}:policy/{name}"
        _quietly(iam.create_user, UserName=name)
        _quietly(iam.create_group, GroupName=name)
        _quietly(iam.add_user_to_group, GroupName=name, UserName=name)
        _quietly(iam.create_policy, PolicyName=name, PolicyDocument=DOCUMENT)
        _quietly(iam.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST)
        _quietly(iam.create_instance_profile, InstanceProfileName=name)
        _quietly(iam.add_role_to_instance_profile, InstanceProfileName=name, RoleName=name)
        for kind in ("user", "group", "role"):
            owner = {f"{kind.title()}Name": name}
            _quietly(getattr(iam, f"attach_{kind}_policy"), PolicyArn=arn, **owner)
            _quietly(getattr(iam, f"put_{kind}_policy"), PolicyName=name, PolicyDocument=DOCUMENT, **owner)
        self._make_credentials(name)
        _quietly(self.ec2.create_key_pair, KeyName=name)
        _quietly(self.s3.create_bucket, Bucket=f"{name}-bucket")
        _quietly(self.s3.put_object, Bucket=f"{name}-bucket", Key="key", Body=name.encode() * 100)

    def _make_credentials(self, name: str) -> None:
        iam, user = self.iam, {"UserName": name}
        _quietly(iam.create_login_profile, **user, Password="Correct-horse-battery-1")
        _quietly(iam.create_virtual_mfa_device, VirtualMFADeviceName=name)
        url = f"https://{name}.example.com"
        _quietly(
            iam.create_open_id_connect_provider, Url=url, ClientIDList=["app"], ThumbprintList=["0" * 40]
        )
        _quietly(iam.create_saml_provider, Name=name, SAMLMetadataDocument=metadata())
        made = self.certificate
        parts = {"CertificateBody": made.certificate, "PrivateKey": made.key}
        _quietly(iam.upload_server_certificate, ServerCertificateName=name, **parts)
        _quietly(iam.upload_ssh_public_key, **user, SSHPublicKeyBody=certificates.ssh_key())
        _quietly(iam.upload_signing_certificate, **user, CertificateBody=made.certificate)
        if not iam.list_service_specific_credentials(**user)["ServiceSpecificCredentials"]:
            _quietly(iam.create_service_specific_credential, **user, ServiceName="codecommit.amazonaws.com")

    def witnesses(self) -> dict[str, Any]:
        """All that can be read of the witnesses."""
        account = f"arn:aws:iam::{self.server.account}"
        iam, arn = self.iam, f"{account}:policy/witness"
        body = self.s3.get_object(Bucket="witness-bucket", Key="key")["Body"].read()
        role = iam.get_role(RoleName="witness")["Role"]
        role.pop("RoleLastUsed", None)
        return {
            "user": iam.get_user(UserName="witness")["User"],
            "groups": iam.list_groups_for_user(UserName="witness")["Groups"],
            "role": role,
            "profile": iam.get_instance_profile(InstanceProfileName="witness")["InstanceProfile"]["Roles"][0][
                "Arn"
            ],
            "policy": iam.get_policy(PolicyArn=arn)["Policy"],
            "attached": iam.list_attached_role_policies(RoleName="witness")["AttachedPolicies"],
            "inline": iam.get_user_policy(UserName="witness", PolicyName="witness")["PolicyDocument"],
            "password": iam.get_login_profile(UserName="witness")["LoginProfile"],
            "oidc": _said(
                iam.get_open_id_connect_provider(
                    OpenIDConnectProviderArn=f"{account}:oidc-provider/witness.example.com"
                )
            ),
            "saml": _said(iam.get_saml_provider(SAMLProviderArn=f"{account}:saml-provider/witness")),
            "certificate": iam.get_server_certificate(ServerCertificateName="witness")["ServerCertificate"],
            "ssh": iam.list_ssh_public_keys(UserName="witness")["SSHPublicKeys"],
            "signing": iam.list_signing_certificates(UserName="witness")["Certificates"],
            "specific": iam.list_service_specific_credentials(UserName="witness")[
                "ServiceSpecificCredentials"
            ],
            "devices": [
                each["SerialNumber"]
                for each in iam.list_virtual_mfa_devices()["VirtualMFADevices"]
                if each["SerialNumber"].endswith("/witness")
            ],
            "key": self.ec2.describe_key_pairs(KeyNames=["witness"])["KeyPairs"],
            "object": body,
            "objects": [each["Key"] for each in self.s3.list_objects_v2(Bucket="witness-bucket")["Contents"]],
        }
