"""No credential is stored: neither on the instance's disk nor in the server's data."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tabard.cli.lab.lab import ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tabard.cli.lab.lab import Lab

TITLE = "No credential is on the instance's disk"
NEEDS = ("role", "buckets", "instance", "login", "worn")

# kinds of file system that hold no files of anybody's: processes, devices, terminals, queues, the kernel's settings
_NO_DISK = "proc|sysfs|devpts|mqueue|cgroup|cgroup2|devtmpfs"
# where a user may write: the home, and scratch folders that end with the instance
_WRITABLE = {"/home/ec2-user", "/tmp", "/var/tmp", "/var/log", "/dev/shm", "/run/user/1000"}  # noqa: S108 - the guest's
# the needles come through a pipe (printf is bash's own): the search itself must not put them on the disk
_SEARCH = r"""
needles() {{ printf '%s\n' {needles}; }}
mounts() {{ awk -v wanted="$1" '{{
  for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^({no_disk})$/) next
  split($6, options, ","); if (options[1] == wanted) print $5
}}' /proc/self/mountinfo | sort -u; }}
mapfile -t writable < <(mounts rw)
mapfile -t fixed < <(mounts ro)
echo "writable: ${{writable[*]}}"
echo "files: $(find "${{writable[@]}}" -xdev -type f 2>/dev/null | wc -l)"
find "${{writable[@]}}" -xdev ! -readable -printf 'found: %p, which cannot be read\n' 2>/dev/null
grep -rlaF --devices=skip -f <(needles) "${{writable[@]}}" 2>&1 | sed 's/^/found: /'
find / \( -path /proc -o -path /sys \) -prune -o -type f -newermt @{launched} -print0 2>/dev/null |
  xargs -0r grep -laF -f <(needles) 2>&1 | sed 's/^/found: /'
for mount in "${{fixed[@]}}"; do
  if [ -d "$mount" ] && (: >"$mount/.tabard-lab") 2>/dev/null; then echo "written: $mount"; rm "$mount/.tabard-lab"; fi
done
echo "read-only: ${{fixed[*]}}"
for place in / /usr /etc /opt /var; do
  if (: >"$place/.tabard-lab") 2>/dev/null; then echo "written: $place"; rm "$place/.tabard-lab"; fi
done
"""


def tell(lab: Lab) -> None:
    """Use the credentials, then look for them everywhere."""
    stage = lab.stage
    program = stage.program()
    got = program.take_credentials(ROLE)
    needles = [got.get(name, "") for name in ("AccessKeyId", "SecretAccessKey", "Token")]
    lab.require(
        "no-credential-on-disk", all(needles), "credentials to look for", "the metadata service gave none"
    )
    lab.on_instance(stage.terminal, "aws s3 ls > /dev/null; ls -A")
    _search_instance(lab, needles)
    _search_server(lab, needles[1:])


def _search_instance(lab: Lab, needles: Sequence[str]) -> None:
    stage = lab.stage
    script = _SEARCH.format(
        needles=shlex.join(needles), no_disk=_NO_DISK, launched=int(stage.launched_at) - 1
    )
    lab.transcript.note(
        "search every writable mount, and every file newer than the launch, for key, secret and token"
    )
    done = stage.guest.run(script)
    lab.transcript.output(done.text, done.seconds)
    told = [row.partition(": ") for row in done.stdout.splitlines()]
    found = sorted({what for kind, _, what in told if kind == "found"})
    places = [what for kind, _, what in told if kind == "writable"]
    searched = places and "/home/ec2-user" in places[0].split() and done.status == 0
    lab.claim(
        "no-credential-on-disk",
        holds=bool(searched) and not found,
        expected="a search of every writable mount, the home among them, that finds nothing",
        seen="\n".join(found) or done.text,
    )
    written = sorted({what for kind, _, what in told if kind == "written"})
    fixed = [what for kind, _, whats in told if kind == "read-only" for what in whats.split()]
    unexpected = sorted(
        {what for kind, _, whats in told if kind == "writable" for what in whats.split()} - _WRITABLE
    )
    lab.claim(
        "rest-read-only",
        holds=not (written or unexpected) and "/usr" in fixed,
        expected=f"mounts that refuse to be written, but for {' '.join(sorted(_WRITABLE))}",
        seen=f"written: {' '.join(written)}; writable: {' '.join(unexpected)}; read-only: {' '.join(fixed)}",
    )


def _search_server(lab: Lab, needles: Sequence[str]) -> None:
    wanted = [needle.encode() for needle in needles]
    found = [
        str(path) for path, content in _files(lab.server.data) if any(needle in content for needle in wanted)
    ]
    lab.claim(
        "no-credential-on-server",
        holds=not found,
        expected="no file with secret or token",
        seen="\n".join(found),
    )


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()
