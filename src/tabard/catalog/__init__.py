"""Floor 1: static facts about AWS. Nothing is read until it is asked for.

``managed_policies``, ``service_reference``, ``condition_keys``, ``regions`` and ``instance_types`` are
the tables; the files in ``data/`` are made by ``tools/build_catalog.py`` and described in
``data/SOURCES.md``.
"""
