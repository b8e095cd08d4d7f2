"""The driver for this machine's disk: a file per blob."""

from tabard.objects.local.blobs import LocalBlobs

__all__ = ["LocalBlobs"]
