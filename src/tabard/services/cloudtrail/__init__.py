"""AWS CloudTrail's event history: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html.

Importing the package registers its operation. There are no trails to configure: every call is recorded, always.
"""

from tabard.services.cloudtrail import lookup_events

__all__ = ["lookup_events"]
