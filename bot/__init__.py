"""The core: everything from metrics to messages is a function of its arguments."""
