"""Requests that succeed, for operations whose required parameters alone do not reach far: what attacks start from.

``UNIQUE`` in a text becomes another number for each request.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

TAGS = [{"Key": "team", "Value": "one"}]
DELETE = b"<Delete><Object><Key>nothing</Key></Object></Delete>"
TAGGING = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"

SHA256_OF_BODY = base64.b64encode(hashlib.sha256(b"body").digest()).decode()


def digest(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def sensible(values: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Parameters by service and operation; ``values`` names what is there."""
    instance, group, association = values["InstanceId"], values["GroupId"], values["AssociationId"]
    trust, document = values["AssumeRolePolicyDocument"], values["PolicyDocument"]
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "d"}],
                  "Ipv6Ranges": [{"CidrIpv6": "fd00::/8"}], "UserIdGroupPairs": [{"GroupId": group}]}  # fmt: skip
    by_other_names = {"AvailabilityZones": "zone-name", "Regions": "region-name", "InstanceTypes": "instance-type",
                      "InstanceTypeOfferings": "instance-type", "IamInstanceProfileAssociations": "instance-id",
                      "InstanceStatus": "instance-state-name", "Tags": "key"}  # fmt: skip
    profile = {"Name": "target"}
    instances = {"InstanceIds": [instance]}

    def specified(kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": TAGS}]

    made: dict[tuple[str, str], dict[str, Any]] = {
        ("ec2", "AssociateIamInstanceProfile"): {"InstanceId": instance, "IamInstanceProfile": profile},
        ("ec2", "ReplaceIamInstanceProfileAssociation"): {"AssociationId": association, "IamInstanceProfile": profile},
        ("ec2", "AuthorizeSecurityGroupEgress"): {"GroupId": group, "IpPermissions": [permission]},
        ("ec2", "AuthorizeSecurityGroupIngress"): {"GroupId": group, "IpPermissions": [permission],
                                                   "TagSpecifications": specified("security-group-rule")},
        ("ec2", "RevokeSecurityGroupIngress"): {"GroupId": group, "IpPermissions": [permission]},
        ("ec2", "RevokeSecurityGroupEgress"): {"GroupId": group, "IpPermissions": [permission]},
        ("ec2", "CreateKeyPair"): {"KeyName": "made-UNIQUE", "KeyType": "ed25519", "KeyFormat": "pem",
                                   "TagSpecifications": specified("key-pair")},
        ("ec2", "ImportKeyPair"): {"KeyName": "made-UNIQUE", "PublicKeyMaterial": (
            b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPx3sT7UOxmW4Pp0gRIhvjEB8BcSlrAPl0ZTYTTTlTjU someone")},
        ("ec2", "CreateSecurityGroup"): {"GroupName": "made-UNIQUE", "Description": "words", "VpcId": values["VpcId"],
                                         "TagSpecifications": specified("security-group")},
        ("ec2", "DeleteSecurityGroup"): {"GroupId": group},
        ("ec2", "CreateTags"): {"Resources": [instance], "Tags": TAGS},
        ("ec2", "DeleteTags"): {"Resources": [instance], "Tags": TAGS},
        ("ec2", "RunInstances"): {
            "ImageId": values["ImageId"], "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro", "KeyName": "target",
            "SubnetId": values["SubnetId"], "SecurityGroupIds": [group], "UserData": "IyEvYmluL3NoCg==",
            "IamInstanceProfile": profile, "ClientToken": "token-UNIQUE", "TagSpecifications": specified("instance"),
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}, "Monitoring": {"Enabled": False},
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3"}}]},
        ("ec2", "StartInstances"): instances, ("ec2", "StopInstances"): instances,
        ("ec2", "RebootInstances"): instances, ("ec2", "TerminateInstances"): instances,
        ("ec2", "ModifyInstanceAttribute"): {"InstanceId": instance, "UserData": {"Value": b"x"}},
        ("ec2", "ModifyInstanceMetadataOptions"): {"InstanceId": instance, "HttpTokens": "required",
                                                   "HttpPutResponseHopLimit": 3, "HttpEndpoint": "enabled"},
        ("iam", "CreateUser"): {"UserName": "made-UNIQUE", "Path": "/deep/path/", "Tags": TAGS},
        ("iam", "CreateGroup"): {"GroupName": "made-UNIQUE", "Path": "/deep/"},
        ("iam", "CreateInstanceProfile"): {"InstanceProfileName": "made-UNIQUE", "Tags": TAGS},
        ("iam", "CreatePolicy"): {"PolicyName": "made-UNIQUE", "PolicyDocument": document, "Description": "d", "Tags": TAGS},
        ("iam", "CreateRole"): {"RoleName": "made-UNIQUE", "AssumeRolePolicyDocument": trust, "Description": "d", "Tags": TAGS,
                                "MaxSessionDuration": 3600},
        ("iam", "CreateVirtualMFADevice"): {"VirtualMFADeviceName": "made-UNIQUE", "Path": "/deep/", "Tags": TAGS},
        ("iam", "EnableMFADevice"): {"UserName": "target", "SerialNumber": values["SerialNumber"],
                                     "AuthenticationCode1": "123456", "AuthenticationCode2": "654321"},
        ("iam", "ResyncMFADevice"): {"UserName": "target", "SerialNumber": values["SerialNumber"],
                                     "AuthenticationCode1": "123456", "AuthenticationCode2": "654321"},
        ("iam", "CreateOpenIDConnectProvider"): {"Url": "https://made-UNIQUE.example.com/path", "ClientIDList": ["app"],
                                                 "ThumbprintList": ["0" * 40], "Tags": TAGS},
        ("iam", "UpdateOpenIDConnectProviderThumbprint"): {
            "OpenIDConnectProviderArn": values["OpenIDConnectProviderArn"], "ThumbprintList": ["a" * 40]},
        ("iam", "CreateSAMLProvider"): {"Name": "made-UNIQUE", "SAMLMetadataDocument": values["SAMLMetadataDocument"],
                                        "Tags": TAGS, "AssertionEncryptionMode": "Allowed"},
        ("iam", "UpdateSAMLProvider"): {"SAMLProviderArn": values["SAMLProviderArn"],
                                        "SAMLMetadataDocument": values["SAMLMetadataDocument"]},
        ("iam", "UploadServerCertificate"): {
            "ServerCertificateName": "made-UNIQUE", "CertificateBody": values["CertificateBody"],
            "PrivateKey": values["PrivateKey"], "Path": "/deep/", "Tags": TAGS},
        ("iam", "UpdateServerCertificate"): {"ServerCertificateName": "target", "NewPath": "/deep/"},
        ("iam", "UploadSigningCertificate"): {"UserName": "target", "CertificateBody": values["CertificateBody"]},
        ("iam", "UploadSSHPublicKey"): {"UserName": "target", "SSHPublicKeyBody": values["SSHPublicKeyBody"]},
        ("iam", "GetSSHPublicKey"): {"UserName": "target", "SSHPublicKeyId": values["SSHPublicKeyId"], "Encoding": "PEM"},
        ("iam", "CreateServiceSpecificCredential"): {"UserName": "target", "ServiceName": "bedrock.amazonaws.com",
                                                     "CredentialAgeDays": 30},
        ("iam", "CreateLoginProfile"): {"UserName": "target", "Password": "Another-password-1", "PasswordResetRequired": True},
        ("iam", "UpdateLoginProfile"): {"UserName": "target", "Password": "Another-password-2"},
        ("iam", "ChangePassword"): {"OldPassword": "Correct-horse-battery-1", "NewPassword": "Another-password-3"},
        ("iam", "UpdateAccountPasswordPolicy"): {"MinimumPasswordLength": 8, "RequireSymbols": True, "MaxPasswordAge": 90,
                                                 "PasswordReusePrevention": 3, "HardExpiry": False},
        ("iam", "CreateServiceLinkedRole"): {"AWSServiceName": "autoscaling.amazonaws.com", "Description": "d",
                                             "CustomSuffix": "UNIQUE"},
        ("iam", "GenerateServiceLastAccessedDetails"): {"Arn": values["PolicyArn"], "Granularity": "ACTION_LEVEL"},
        ("iam", "ListPoliciesGrantingServiceAccess"): {"Arn": values["Arn"], "ServiceNamespaces": ["s3", "iam"]},
        ("iam", "PutAccountProperties"): {"Properties": {"RoleManager/UNIQUE": "true"}},
        ("iam", "AcquireRole"): {"TemplateArn": values["TemplateArn"], "ReplacementValues": {"name": {"Values": ["x"]}}},
        ("iam", "CreateDelegationRequest"): {
            "Description": "d", "Permissions": {"PolicyTemplateArn": values["PolicyTemplateArn"]},
            "RequestorWorkflowId": "workflow-UNIQUE", "NotificationChannel": "arn:aws:sns:us-east-1:111122223333:topic",
            "SessionDuration": 3600, "RedirectUrl": "https://example.com/", "OnlySendByOwner": True},
        ("iam", "UpdateAssumeRolePolicy"): {"RoleName": "target", "PolicyDocument": trust},
        ("iam", "SimulateCustomPolicy"): {
            "PolicyInputList": [document], "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::b/k"],
            "ContextEntries": [{"ContextKeyName": "aws:username", "ContextKeyValues": ["x"], "ContextKeyType": "string"}]},
        ("sts", "AssumeRole"): {
            "RoleArn": values["RoleArn"], "RoleSessionName": "me", "Policy": document, "ExternalId": "12",
            "PolicyArns": [{"arn": values["PolicyArn"]}], "Tags": TAGS, "TransitiveTagKeys": ["team"], "DurationSeconds": 900},
        ("cloudtrail", "LookupEvents"): {
            "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}], "MaxResults": 5,
            "StartTime": "2026-01-01T00:00:00Z", "EndTime": "2036-01-01T00:00:00Z"},
        ("ec2-instance-connect", "SendSSHPublicKey"): {
            "InstanceId": instance, "InstanceOSUser": "ec2-user", "SSHPublicKey": values["SSHPublicKeyBody"],
            "AvailabilityZone": "us-east-1a"},
        ("s3", "CompleteMultipartUpload"): {
            "Bucket": "target-bucket", "Key": "key", "UploadId": values["UploadId"],
            "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": '"d41d8cd98f00b204e9800998ecf8427e"'}]}},
        ("s3", "CopyObject"): {"Bucket": "target-bucket", "Key": "copy", "CopySource": "target-bucket/key",
                               "MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE", "Tagging": "a=b",
                               "CopySourceIfMatch": "*", "CopySourceIfModifiedSince": "2020-01-01T00:00:00Z"},
        ("s3", "DeleteBucket"): {"Bucket": "made-UNIQUE"},
        ("s3", "PutBucketPolicy"): {"Bucket": "target-bucket", "Policy": (
            '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
            '"Resource":"arn:aws:s3:::target-bucket/*"}}')},
        ("s3", "PutObject"): {"Bucket": "target-bucket", "Key": "a/b", "Body": b"body", "Metadata": {"a": "b"},
                              "Tagging": "a=b", "ContentType": "text/plain", "CacheControl": "no",
                              "ChecksumSHA256": SHA256_OF_BODY,
                              "StorageClass": "STANDARD", "Expires": "2030-01-01T00:00:00Z"},
        ("s3", "GetObject"): {"Bucket": "target-bucket", "Key": "key", "Range": "bytes=0-4", "IfNoneMatch": "x",
                              "ResponseContentType": "text/html", "ResponseExpires": "2030-01-01T00:00:00Z"},
        ("s3", "ListObjectsV2"): {"Bucket": "target-bucket", "Prefix": "k", "Delimiter": "/", "MaxKeys": 5, "StartAfter": "a",
                                  "EncodingType": "url", "FetchOwner": True},
        ("s3", "ListObjects"): {"Bucket": "target-bucket", "Prefix": "k", "Delimiter": "/", "MaxKeys": 5, "Marker": "a"},
        ("s3", "ListObjectVersions"): {"Bucket": "target-bucket", "KeyMarker": "a", "MaxKeys": 2, "VersionIdMarker": "null"},
        ("s3", "UploadPartCopy"): {"Bucket": "target-bucket", "Key": "key", "UploadId": values["UploadId"], "PartNumber": 1,
                                   "CopySource": "target-bucket/key", "CopySourceRange": "bytes=0-3"},
        ("s3", "CreateMultipartUpload"): {"Bucket": "target-bucket", "Key": "key", "Metadata": {"a": "b"}, "Tagging": "a=b",
                                          "ChecksumAlgorithm": "CRC32", "ChecksumType": "COMPOSITE"},
        ("s3", "CreateBucket"): {"Bucket": "made-UNIQUE", "CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}},
    }  # fmt: skip
    for name in ("Instances", "KeyPairs", "SecurityGroups", "Subnets", "Vpcs", "Volumes", "Images", "Tags", "RouteTables",
                 "NetworkInterfaces", "InternetGateways", "SecurityGroupRules", "InstanceTypes", "InstanceTypeOfferings",
                 "IamInstanceProfileAssociations", "InstanceStatus", "AvailabilityZones", "Regions"):  # fmt: skip
        paged = {} if name in {"AvailabilityZones", "Regions", "KeyPairs"} else {"MaxResults": 5}
        filters = [{"Name": by_other_names.get(name, "tag:team"), "Values": ["one", "t*", ""]}]
        made["ec2", f"Describe{name}"] = {"Filters": filters, **paged}
    return made


BODIES: dict[str, bytes] = {"DeleteObjects": DELETE, "PutObjectTagging": TAGGING, "PutBucketTagging": TAGGING}
"""Documents that S3 wants a digest of."""
