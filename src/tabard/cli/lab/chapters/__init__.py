"""The chapters of the story, a file each: ``TITLE``, ``NEEDS`` (what of the stage must be there) and ``tell``."""
