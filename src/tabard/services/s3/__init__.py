"""Simple Storage Service: https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html.

Importing the package registers its operations. A node that serves them has ``extensions["objects"]``, the keeper of
the objects' bytes (``tabard.objects.port.ObjectBytes``).
"""

from tabard.services.s3 import (
    bucket_encryption,
    bucket_policy,
    bucket_settings,
    bucket_tags,
    buckets,
    copy_object,
    delete_objects,
    listing,
    multipart,
    multipart_listing,
    object_attributes,
    object_read,
    object_tags,
    objects,
    public_access,
    upload_parts,
    version_listing,
)
from tabard.services.s3.runtime import OBJECTS, sweep_orphans

__all__ = [
    "OBJECTS",
    "bucket_encryption",
    "bucket_policy",
    "bucket_settings",
    "bucket_tags",
    "buckets",
    "copy_object",
    "delete_objects",
    "listing",
    "multipart",
    "multipart_listing",
    "object_attributes",
    "object_read",
    "object_tags",
    "objects",
    "public_access",
    "sweep_orphans",
    "upload_parts",
    "version_listing",
]
