"""`tabard credentials`: credentials of roles for programs on any host, as AWS's SDKs ask for them.

* ``process`` prints them once, for ``credential_process`` in a profile.
* ``serve`` answers on loopback, for ``AWS_CONTAINER_CREDENTIALS_FULL_URI``.
"""
