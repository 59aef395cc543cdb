"""Importers: one file per format of registry or telemetry, over one reader of tables."""
