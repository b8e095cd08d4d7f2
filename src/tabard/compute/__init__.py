"""Where instances run: a port (``port.py``) and its drivers. An instance is a real Linux environment with
real processes."""
