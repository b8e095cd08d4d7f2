"""S3's errors, with the members that each carries beside code and message.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from tabard.core.errors import AwsError


def no_such_bucket(name: str) -> AwsError:
    """There is no bucket of that name."""
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404, {"BucketName": name})


def invalid_bucket_name(name: str) -> AwsError:
    """No bucket can have that name."""
    return AwsError("InvalidBucketName", "The specified bucket is not valid.", 400, {"BucketName": name})


def no_such_key(key: str) -> AwsError:
    """There is no object under that key."""
    return AwsError("NoSuchKey", "The specified key does not exist.", 404, {"Key": key})


def no_such_upload(upload: str) -> AwsError:
    """The upload never was, or was aborted, or completed."""
    return AwsError(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
        "aborted or completed.",
        404,
        {"UploadId": upload},
    )


def wrong_region(asked: str, region: str, *, head: bool) -> AwsError:
    """The request was signed for a region that the bucket is not in; clients then sign again for the right one.

    A HEAD has no body, so that its status (301, as on AWS) and the header must do.
    """
    if head:
        return AwsError("PermanentRedirect", "Moved Permanently", 301, {"@x-amz-bucket-region": region})
    return AwsError(
        "AuthorizationHeaderMalformed",
        f"The authorization header is malformed; the region '{asked}' is wrong; expecting '{region}'",
        400,
        {"Region": region, "@x-amz-bucket-region": region},
    )


def access_denied() -> AwsError:
    """A refusal that says no more."""
    return AwsError("AccessDenied", "Access Denied", 403)


def invalid_argument(message: str, name: str, value: str) -> AwsError:
    """A parameter whose value S3 does not take."""
    return AwsError("InvalidArgument", message, 400, {"ArgumentName": name, "ArgumentValue": value})


def invalid_request(message: str) -> AwsError:
    """A request whose parts do not go together."""
    return AwsError("InvalidRequest", message, 400)


def not_implemented(header: str) -> AwsError:
    """A header that asks for what is not built: S3's own words for it, rather than ignoring the wish."""
    return AwsError(
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
        501,
        {"Header": header},
    )


def acls_are_off() -> AwsError:
    """Every bucket's objects are its owner's, and nobody else is let in by lists."""
    return AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)


def malformed_xml() -> AwsError:
    """A document that says what its operation can not take."""
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
        400,
    )


def precondition_failed(condition: str) -> AwsError:
    """One of the If- headers does not hold."""
    return AwsError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
        {"Condition": condition},
    )


def not_modified(etag: str, modified_at: str) -> AwsError:
    """The client's copy is still good; the reply has no body."""
    return AwsError("NotModified", "Not Modified", 304, {"@etag": etag, "@last-modified": modified_at})


def entity_too_large(size: int, at_most: int) -> AwsError:
    """An upload beyond what one request may carry."""
    return AwsError(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        400,
        {"ProposedSize": str(size), "MaxSizeAllowed": str(at_most)},
    )
