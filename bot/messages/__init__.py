"""Chat-neutral messages and their words."""
