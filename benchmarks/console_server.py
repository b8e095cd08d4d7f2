"""A server for the console's figures: Tabard with a quota of 5,000 roles, which AWS grants on request."""

from __future__ import annotations

from tests.support.run_server import main

from tabard.services.iam import quotas

ROLES = 5000

if __name__ == "__main__":
    setattr(quotas, "ROLES", ROLES)  # noqa: B010 - it is Final for everybody else
    main()
