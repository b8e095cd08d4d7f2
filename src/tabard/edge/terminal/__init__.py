"""The terminal in the browser: a login shell on an instance over a WebSocket, opened with a presigned URL.

What is said on it stands in ``docs/console.md``. The console asks for it with the credentials of whoever is signed in; it is
authorised as AWS's browser client is, by ``ec2-instance-connect:SendSSHPublicKey`` on the instance.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-connect-configure-IAM-role.html
"""

from tabard.edge.terminal.door import Directory, TerminalDoor

__all__ = ["Directory", "TerminalDoor"]
