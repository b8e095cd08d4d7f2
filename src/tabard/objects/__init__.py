"""Floor 3: the bytes of objects. ``port`` says what keeps them; ``local/`` keeps them on this disk."""
