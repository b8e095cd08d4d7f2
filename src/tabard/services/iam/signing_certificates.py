"""Users' signing certificates: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SigningCertificate.html."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.services.iam import paging, quotas
from tabard.services.iam.errors import invalid_input, no_such_entity, quota_exceeded
from tabard.services.iam.subjects import find_user, on_self_or_user, self_or_name
from tabard.services.iam.x509 import read_certificate
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam_credentials import SigningCertificate

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        DeleteSigningCertificateRequestTypeDef,
        ListSigningCertificatesRequestTypeDef,
        UpdateSigningCertificateRequestTypeDef,
        UploadSigningCertificateRequestTypeDef,
    )

    from tabard.services.iam.subjects import Request
    from tabard.services.operation import Call


def _owner(call: Call, request: Request) -> tuple[str, str]:
    """The unique id and name of whose certificates a request is about."""
    name = self_or_name(call, request)
    if name is None:
        return call.account, call.account
    user = find_user(call, name)
    return user.id, user.name


def _find(call: Call, request: Request) -> SigningCertificate:
    owner, _ = _owner(call, request)
    identifier = request["CertificateId"]
    found = call.store.iam.credentials.signing_certificates.get(call.account, identifier)
    if found is None or found.owner != owner:
        raise no_such_entity(f"The Certificate with id {identifier} cannot be found.")
    return found


def _shown(name: str, certificate: SigningCertificate) -> dict[str, Any]:
    return {
        "UserName": name,
        "CertificateId": certificate.id,
        "CertificateBody": certificate.body,
        "Status": certificate.status,
        "UploadDate": as_datetime(certificate.created_at),
    }


@operation("iam", "UploadSigningCertificate", WRITE, checks=on_self_or_user("iam:UploadSigningCertificate"))
def upload_signing_certificate(call: Call, request: UploadSigningCertificateRequestTypeDef) -> dict[str, Any]:
    """Give a user an X.509 certificate; two at most."""
    owner, name = _owner(call, request)
    read = read_certificate(request["CertificateBody"])
    certificates = call.store.iam.credentials.signing_certificates
    if read.not_valid_after_utc.timestamp() <= call.now:
        raise AwsError("InvalidCertificate", "The certificate has expired.", 400)
    present = certificates.of_owner(call.account, owner)
    if any(read_certificate(other.body) == read for other in present):
        raise AwsError("DuplicateCertificate", "The certificate is already associated with the user.", 409)
    if len(present) >= quotas.SIGNING_CERTIFICATES_PER_USER:
        raise quota_exceeded("CertificatesPerUser", quotas.SIGNING_CERTIFICATES_PER_USER)
    certificate = SigningCertificate(
        id=base64.b32encode(call.node.random(20)).decode(),
        account=call.account,
        owner=owner,
        created_at=float(int(call.now)),
        body=request["CertificateBody"],
    )
    certificates.put(certificate)
    return {"Certificate": _shown(name, certificate)}


@operation("iam", "ListSigningCertificates", READ, checks=on_self_or_user("iam:ListSigningCertificates"))
def list_signing_certificates(call: Call, request: ListSigningCertificatesRequestTypeDef) -> dict[str, Any]:
    """List a user's signing certificates."""
    owner, name = _owner(call, request)
    return paging.listed(
        request,
        call.store.iam.credentials.signing_certificates.of_owner(call.account, owner),
        lambda certificate: f"{certificate.created_at:020.3f} {certificate.id}",
        "Certificates",
        lambda certificate: _shown(name, certificate),
    )


@operation("iam", "UpdateSigningCertificate", WRITE, checks=on_self_or_user("iam:UpdateSigningCertificate"))
def update_signing_certificate(call: Call, request: UpdateSigningCertificateRequestTypeDef) -> dict[str, Any]:
    """Activate or deactivate a signing certificate."""
    certificate = _find(call, request)
    if request["Status"] == "Expired":
        raise invalid_input("The status of a certificate can only be set to Active or Inactive.")
    call.store.iam.credentials.signing_certificates.put(replace(certificate, status=request["Status"]))
    return {}


@operation("iam", "DeleteSigningCertificate", WRITE, checks=on_self_or_user("iam:DeleteSigningCertificate"))
def delete_signing_certificate(call: Call, request: DeleteSigningCertificateRequestTypeDef) -> dict[str, Any]:
    """Delete a signing certificate."""
    call.store.iam.credentials.signing_certificates.delete(_find(call, request))
    return {}
