"""What a bucket may be called: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""

from __future__ import annotations

import re

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_ADDRESS = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\Z")
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")


def is_bucket_name(name: str) -> bool:
    """Whether a new bucket may have this name."""
    return (
        _NAME.match(name) is not None
        and ".." not in name
        and _ADDRESS.match(name) is None
        and not name.startswith(_PREFIXES)
        and not name.endswith(_SUFFIXES)
    )
