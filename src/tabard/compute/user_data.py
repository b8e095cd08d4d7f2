"""User data: the script that an instance runs at its first boot.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.compute import guest
from tabard.compute.run import run

if TYPE_CHECKING:
    from tabard.compute.port import ExitStatus, Machine

_RUN_SCRIPT = f"""exec >>{guest.CLOUD_INIT_LOG} 2>&1
script=$(mktemp /tmp/user-data.XXXXXX) && cat >"$script" && chmod 700 "$script" || exit 1
"$script" </dev/null
status=$?
rm -f "$script"
[ $status = 0 ] || echo "cloud-init: the user data script ended with $status"
exit $status"""
_SKIPPED = f"""exec >>{guest.CLOUD_INIT_LOG} 2>&1
echo "cloud-init: user data that does not begin with '#!' is not run: only scripts are, no cloud-config"
"""


async def run_user_data(machine: Machine, user_data: bytes) -> ExitStatus | None:
    """Run user data as ec2-user and wait for its end; None where there is none to run or this is not the
    first boot.

    ``user_data`` is what the caller of RunInstances meant, decoded. Output goes to
    ``/var/log/cloud-init-output.log`` inside. Only scripts (``#!``) run; the log says so of anything else.
    """
    if not user_data.strip() or not machine.first_boot:
        return None
    if not user_data.startswith(b"#!"):
        await run(machine, [guest.SHELL, "-c", _SKIPPED])
        return None
    completed = await run(machine, [guest.SHELL, "-c", _RUN_SCRIPT], stdin=user_data, cwd="/")
    return completed.status
