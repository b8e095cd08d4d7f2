"""What AWS's services do on the wire that botocore's models do not say. The codecs know no service; this table does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tabard.wire.scalars import (
    format_iso8601,
    format_iso8601_milliseconds,
    format_iso8601_seconds,
    format_iso8601_zero_milliseconds,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.wire.scalars import Format

S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One service's ways.

    ``namespace`` is the replies' XML namespace where the model has none. ``roots`` names the root elements of replies whose
    output shape does not; ``unwrapped`` are operations whose only member is the root itself. ``text_payload`` is the content
    type of a payload that is text. ``amazon_ids`` puts S3's two id headers on replies and has errors stand alone.
    ``buckets`` routes by bucket and key, in virtual-host style too; ``hoists`` takes ``x-amz-`` headers from the query
    string, where signers put them into presigned URLs. ``patterns`` are those that the service checks by itself, with its
    words; ``enums`` are code and message for a value outside an enumeration, by its shape; ``arguments`` are messages for
    an argument of the wrong type, by its name; ``codes`` are those of a value out of its bounds that has an error of its own,
    by its shape. ``statuses`` are those of replies that the model believes to be 200.
    """

    namespace: str = ""
    timestamps: Format = format_iso8601
    roots: Mapping[str, str] = field(default_factory=dict)
    unwrapped: frozenset[str] = frozenset()
    text_payload: str = "text/plain"
    amazon_ids: bool = False
    buckets: bool = False
    hoists: bool = False
    patterns: Mapping[str, str] = field(default_factory=dict)
    enums: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)


PLAIN = Dialect()

DIALECTS: dict[str, Dialect] = {
    "iam": Dialect(
        timestamps=format_iso8601_seconds,
        patterns={
            r"[\w+=,.@-]+": "The specified value for {name} is invalid. It must contain only alphanumeric characters and/or "
            "the following: +=,.@_-",
            r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)": "The specified value for {name} is invalid. It must begin and end "
            "with / and contain only alphanumeric characters and/or / characters.",
        },
    ),
    "sts": Dialect(timestamps=format_iso8601_seconds),
    "ec2": Dialect(timestamps=format_iso8601_milliseconds),
    "cloudtrail": Dialect(codes={"MaxResults": "InvalidMaxResultsException"}),
    "s3": Dialect(
        namespace=S3_NAMESPACE,
        timestamps=format_iso8601_zero_milliseconds,
        roots={
            "CompleteMultipartUpload": "CompleteMultipartUploadResult",
            "CreateMultipartUpload": "InitiateMultipartUploadResult",
            "CreateSession": "CreateSessionResult",
            "DeleteObjects": "DeleteResult",
            "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
            "GetBucketAcl": "AccessControlPolicy",
            "GetBucketCors": "CORSConfiguration",
            "GetBucketLifecycle": "LifecycleConfiguration",
            "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
            "GetBucketLocation": "LocationConstraint",
            "GetBucketLogging": "BucketLoggingStatus",
            "GetBucketNotification": "NotificationConfiguration",
            "GetBucketNotificationConfiguration": "NotificationConfiguration",
            "GetBucketRequestPayment": "RequestPaymentConfiguration",
            "GetBucketTagging": "Tagging",
            "GetBucketVersioning": "VersioningConfiguration",
            "GetBucketWebsite": "WebsiteConfiguration",
            "GetObjectAcl": "AccessControlPolicy",
            "GetObjectAttributes": "GetObjectAttributesResponse",
            "GetObjectTagging": "Tagging",
            "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
            "ListBucketIntelligentTieringConfigurations": "ListBucketIntelligentTieringConfigurationsResult",
            "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
            "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
            "ListBuckets": "ListAllMyBucketsResult",
            "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
            "ListMultipartUploads": "ListMultipartUploadsResult",
            "ListObjectAnnotations": "ListObjectAnnotationsResult",
            "ListObjectVersions": "ListVersionsResult",
            "ListObjects": "ListBucketResult",
            "ListObjectsV2": "ListBucketResult",
            "ListParts": "ListPartsResult",
            "PutObjectAnnotation": "PutObjectAnnotationResult",
        },
        unwrapped=frozenset({"GetBucketLocation"}),
        text_payload="application/json",
        amazon_ids=True,
        buckets=True,
        hoists=True,
        enums={
            "StorageClass": ("InvalidStorageClass", "The storage class you specified is not valid"),
            "BucketLocationConstraint": (
                "InvalidLocationConstraint",
                "The specified location-constraint is not valid",
            ),
            "EncodingType": ("InvalidArgument", "Invalid Encoding Method specified in Request"),
        },
        arguments={"partNumber": "Part number must be an integer between 1 and 10000, inclusive"},
        statuses=dict.fromkeys(
            (
                "PutBucketAnalyticsConfiguration",
                "PutBucketIntelligentTieringConfiguration",
                "PutBucketInventoryConfiguration",
                "PutBucketMetricsConfiguration",
                "PutBucketPolicy",
                "PutBucketTagging",
            ),
            204,
        ),
    ),
}

SCOPES: dict[str, str] = {
    name: name for name in ("cloudtrail", "ec2", "ec2-instance-connect", "iam", "s3", "sts")
}
"""From a credential scope's service to botocore's name of it: every service that is routed to."""
