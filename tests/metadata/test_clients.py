"""An unmodified client: botocore finds its credentials and its region."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from botocore.utils import InstanceMetadataFetcher, InstanceMetadataRegionFetcher
from tests.metadata.instances import NOW, OPTIONS, REQUIRED, SEALER, instance

if TYPE_CHECKING:
    from collections.abc import Iterator

from tabard.core.http import HttpRequest
from tabard.metadata import InstanceView, MetadataOptions, respond, role_not_trusting_ec2


@contextmanager
def serving(view: InstanceView, options: MetadataOptions) -> Iterator[str]:
    """The service on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
            request = HttpRequest(self.command, self.path, "", headers)
            reply = respond(request, view, options, SEALER, NOW)
            assert isinstance(reply.body, bytes)
            self.send_response_only(reply.status)
            for name, value in reply.headers:
                self.send_header(name.decode(), value.decode())
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_PUT = answer  # noqa: N815 - the standard library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def fetched(view: InstanceView, options: MetadataOptions) -> dict[str, str]:
    with serving(view, options) as url:
        fetcher = InstanceMetadataFetcher(
            timeout=60, env={}, config={"ec2_metadata_service_endpoint": url}, user_agent="test"
        )
        found: dict[str, str] = fetcher.retrieve_iam_role_credentials()
    return found


@pytest.mark.parametrize("options", [OPTIONS, REQUIRED])
def test_botocore_finds_the_roles_credentials(options: MetadataOptions) -> None:
    with mock.patch.object(InstanceMetadataFetcher, "_evaluate_expiration"):
        assert fetched(instance(), options) == {
            "role_name": "baskinc-role",
            "access_key": "ASIAEXAMPLE",
            "secret_key": "the-secret",
            "token": "the-token",
            "expiry_time": "2020-04-02T19:50:40Z",
        }


def test_botocore_finds_none_where_there_is_no_role() -> None:
    assert fetched(instance(iam=lambda: None), REQUIRED) == {}


def test_botocore_finds_none_where_the_role_does_not_trust_ec2() -> None:
    assert fetched(instance(credentials=lambda _: role_not_trusting_ec2("baskinc-role", NOW)), REQUIRED) == {}


def test_botocore_finds_none_where_the_service_is_off() -> None:
    assert fetched(instance(), MetadataOptions(http_endpoint="disabled")) == {}


def test_botocore_finds_the_region() -> None:
    with serving(instance(), REQUIRED) as url:
        fetcher = InstanceMetadataRegionFetcher(
            timeout=60, env={}, config={"ec2_metadata_service_endpoint": url}, user_agent="test"
        )
        assert fetcher.retrieve_region() == "us-east-1"
