"""The JSON documents of the metadata service, laid out as EC2 lays them out (`` : `` between name and value)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tabard.core.sources import iso8601
from tabard.metadata.view import RoleCredentials

if TYPE_CHECKING:
    from tabard.metadata.view import IamInfo, InstanceView, RoleProblem


def _laid_out(document: dict[str, object]) -> str:
    return json.dumps(document, indent=2, separators=(",", " : "))


def iam_info(info: IamInfo) -> str:
    """``iam/info``: the association, or what is wrong with it."""
    updated = iso8601(info.last_updated)
    if info.code != "Success":
        return _laid_out({"Code": info.code, "Message": info.message, "LastUpdated": updated})
    return _laid_out(
        {
            "Code": info.code,
            "LastUpdated": updated,
            "InstanceProfileArn": info.profile_arn,
            "InstanceProfileId": info.profile_id,
        }
    )


def security_credentials(found: RoleCredentials | RoleProblem) -> str:
    """``iam/security-credentials/ROLE``: the credentials, or why there are none (with status 200, as on AWS)."""
    updated = iso8601(found.last_updated)
    if not isinstance(found, RoleCredentials):
        return _laid_out({"Code": found.code, "Message": found.message, "LastUpdated": updated})
    return _laid_out(
        {
            "Code": "Success",
            "LastUpdated": updated,
            "Type": "AWS-HMAC",
            "AccessKeyId": found.access_key_id,
            "SecretAccessKey": found.secret_access_key,
            "Token": found.token,
            "Expiration": iso8601(found.expiration),
        }
    )


def identity_document(view: InstanceView) -> str:
    """``dynamic/instance-identity/document``.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html
    """
    return _laid_out(
        {
            "accountId": view.account,
            "architecture": view.architecture,
            "availabilityZone": view.availability_zone,
            "billingProducts": None,
            "devpayProductCodes": None,
            "marketplaceProductCodes": list(view.product_codes) or None,
            "imageId": view.image_id,
            "instanceId": view.instance_id,
            "instanceType": view.instance_type,
            "kernelId": view.kernel_id,
            "pendingTime": iso8601(view.pending_time),
            "privateIp": view.interfaces[0].private_ipv4 if view.interfaces else None,
            "ramdiskId": view.ramdisk_id,
            "region": view.region,
            "version": "2017-09-30",
        }
    )
