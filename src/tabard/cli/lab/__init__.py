"""`tabard lab`: the story that must always work, told with the real aws and ssh, every claim of it checked.

``claims.py`` is the list of what is claimed; ``chapters/`` tells it, a file each; ``lab.py`` is what a chapter has at hand.
"""
