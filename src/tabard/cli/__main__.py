"""``python -m tabard.cli`` is ``tabard``."""

from __future__ import annotations

import sys

from tabard.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
