"""Elastic IP addresses: there are none.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html.
"""

from __future__ import annotations

from typing import Any

from tabard.core.errors import AwsError
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.operation import READ, Call


@ec2_operation("DescribeAddresses", READ, checks=on_anything("ec2:DescribeAddresses"))
def describe_addresses(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The account's Elastic IP addresses, of which it has none."""
    for address in request.get("PublicIps") or ():
        raise AwsError("InvalidAddress.NotFound", f"Address '{address}' not found.")
    for allocation in request.get("AllocationIds") or ():
        raise AwsError("InvalidAllocationID.NotFound", f"The allocation ID '{allocation}' does not exist")
    return {"Addresses": []}
