"""Everything that touches the world: store, chats, files, clock."""
