"""The sandbox driver: an instance is a set of Linux namespaces over the host's user land, with a small agent
as process 1."""
