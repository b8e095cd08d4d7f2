"""What an account may have at most, in each region:
https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html.
"""

INSTANCES_AT_MOST = 500
"""Instances that are not terminated."""

SECURITY_GROUPS_AT_MOST = 2500
RULES_AT_MOST = 60
"""Rules of a security group in each direction."""

GROUPS_PER_INTERFACE_AT_MOST = 5

USER_DATA_AT_MOST = 16_384
"""Bytes, before base64."""
