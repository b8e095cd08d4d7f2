"""What is wrong with a policy document, in AWS's words."""

from __future__ import annotations

from tabard.core.errors import AwsError


class PolicyError(AwsError):
    """A refused policy document: ``MalformedPolicyDocument`` for IAM and STS, ``MalformedPolicy`` for S3."""


def malformed(message: str) -> PolicyError:
    """IAM's and STS's refusal: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html."""
    return PolicyError("MalformedPolicyDocument", message, 400)


def malformed_bucket_policy(message: str) -> PolicyError:
    """S3's refusal: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""
    return PolicyError("MalformedPolicy", message, 400)
