"""What there is none of."""

from __future__ import annotations

import pytest
from tests.services.iam.conftest import World, refused

OF_USER = {
    "list_ssh_public_keys": "SSHPublicKeys",
    "list_signing_certificates": "Certificates",
    "list_service_specific_credentials": "ServiceSpecificCredentials",
}
OF_ACCOUNT = {
    "list_server_certificates": "ServerCertificateMetadataList",
    "list_open_id_connect_providers": "OpenIDConnectProviderList",
    "list_saml_providers": "SAMLProviderList",
}


@pytest.mark.parametrize("name", OF_USER)
def test_a_user_has_none_and_an_unknown_user_is_unknown(world: World, name: str) -> None:
    bob = world.user("bob")
    assert getattr(world.iam, name)(UserName="bob")[OF_USER[name]] == []
    assert refused(getattr(world.iam, name), UserName="nobody")[0] == "NoSuchEntity"
    assert refused(getattr(bob, name))[0] == "AccessDenied"


@pytest.mark.parametrize("name", OF_ACCOUNT)
def test_an_account_has_none(world: World, name: str) -> None:
    assert getattr(world.iam, name)()[OF_ACCOUNT[name]] == []
    assert refused(getattr(world.user("bob"), name))[0] == "AccessDenied"
