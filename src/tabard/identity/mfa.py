"""Codes of virtual MFA devices: TOTP (RFC 6238) with SHA-1, six digits and thirty seconds, as AWS's.

A code counts for the step that it belongs to and one step either side, and once: a device remembers the newest step
whose code was accepted. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.core.sources import Random
    from tabard.identity.keyring import KeyRing
    from tabard.store.iam_credentials import MfaDevice
    from tabard.store.port import View

STEP = 30
_PURPOSE = b"mfa-seed"
_SEED_BYTES = 40
_TOLERANCE = 1


def new_seed(random: Random) -> bytes:
    """A device's seed; in base32 it is 64 characters."""
    return random(_SEED_BYTES)


def base32(seed: bytes) -> bytes:
    """A seed as people type it into an authenticator."""
    return base64.b32encode(seed)


def seal_seed(keys: KeyRing, serial: str, seed: bytes) -> bytes:
    """A seed sealed for the device of this serial number."""
    return keys.seal(_PURPOSE + serial.encode(), seed)


def code_of(seed: bytes, step: int) -> str:
    """The six digits of a step (RFC 4226, 5.3)."""
    digest = hmac.new(seed, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0xF
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def step_at(now: float) -> int:
    """The step of an instant."""
    return int(now) // STEP


class Accepted(NamedTuple):
    """A code that was right: the device, and the step it was for."""

    device: MfaDevice
    step: int


def verify(keys: KeyRing, devices: Iterable[MfaDevice], code: str, now: float) -> Accepted | None:
    """The device of these whose code this is now; None where it is none's, or was used. Then ``consume`` it."""
    for device in devices:
        step = _match(keys, device, (code,), step_at(now) + device.drift, _TOLERANCE)
        if step is not None and step > device.last_step:
            return Accepted(device, step)
    return None


class Attempts:
    """Bounds guessing: after ten wrong codes in a row a device is asked once in thirty seconds, until one is right.

    Only who holds a user's password or key can try that user's devices, so that nobody is locked out by others.
    """

    NAME = "identity.mfa_attempts"
    """Where a node's extensions keep its one."""
    _FREE = 10

    def __init__(self) -> None:
        self._failed: dict[str, tuple[int, int]] = {}

    @classmethod
    def of(cls, extensions: dict[str, Any]) -> Attempts:
        """A node's own, made at first."""
        found = extensions.setdefault(cls.NAME, cls())
        assert isinstance(found, cls)  # noqa: S101 - the name is ours
        return found

    def verify(self, keys: KeyRing, devices: Iterable[MfaDevice], code: str, now: float) -> Accepted | None:
        """As ``verify``, but refusing unread what comes too often."""
        step = step_at(now)
        asked = [device for device in devices if self._may_try(device.id, step)]
        accepted = verify(keys, asked, code, now)
        for device in asked:
            if accepted is not None:
                self._failed.pop(device.id, None)
            else:
                self._failed[device.id] = (self._failed.get(device.id, (0, 0))[0] + 1, step)
        return accepted

    def _may_try(self, device_id: str, step: int) -> bool:
        count, last = self._failed.get(device_id, (0, 0))
        return count < self._FREE or step > last


def verify_two(
    keys: KeyRing, device: MfaDevice, codes: tuple[str, str], now: float, tolerance: int = _TOLERANCE
) -> int | None:
    """The step of the second of two consecutive codes, neither of them used; None where they are not."""
    step = _match(keys, device, codes, step_at(now), tolerance)
    return step if step is not None and step - 1 > device.last_step else None


def consume(view: View, accepted: Accepted) -> bool:
    """In a transaction: remember that a code was used; False where it was used meanwhile, or the device is not in use."""
    devices = view.iam.credentials.mfa_devices
    device = devices.get(accepted.device.account, accepted.device.id)
    if device is None or device.owner != accepted.device.owner or device.last_step >= accepted.step:
        return False
    devices.put(replace(device, last_step=accepted.step))
    return True


def _match(keys: KeyRing, device: MfaDevice, codes: tuple[str, ...], now: int, tolerance: int) -> int | None:
    """The step of the last of consecutive codes, within a tolerance of now, the nearest first."""
    seed = keys.open(_PURPOSE + device.id.encode(), device.secret)
    if seed is None:
        return None
    first = max(0, now - tolerance - len(codes) + 1)
    shown = {step: code_of(seed, step) for step in range(first, now + tolerance + 1)}
    given, found = "".join(codes).encode(), None
    for distance in range(tolerance + 1):
        for step in {now + distance, now - distance}:
            expected = "".join(shown.get(each, "") for each in range(step - len(codes) + 1, step + 1))
            if hmac.compare_digest(expected.encode(), given) and found is None:
                found = step
    return found
