"""AWS's own Signature Version 4 test suite, from the verifier's side."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tabard.auth import parse, service_of, verify
from tabard.auth.canonical import canonical_headers, canonical_path, canonical_query, header_values
from tabard.auth.timestamps import instant
from tabard.core.errors import AwsError
from tabard.core.http import Headers, HttpRequest

SUITE = Path(__file__).parent.parent / "vectors" / "sigv4"
CASES = sorted(SUITE.rglob("*.req"), key=lambda path: path.stem)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = instant("20150830T123600Z") or 0


def received(case: Path) -> HttpRequest:
    """A ``.sreq`` file, read as an HTTP parser reads it (continued lines joined by their line break).

    Its signature is left out: one of the suite's is cut off there, and whole in the ``.authz`` file.
    """
    head, _, body = case.with_suffix(".sreq").read_bytes().partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, rest = first.decode("latin-1").partition(" ")
    target = rest.rpartition(" ")[0]
    headers: Headers = []
    for line in lines:
        if line.startswith(b" "):
            name, value = headers[-1]
            headers[-1] = (name, value + b"\n" + line)
        else:
            key, _, value = line.partition(b":")
            if key != b"Authorization":
                headers.append((key.lower(), value))
    url, _, query = target.partition("?")
    return HttpRequest(method, url, query, headers, body)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_the_suite_verifies(case: Path) -> None:
    request = received(case)
    request.headers.append((b"authorization", case.with_suffix(".authz").read_bytes().strip()))
    signature = parse(request)
    assert signature is not None
    assert service_of(request) == "service"
    verified = verify(signature, request, SECRET, NOW, "service")
    assert verified.scope == "20150830/us-east-1/service/aws4_request"
    with pytest.raises(AwsError, match="does not match") as caught:
        verify(signature, request, SECRET + "x", NOW, "service")
    canonical = case.with_suffix(".creq").read_bytes().decode()
    if b"x-amz-security-token" not in dict(request.headers):
        assert f"'{canonical}'" in caught.value.message
        assert f"'{case.with_suffix('.sts').read_text()}'" in caught.value.message


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_the_canonical_request_is_the_suites(case: Path) -> None:
    request = received(case)
    lines = case.with_suffix(".creq").read_bytes().split(b"\n")
    assert canonical_path(request.path).encode() == lines[1]
    assert canonical_query(request.query).encode() == lines[2]
    names = tuple(lines[-2].split(b";"))
    assert canonical_headers(header_values(request.headers), names) == b"\n".join(lines[3:-3]) + b"\n"
    assert hashlib.sha256(request.body).hexdigest().encode() == lines[-1]


def test_the_whole_suite_is_here() -> None:
    assert len(CASES) == 34
