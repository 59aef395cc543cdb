"""The process: commands, settings, wiring, schedule."""
