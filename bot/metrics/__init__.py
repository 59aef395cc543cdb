"""Figures of pilots that detection and the status views share."""
