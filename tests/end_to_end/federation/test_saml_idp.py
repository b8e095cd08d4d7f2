"""A person signs in with a real SAML identity provider, pysaml2, and puts on a role with what it says of them."""

from __future__ import annotations

import shutil
import uuid
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.support.saml import AWS, RECIPIENT, SamlIdp

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

XMLSEC = shutil.which("xmlsec1")
SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
DIGEST = "http://www.w3.org/2001/04/xmlenc#sha256"
SP_METADATA = f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:amazon:webservices">
<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true">
<AssertionConsumerService index="1" isDefault="true"
  Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{RECIPIENT}"/>
</SPSSODescriptor></EntityDescriptor>"""


@pytest.fixture
def idp(tmp_path: Path) -> Any:
    """A pysaml2 identity provider that knows AWS as a service provider, by metadata as AWS's own."""
    if XMLSEC is None:
        pytest.skip("xmlsec1 is not installed: pysaml2 signs with it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, of its dependencies
        from saml2.config import IdPConfig
        from saml2.server import Server

    keys = SamlIdp()
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    (tmp_path / "idp.crt").write_bytes(keys.pem)
    (tmp_path / "idp.key").write_bytes(
        keys.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    config = IdPConfig().load(
        {
            "entityid": "https://idp.example.com/pysaml2",
            "xmlsec_binary": XMLSEC,
            "key_file": str(tmp_path / "idp.key"),
            "cert_file": str(tmp_path / "idp.crt"),
            "metadata": {"inline": [SP_METADATA]},
            "service": {
                "idp": {
                    "endpoints": {
                        "single_sign_on_service": [
                            ("https://idp.example.com/sso", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST")
                        ]
                    },
                    "policy": {
                        "default": {
                            "lifetime": {"minutes": 5},
                            "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
                        }
                    },
                }
            },
        }
    )
    return Server(config=config)


def metadata(idp: Any) -> str:
    from saml2.metadata import entity_descriptor

    return str(entity_descriptor(idp.config))


def sign_in(idp: Any, who: str, role: str, provider: str, *, whole: bool = False) -> str:
    """The response that a person's browser is given to post to AWS."""
    import base64

    from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID

    said = {
        f"{AWS}Role": [f"{role},{provider}"],
        f"{AWS}RoleSessionName": [who],
    }
    response = idp.create_authn_response(
        identity=said,
        in_response_to="_request",
        destination=RECIPIENT,
        sp_entity_id="urn:amazon:webservices",
        name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=who),
        sign_assertion=not whole,
        sign_response=whole,
        sign_alg=SHA256,
        digest_alg=DIGEST,
    )
    return base64.b64encode(str(response).encode()).decode()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("whole", [False, True])
def test_who_signs_in_puts_on_the_role(server: TabardServer, idp: Any, *, whole: bool) -> None:
    iam, name = server.client("iam"), f"saml-{uuid.uuid4().hex[:8]}"
    provider = iam.create_saml_provider(Name=name, SAMLMetadataDocument=metadata(idp))["SAMLProviderArn"]
    trust = f"""{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML",
      "Principal": {{"Federated": "{provider}"}}, "Condition": {{"StringEquals":
      {{"SAML:aud": "{RECIPIENT}", "SAML:sub": "ann"}}}}}}]}}"""
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    sts = server.client("sts")
    ask = {"RoleArn": role, "PrincipalArn": provider}
    reply = sts.assume_role_with_saml(**ask, SAMLAssertion=sign_in(idp, "ann", role, provider, whole=whole))
    assert (reply["Subject"], reply["SubjectType"]) == ("ann", "persistent")
    assert reply["Issuer"] == "https://idp.example.com/pysaml2"
    me = server.client("sts", reply["Credentials"]).get_caller_identity()
    assert me["Arn"].endswith(f"{name}/ann")
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithSAML"):
        sts.assume_role_with_saml(**ask, SAMLAssertion=sign_in(idp, "eve", role, provider, whole=whole))
