"""Each service refuses in its own words: codes, statuses, messages and fields."""

from __future__ import annotations

from typing import Any

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from tests.auth.requests import AT, SECRET, call, get_object, sign, with_header

from tabard.auth import (
    expired_token,
    invalid_token,
    missing_authentication,
    parse,
    service_of,
    unknown_access_key,
    verify,
    wrong_region,
)
from tabard.core.errors import AwsError
from tabard.core.http import HttpRequest

SCOPE = "AKIDEXAMPLE/20261123/us-east-1/sts/aws4_request"


def refusal(
    request: HttpRequest, service: str, *, now: float = AT, secret: str = SECRET, region: str | None = None
) -> AwsError:
    def prove() -> None:
        signature = parse(request, service)
        assert signature is not None
        verify(signature, request, secret, now, service, region=region)

    with pytest.raises(AwsError) as caught:
        prove()
    return caught.value


def presigned(**options: Any) -> HttpRequest:
    return get_object(signer=botocore.auth.S3SigV4QueryAuth, expires=3600, **options)


def with_query(name: str, value: str | None) -> HttpRequest:
    request = presigned()
    parts = [part for part in request.query.split("&") if not part.startswith(name + "=")]
    request.query = "&".join(parts if value is None else [*parts, f"{name}={value}"])
    return request


