"""The terminal chat: a person's messages and replies without any chat service."""
