"""The unmodified AWS CLI without its start: a process that has read its code, and forks for every command.

Four fifths of what a command costs is reading the CLI's code. The lab runs hundreds of commands while it is sabotaged; each of
them still is a process of its own, with its own arguments, environment and folder.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tabard.cli.lab.processes import AWS, Completed, undisturbed
from tabard.cli.lab.processes import run as run_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class QuickAws:
    """In the place of ``processes.run``: runs ``aws`` from the process that forks, all else as ever."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tabard-aws-")
        self._one_at_a_time = threading.Lock()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.end_to_end.lab.quick_aws", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=Path(__file__).parents[3],
                env={**undisturbed(Path(self._folder.name)), "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        self._line = ours.makefile("rw")
        ours.close()

    def __call__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        stdin: str = "",
        longest: float = 120.0,
    ) -> Completed:
        """As ``processes.run``."""
        if command[0] != str(AWS) or stdin:
            return run_program(command, environment, folder, stdin=stdin, longest=longest)
        with self._one_at_a_time:
            return self._asked(command, environment, folder)

    def _asked(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Completed:
        began = time.monotonic()
        out, err = Path(self._folder.name, "out"), Path(self._folder.name, "err")
        asked = {
            "argv": list(command),
            "env": dict(environment),
            "cwd": str(folder),
            "out": str(out),
            "err": str(err),
        }
        self._line.write(json.dumps(asked) + "\n")
        self._line.flush()
        status = int(self._line.readline())
        return Completed(
            status, out.read_text(errors="replace"), err.read_text(errors="replace"), time.monotonic() - began
        )

    def close(self) -> None:
        """End the process."""
        self._line.close()
        self._process.wait(20)
        self._folder.cleanup()


def serve(descriptor: int) -> None:
    """Fork for every command that is asked for, and answer with its exit status."""
    import importlib

    for module in ("clidriver", "handlers", "botocore.client", "botocore.endpoint", "botocore.httpsession"):
        importlib.import_module(f"awscli.{module}")
    with socket.socket(fileno=descriptor) as line, line.makefile("rw") as told:
        for asked in told:
            pid = os.fork()
            if pid == 0:
                _become(json.loads(asked))
            _, status = os.waitpid(pid, 0)
            told.write(f"{os.waitstatus_to_exitcode(status)}\n")
            told.flush()


def _become(asked: dict[str, Any]) -> None:
    """Run the command in this process, and end it."""
    import awscli.clidriver

    status = 255
    try:
        for number, path in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(path, flags, 0o600), number)
        where_its_data_is = os.environ["AWS_DATA_PATH"]  # the CLI itself says so when its code is read
        os.environ.clear()
        os.environ.update(asked["env"], AWS_DATA_PATH=where_its_data_is)
        os.chdir(asked["cwd"])
        sys.argv = asked["argv"]
        status = awscli.clidriver.main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except Exception:  # noqa: BLE001 - shown, as an interpreter would show it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
