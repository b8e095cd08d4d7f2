"""What there is none of."""

from __future__ import annotations

import pytest
from tests.services.iam.conftest import World, refused

OF_ACCOUNT = {
    "list_open_id_connect_providers": "OpenIDConnectProviderList",
    "list_saml_providers": "SAMLProviderList",
}


@pytest.mark.parametrize("name", OF_ACCOUNT)
def test_an_account_has_none(world: World, name: str) -> None:
    assert getattr(world.iam, name)()[OF_ACCOUNT[name]] == []
    assert refused(getattr(world.user("bob"), name))[0] == "AccessDenied"
