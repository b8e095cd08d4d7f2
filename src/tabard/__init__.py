"""Tabard: a self-hosted identity plane that speaks AWS's own protocols. Wear a role, carry no keys."""

__version__ = "0.1.0"
