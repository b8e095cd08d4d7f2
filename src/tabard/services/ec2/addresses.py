"""Addresses of instances: a private one of the subnet, and a public one of the host's loopback network.

An instance in 172.31.93.212 is reached at 127.31.93.212 where that is free, otherwise at another address of
127.31.0.0/16: the public address is unique on this host, over all accounts and regions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.core.errors import AwsError
from tabard.services.ec2.errors import invalid_value

if TYPE_CHECKING:
    from tabard.core.sources import Random
    from tabard.services.ec2.default_network import Subnet
    from tabard.store.port import View

_TRIES = 64


class AddressPool:
    """The free addresses as one transaction sees them, while it hands out several."""

    def __init__(self, view: View, account: str, region: str, random: Random) -> None:
        self._view = view
        self._random = random
        self._private = {each.private_ip for each in view.ec2.instances.all(account, region)}
        self._public: set[str] = set()

    def take_private(self, subnet: Subnet, wanted: str | None = None, *, with_public: bool = True) -> str:
        """A free address of the subnet, or the wanted one; raises ``AwsError`` where there is none."""
        if wanted is not None:
            return self._wanted(subnet, wanted)
        for attempt in range(_TRIES):
            address = subnet.address(self._number())
            if address in self._private:
                continue
            if with_public and attempt < _TRIES // 2 and not self._is_free(_twin(address)):
                continue
            self._private.add(address)
            return address
        for number in range(subnet.capacity):
            address = subnet.address(number)
            if address not in self._private:
                self._private.add(address)
                return address
        raise AwsError(
            "InsufficientFreeAddressesInSubnet",
            f"There are not enough free addresses in subnet '{subnet.id}' to satisfy the requested number of instances.",
        )

    def take_public(self, private: str) -> str:
        """A free public address for a private one: its twin where possible."""
        address = _twin(private)
        for _ in range(_TRIES):
            if self._is_free(address):
                self._public.add(address)
                return address
            number = self._number()
            address = f"127.31.{number >> 8 & 255}.{number % 254 + 1}"
        raise AwsError("AddressLimitExceeded", "There is no free public address on this host.")

    def _wanted(self, subnet: Subnet, wanted: str) -> str:
        try:
            offered = subnet.offers(wanted)
        except ValueError:
            raise invalid_value(
                f"Value ({wanted}) for parameter PrivateIpAddress is invalid. Invalid IPv4 address"
            ) from None
        if not offered:
            raise invalid_value("Address does not fall within the subnet's address range")
        if wanted in self._private:
            raise AwsError("InvalidIPAddress.InUse", f"Address {wanted} is in use.")
        self._private.add(wanted)
        return wanted

    def _number(self) -> int:
        return int.from_bytes(self._random(3), "big")

    def _is_free(self, address: str) -> bool:
        return address not in self._public and self._view.ec2.instances.with_public_ip(address) is None


def _twin(private: str) -> str:
    """The loopback address with the same last octets."""
    return ".".join(["127", "31", *private.split(".")[2:]])
