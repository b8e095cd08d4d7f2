"""What runs outside the server: launching, and process 1 of an instance. Standard library only, started with
``-I -S``."""
