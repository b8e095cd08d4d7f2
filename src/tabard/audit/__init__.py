"""Floor 3: the trail of who did what and why it was allowed or denied. ``port`` says what a trail is; drivers beside it."""
