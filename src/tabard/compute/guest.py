"""What an instance looks like from inside, whichever driver runs it: its user, environment, home and files in
``/etc``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.compute.port import MachineSpec

USER = "ec2-user"
USER_ID = 1000
HOME = f"/home/{USER}"
SHELL = "/bin/bash"
LOGIN_SHELL_NAME = "-bash"  # the dash makes it a login shell
TOOLS_PATH = "/opt/aws/bin"
PATH = (
    f"{TOOLS_PATH}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:{HOME}/.local/bin:{HOME}/bin"
)
CLOUD_INIT_LOG = "/var/log/cloud-init-output.log"

_BASHRC = r"""# Settings for every interactive bash.
[ -n "$PS1" ] || return 0
PS1='[\u@\h \W]\$ '
shopt -s checkwinsize
"""

# Amazon Linux's skeleton: login shells read .bash_profile, which reads .bashrc, which reads /etc/bashrc
SKELETON: Mapping[str, str] = {
    ".bash_logout": "# ~/.bash_logout\n",
    ".bash_profile": "# ~/.bash_profile\n\nif [ -f ~/.bashrc ]; then\n\t. ~/.bashrc\nfi\n",
    ".bashrc": "# ~/.bashrc\n\nif [ -f /etc/bashrc ]; then\n\t. /etc/bashrc\nfi\n",
}


def environment(spec: MachineSpec) -> dict[str, str]:
    """What every process starts with: the basics that a login sets, and what the specification adds. Nothing
    of the server's."""
    basics = {
        "PATH": PATH,
        "HOME": HOME,
        "USER": USER,
        "LOGNAME": USER,
        "SHELL": SHELL,
        "LANG": "C.UTF-8",
    }
    return {**basics, **spec.environment}


def etc_files(spec: MachineSpec) -> dict[str, str]:
    """The files that are made for this instance, by their absolute path."""
    names = f"{spec.hostname}.ec2.internal {spec.hostname}"
    files = {
        "/etc/passwd": "root:x:0:0:root:/root:/sbin/nologin\n"
        f"{USER}:x:{USER_ID}:{USER_ID}:EC2 Default User:{HOME}:{SHELL}\n"
        "nobody:x:65534:65534:Kernel Overflow User:/:/sbin/nologin\n",
        "/etc/group": f"root:x:0:\n{USER}:x:{USER_ID}:\nnogroup:x:65534:\n",
        "/etc/hostname": f"{spec.hostname}\n",
        "/etc/hosts": f"127.0.0.1 localhost localhost.localdomain\n{spec.private_ip} {names}\n",
        "/etc/resolv.conf": "# There is no network beyond this instance, and so no name server.\n"
        "options timeout:1 attempts:1\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n"
        "services: files\nprotocols: files\n",
        "/etc/host.conf": "multi on\n",
        "/etc/shells": "/bin/sh\n/bin/bash\n",
        "/etc/profile": "# Login shells read this first.\numask 022\n",
        "/etc/bashrc": _BASHRC,
        "/etc/bash.bashrc": _BASHRC,
        "/etc/inputrc": "set bell-style none\nset enable-bracketed-paste off\n"
        '"\\e[1~": beginning-of-line\n"\\e[4~": end-of-line\n"\\e[3~": delete-char\n',
    }
    return {**files, **spec.files}
