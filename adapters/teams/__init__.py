"""Microsoft Teams: the bot's address, its cards, and the Bot Connector."""
