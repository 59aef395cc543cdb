"""What is found in usage and registry, as pure functions over many pilots at once."""
