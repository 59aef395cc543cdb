"""Slack: the thin edge between its wire and the core."""