@pytest.mark.parametrize(
    ("service", "unknown", "expired", "invalid", "nobody"),
    [
        (
            "iam",
            ("InvalidClientTokenId", 403, "The security token included in the request is invalid."),
            ("ExpiredToken", 403, "The security token included in the request is expired"),
            ("InvalidClientTokenId", 403, "The security token included in the request is invalid."),
            ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        ),
        (
            "ec2",
            ("AuthFailure", 401, "AWS was not able to validate the provided access credentials"),
            ("RequestExpired", 400, "Request has expired."),
            ("AuthFailure", 401, "AWS was not able to validate the provided access credentials"),
            ("MissingParameter", 400, "The request must contain the parameter AWSAccessKeyId"),
        ),
        (
            "s3",
            ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
            ("ExpiredToken", 400, "The provided token has expired."),
            ("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
            ("AccessDenied", 403, "Access Denied"),
        ),
    ],
)
def test_credentials_that_are_not_good(
    service: str,
    unknown: tuple[str, int, str],
    expired: tuple[str, int, str],
    invalid: tuple[str, int, str],
    nobody: tuple[str, int, str],
) -> None:
    def told(error: AwsError) -> tuple[str, int, str]:
        return error.code, error.status, error.message

    assert told(unknown_access_key(service, "AKID")) == unknown
    assert told(unknown_access_key(service, "AKID", inactive=True)) == unknown
    assert told(expired_token(service)) == expired
    assert told(invalid_token(service)) == invalid
    assert told(missing_authentication(service)) == nobody
    assert unknown_access_key(service, "AKID").fields.get("AWSAccessKeyId") == (
        "AKID" if service == "s3" else None
    )


def test_a_wrong_secret() -> None:
    error = refusal(call(), "sts", secret="other")
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message.startswith(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
        "Access Key and signing method. Consult the service documentation for details.\n\n"
        "The Canonical String for this request should have been\n'POST\n/\n\ncontent-type:application/"
    )
    assert "\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20261123T200000Z\n" in error.message
    error = refusal(call(service="ec2"), "ec2", secret="other")
    assert (error.code, error.status) == ("AuthFailure", 401)
    assert error.message == "AWS was not able to validate the provided access credentials"
    error = refusal(get_object(), "s3", secret="other")
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message.endswith("Check your key and signing method.")
    assert error.fields["AWSAccessKeyId"] == "AKIDEXAMPLE"
    assert error.fields["CanonicalRequest"].startswith("GET\n/bucket/key\n\nhost:")
    assert error.fields["StringToSign"].startswith(
        "AWS4-HMAC-SHA256\n20261123T200000Z\n20261123/us-east-1/s3/"
    )
    assert error.fields["StringToSignBytes"].startswith("41 57 53 34 2d")


def test_a_refusal_does_not_repeat_the_session_token() -> None:
    for request, service in ((call(token="the-token"), "sts"), (get_object(token="the-token"), "s3")):
        error = refusal(request, service, secret="other")
        assert "the-token" not in error.message + "".join(error.fields.values())
    error = refusal(presigned(token="the-token"), "s3", secret="other")
    assert "the-token" not in "".join(error.fields.values())


def test_a_clock_that_is_off() -> None:
    error = refusal(call(), "sts", now=AT + 901)
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message == (
        "Signature expired: 20261123T200000Z is now earlier than 20261123T200001Z "
        "(20261123T201501Z - 15 min.)"
    )
    error = refusal(call(), "sts", now=AT - 901)
    assert error.message == (
        "Signature not yet current: 20261123T200000Z is still later than 20261123T195959Z "
        "(20261123T194459Z + 15 min.)"
    )
    error = refusal(call(service="ec2"), "ec2", now=AT + 901)
    assert (error.code, error.status, error.message) == ("RequestExpired", 400, "Request has expired.")
    error = refusal(get_object(), "s3", now=AT + 901)
    assert (error.code, error.status) == ("RequestTimeTooSkewed", 403)
    assert error.message == "The difference between the request time and the current time is too large."
    assert error.fields == {
        "RequestTime": "20261123T200000Z",
        "ServerTime": "2026-11-23T20:15:01Z",
        "MaxAllowedSkewMilliseconds": "900000",
    }


def test_a_presigned_url_that_is_over_or_too_early() -> None:
    error = refusal(presigned(), "s3", now=AT + 3601)
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request has expired")
    assert error.fields == {
        "X-Amz-Expires": "3600",
        "Expires": "2026-11-23T21:00:00Z",
        "ServerTime": "2026-11-23T21:00:01Z",
    }
    error = refusal(presigned(), "s3", now=AT - 901)
    assert (error.code, error.message) == ("AccessDenied", "Request is not valid yet")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=ab",
            "Authorization header requires 'Credential' parameter. ",
        ),
        (
            "AWS4-HMAC-SHA256 Foo=Bar",
            (
                "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' "
                "parameter. Authorization header requires 'SignedHeaders' parameter. (Hashed with SHA-256"
            ),
        ),
        (
            "AWS4-HMAC-SHA256 FooBar",
            "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and",
        ),
        ("Bearer very-secret", "Invalid key=value pair (missing equal-sign) in Authorization header (hashed"),
        ("AWS5-HMAC-SHA256 Foo=Bar", "Unsupported AWS 'algorithm': 'AWS5-HMAC-SHA256'."),
        ("AWS4-ECDSA-P256-SHA256 Credential=a", "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."),
        ("AWS AKID:c2ln", "The authorization mechanism you have provided is not supported. Please use"),
        (
            "AWS4-HMAC-SHA256 Credential=AKID, SignedHeaders=host, Signature=ab",
            (
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
                "got 'AKID'"
            ),
        ),
    ],
)
def test_headers_that_iam_and_sts_cannot_read(header: str, message: str) -> None:
    error = refusal(with_header(call(), "authorization", header), "sts")
    assert (error.code, error.status) == ("IncompleteSignature", 400)
    assert error.message.startswith(message)
    assert "very-secret" not in error.message


def test_times_that_cannot_be_read() -> None:
    error = refusal(with_header(call(), "x-amz-date", "yesterday"), "sts")
    assert (error.code, error.message) == (
        "IncompleteSignature",
        "Date must be in ISO-8601 'basic format'. Got 'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601",
    )
    error = refusal(with_header(call(), "x-amz-date", None), "sts")
    assert error.message.startswith(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    )
    for value in (None, "yesterday", "20261323T000000Z"):
        error = refusal(with_header(get_object(), "x-amz-date", value), "s3")
        assert (error.code, error.status) == ("AccessDenied", 403)
        assert error.message == "AWS authentication requires a valid Date or x-amz-date header"


