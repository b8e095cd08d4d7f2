"""Floor 0: the values that every floor speaks of. Standard library only."""
