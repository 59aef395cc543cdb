"""Commands that people type in a chat: one table, from which parsing, help, menus and manifests are made."""