@pytest.mark.parametrize(
    ("header", "code", "message"),
    [
        ("Bearer x", "InvalidArgument", "Unsupported Authorization Type"),
        (
            "AWS AKID:c2ln",
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        ),
        (
            "AWS4-ECDSA-P256-SHA256 Credential=a",
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        ),
        (
            "AWS4-HMAC-SHA256 nonsense",
            "AuthorizationHeaderMalformed",
            'The authorization header is malformed; the authorization component "nonsense" is malformed.',
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a",
            "AuthorizationHeaderMalformed",
            (
                "The authorization header is malformed; the authorization header requires three components: "
                "Credential, SignedHeaders, and Signature."
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=",
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; missing Signature.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c",
            "AuthorizationHeaderMalformed",
            (
                "The authorization header is malformed; the Credential is mal-formed; expecting "
                '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20261123/us-east-1/s3/aws4, SignedHeaders=host, Signature=c",
            "AuthorizationHeaderMalformed",
            (
                'The authorization header is malformed; incorrect terminal "aws4". '
                'This endpoint uses "aws4_request".'
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/today/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=c",
            "AuthorizationHeaderMalformed",
            (
                'The authorization header is malformed; incorrect date format "today". '
                'This date in the credential must be in the format "yyyyMMdd".'
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20261123//s3/aws4_request, SignedHeaders=host, Signature=c",
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; a non-empty region must be provided in the credential.",
        ),
    ],
)
def test_headers_that_s3_cannot_read(header: str, code: str, message: str) -> None:
    error = refusal(with_header(get_object(), "authorization", header), "s3")
    assert (error.code, error.status, error.message) == (code, 400, message)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "X-Amz-Expires",
            "604801",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given",
        ),
        ("X-Amz-Expires", "-1", "X-Amz-Expires must be non-negative"),
        ("X-Amz-Expires", "undefined", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", None, "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-"),
        (
            "X-Amz-Signature",
            None,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-",
        ),
        ("X-Amz-Date", "now", "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""),
        ("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"'),
        (
            "X-Amz-Credential",
            "AKID",
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting",
        ),
    ],
)
def test_presigned_urls_that_s3_cannot_read(name: str, value: str | None, message: str) -> None:
    error = refusal(with_query(name, value), "s3")
    assert (error.code, error.status) == ("AuthorizationQueryParametersError", 400)
    assert error.message.startswith(message)


def test_a_signing_parameter_given_twice() -> None:
    request = presigned()
    request.query += "&X-Amz-Expires=604800"
    assert refusal(request, "s3").code == "AuthorizationQueryParametersError"


def test_a_presigned_call_that_sts_cannot_read() -> None:
    request = HttpRequest("GET", "/", "Action=A&X-Amz-Credential=" + SCOPE, [(b"host", b"sts.test")])
    error = refusal(request, "sts")
    assert error.code == "IncompleteSignature"
    assert error.message.startswith("AWS query-string parameters must include 'X-Amz-Algorithm'.")


def test_one_mechanism_at_a_time() -> None:
    request = get_object()
    request.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256"
    error = refusal(request, "s3")
    assert (error.code, error.status) == ("InvalidArgument", 400)
    assert error.message.startswith(
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter,"
    )
    assert error.fields["ArgumentName"] == "Authorization"
    for service, request in (("s3", get_object()), ("sts", call())):
        request.headers.append((b"authorization", b"AWS4-HMAC-SHA256 Credential=other"))
        assert refusal(request, service).message == error.message


@pytest.mark.parametrize("service", ["ec2", "iam"])
def test_version_2_is_refused(service: str) -> None:
    query = "AWSAccessKeyId=AKID&Signature=c2ln&Expires=1"
    with pytest.raises(AwsError, match="Please use AWS4-HMAC-SHA256"):
        parse(HttpRequest("GET", "/b/k", query, []), service)
    body = b"Action=ListUsers&SignatureVersion=2&AWSAccessKeyId=AKID&Signature=c2ln"
    with pytest.raises(AwsError, match="Please use AWS4-HMAC-SHA256"):
        parse(HttpRequest("POST", "/", "", [], body), "iam")


def test_a_scope_for_something_else() -> None:
    error = refusal(call(service="ec2"), "iam")
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message == "Credential should be scoped to correct service: 'iam'. "
    error = refusal(call(), "sts", region="eu-west-1")
    assert error.message == "Credential should be scoped to a valid region, not 'us-east-1'. "
    error = refusal(get_object(), "s3", region="eu-west-1")
    assert (error.code, error.status) == ("AuthorizationHeaderMalformed", 400)
    assert error.message == (
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"
    )
    assert error.fields == {"Region": "eu-west-1"}
    assert wrong_region("s3", "a", "b", presigned=True).code == "AuthorizationQueryParametersError"
    error = refusal(call(), "s3")
    assert error.message == (
        'The authorization header is malformed; incorrect service "sts". This endpoint belongs to "s3".'
    )
    other_day = (call().header(b"authorization") or "").replace("/20261123/", "/20261122/")
    error = refusal(with_header(call(), "authorization", other_day), "sts")
    assert error.message == (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        "'20261122' != '20261123', from '20261123T200000Z'."
    )
    terminator = (call().header(b"authorization") or "").replace("aws4_request", "aws5_request")
    error = refusal(with_header(call(), "authorization", terminator), "sts")
    assert "valid terminator: 'aws4_request', not 'aws5_request'." in error.message


def test_headers_that_must_be_signed() -> None:
    error = refusal(with_header(get_object(), "x-amz-acl", "public-read"), "s3")
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == "There were headers present in the request which were not signed"
    assert error.fields == {"HeadersNotSigned": "x-amz-acl"}
    assert refusal(with_header(presigned(), "x-amz-acl", "public-read"), "s3").fields == error.fields
    error = refusal(with_header(call(), "x-amz-target", "X.Y"), "sts")
    assert (error.code, error.message) == (
        "SignatureDoesNotMatch",
        "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
    )
    unsigned_host = (call().header(b"authorization") or "").replace("host;", "")
    error = refusal(with_header(call(), "authorization", unsigned_host), "sts")
    assert error.message == "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    error = refusal(with_header(call(), "content-type", None), "sts")
    assert error.message == (
        "'content-type' is named as a SignedHeader, but it does not exist in the HTTP request."
    )


def test_the_body_that_s3_was_told_of() -> None:
    put = sign(AWSRequest(method="PUT", url="https://s3.test/b/k", data=b"body"), "s3")
    put.body = b"bodx"
    error = refusal(put, "s3")
    assert (error.code, error.status) == ("XAmzContentSHA256Mismatch", 400)
    assert error.message == "The provided 'x-amz-content-sha256' header does not match what was computed."
    assert set(error.fields) == {"ClientComputedContentSHA256", "S3ComputedContentSHA256"}
    error = refusal(with_header(put, "x-amz-content-sha256", None), "s3")
    assert error.message == "Missing required header for this request: x-amz-content-sha256"
    error = refusal(with_header(put, "x-amz-content-sha256", "nonsense"), "s3")
    assert error.code == "InvalidArgument"
    assert error.message.startswith("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, ")


@pytest.mark.parametrize("query", ["a=%zz", "a=%", "a=%4"])
def test_escapes_that_are_none(query: str) -> None:
    request = call()
    request.query = query
    error = refusal(request, "sts")
    assert (error.code, error.status) == ("MalformedQueryString", 400)
    assert error.message == "Illegal hex character in escape % pattern: " + query.partition("=")[2]
    request = get_object()
    request.query = query
    assert refusal(request, "s3").code == "InvalidURI"
    request = get_object()
    request.path = "/" + query
    assert refusal(request, "s3").message == "Couldn't parse the specified URI."


@pytest.mark.parametrize(
    "header",
    [
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=" + "x" * 70000,
        "AWS4-HMAC-SHA256 Credential=" + SCOPE + ", SignedHeaders=" + "a;" * 9000 + ", Signature=" + "a" * 64,
        "AWS4-HMAC-SHA256 Credential=" + SCOPE + ", SignedHeaders=host, Signature=\xe9" + "a" * 63,
        "Signature=",
        ",,,=,=",
    ],
    ids=range(7),
)
def test_nonsense_is_refused_and_never_breaks(header: str) -> None:
    for service in ("sts", "s3", "ec2"):
        request = with_header(call(), "authorization", header)
        service_of(request)
        assert refusal(request, service).status in {400, 401, 403}
