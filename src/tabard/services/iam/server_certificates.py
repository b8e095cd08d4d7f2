"""The account's TLS certificates: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.arn import iam_arn
from tabard.core.sources import as_datetime, unique_id
from tabard.services.iam import paging, quotas, tagging
from tabard.services.iam.errors import already_exists, no_such_entity, quota_exceeded
from tabard.services.iam.subjects import no_keys, on_everything, tag_keys, with_tagging
from tabard.services.iam.x509 import check_chain, check_private_key, read_certificate
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam_credentials import ServerCertificate

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        DeleteServerCertificateRequestTypeDef,
        GetServerCertificateRequestTypeDef,
        ListServerCertificatesRequestTypeDef,
        UpdateServerCertificateRequestTypeDef,
        UploadServerCertificateRequestTypeDef,
    )

    from tabard.services.iam.subjects import MoreKeys, Request
    from tabard.services.operation import Call, Checks

_PURPOSE = b"server-certificate"


def _get(call: Call, name: str) -> ServerCertificate | None:
    return call.store.iam.credentials.server_certificates.get(call.account, name.lower())


def find_certificate(call: Call, name: str) -> ServerCertificate:
    """The account's certificate of this name, whatever the case; raises NoSuchEntity."""
    found = _get(call, name)
    if found is None:
        raise no_such_entity(f"The Server Certificate with name {name} cannot be found.")
    return found


def _arn(certificate: ServerCertificate) -> str:
    return iam_arn(certificate.account, "server-certificate", certificate.path, certificate.name)


def _check(call: Call, action: str, name: str, more: dict[str, Any]) -> Check:
    found = _get(call, name)
    if found is None:
        return Check(action, iam_arn(call.account, "server-certificate", "/", name), keys=more)
    return Check(action, _arn(found), keys={**tagging.global_resource_keys(found.tags), **more})


def on_certificate(action: str, *, keys: MoreKeys = no_keys) -> Checks:
    """Checks of an operation on the certificate that ``ServerCertificateName`` names."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        return (_check(call, action, request["ServerCertificateName"], keys(request)),)

    return checks


def _metadata(certificate: ServerCertificate) -> dict[str, Any]:
    return {
        "Path": certificate.path,
        "ServerCertificateName": certificate.name,
        "ServerCertificateId": certificate.unique_id,
        "Arn": _arn(certificate),
        "UploadDate": as_datetime(certificate.created_at),
        "Expiration": as_datetime(certificate.expires_at),
    }


def _check_upload(call: Call, request: dict[str, Any]) -> tuple[Check, ...]:
    name, path = request["ServerCertificateName"], request.get("Path", "/")
    arn = iam_arn(call.account, "server-certificate", path, name)
    check = Check("iam:UploadServerCertificate", arn, keys=tag_keys(request))
    return with_tagging(check, "iam:TagServerCertificate", request)


@operation("iam", "UploadServerCertificate", WRITE, checks=_check_upload)
def upload_server_certificate(call: Call, request: UploadServerCertificateRequestTypeDef) -> dict[str, Any]:
    """Keep a certificate with its private key (sealed) and its chain, which must fit together."""
    name, certificates = request["ServerCertificateName"], call.store.iam.credentials.server_certificates
    tags = tagging.given(request.get("Tags"), fold=False)
    if _get(call, name) is not None:
        raise already_exists(f"The Server Certificate with name {name} already exists.")
    if certificates.count(call.account) >= quotas.SERVER_CERTIFICATES:
        raise quota_exceeded("ServerCertificatesPerAccount", quotas.SERVER_CERTIFICATES)
    read = read_certificate(request["CertificateBody"])
    check_private_key(read, request["PrivateKey"])
    chain = request.get("CertificateChain", "").rstrip()
    if chain:
        check_chain(read, chain)
    unique = unique_id("ASCA", call.node.random)
    certificate = ServerCertificate(
        id=name.lower(),
        account=call.account,
        created_at=float(int(call.now)),
        unique_id=unique,
        name=name,
        path=request.get("Path", "/"),
        body=request["CertificateBody"].rstrip(),
        expires_at=read.not_valid_after_utc.timestamp(),
        chain=chain,
        tags=tags,
        secret=call.node.keys.seal(_PURPOSE + unique.encode(), request["PrivateKey"].encode()),
    )
    certificates.put(certificate)
    reply: dict[str, Any] = {"ServerCertificateMetadata": _metadata(certificate)}
    if tags:
        reply["Tags"] = tagging.shown(tags)
    return reply


@operation("iam", "GetServerCertificate", READ, checks=on_certificate("iam:GetServerCertificate"))
def get_server_certificate(call: Call, request: GetServerCertificateRequestTypeDef) -> dict[str, Any]:
    """Show a certificate with its chain and tags; its private key is never shown."""
    found = find_certificate(call, request["ServerCertificateName"])
    shown: dict[str, Any] = {
        "ServerCertificateMetadata": _metadata(found),
        "CertificateBody": found.body,
    }
    if found.chain:
        shown["CertificateChain"] = found.chain
    if found.tags:
        shown["Tags"] = tagging.shown(found.tags)
    return {"ServerCertificate": shown}


@operation("iam", "ListServerCertificates", READ, checks=on_everything("iam:ListServerCertificates"))
def list_server_certificates(call: Call, request: ListServerCertificatesRequestTypeDef) -> dict[str, Any]:
    """List the account's certificates under a path."""
    prefix = request.get("PathPrefix", "/")
    found = call.store.iam.credentials.server_certificates.all(call.account)
    return paging.listed(
        request,
        [certificate for certificate in found if certificate.path.startswith(prefix)],
        lambda certificate: certificate.id,
        "ServerCertificateMetadataList",
        _metadata,
    )


def _check_update(call: Call, request: dict[str, Any]) -> tuple[Check, ...]:
    """The caller must be allowed to update both what the certificate is and what it becomes."""
    name = request["ServerCertificateName"]
    before = _check(call, "iam:UpdateServerCertificate", name, {})
    found = _get(call, name)
    if found is None:
        return (before,)
    arn = iam_arn(
        call.account,
        "server-certificate",
        request.get("NewPath", found.path),
        request.get("NewServerCertificateName", found.name),
    )
    return (before,) if arn == before.resource else (before, before.but(resource=arn))


@operation("iam", "UpdateServerCertificate", WRITE, checks=_check_update)
def update_server_certificate(call: Call, request: UpdateServerCertificateRequestTypeDef) -> dict[str, Any]:
    """Rename or move a certificate."""
    found = find_certificate(call, request["ServerCertificateName"])
    name = request.get("NewServerCertificateName", found.name)
    other = _get(call, name)
    if other is not None and other.unique_id != found.unique_id:
        raise already_exists(f"The Server Certificate with name {name} already exists.")
    certificates = call.store.iam.credentials.server_certificates
    certificates.delete(found)
    certificates.put(replace(found, id=name.lower(), name=name, path=request.get("NewPath", found.path)))
    return {}


@operation("iam", "DeleteServerCertificate", WRITE, checks=on_certificate("iam:DeleteServerCertificate"))
def delete_server_certificate(call: Call, request: DeleteServerCertificateRequestTypeDef) -> dict[str, Any]:
    """Delete a certificate."""
    found = find_certificate(call, request["ServerCertificateName"])
    call.store.iam.credentials.server_certificates.delete(found)
    return {}
