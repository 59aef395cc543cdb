"""Signals beside drop-off, stall and stage age: reasons that lead to an ask (docs/signals.md)."""
