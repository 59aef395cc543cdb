"""Local chats that speak the wire of the real ones: for tests, and to look at what people will see."""
