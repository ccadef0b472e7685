"""Connectors: one package for each calendar service; its oddities never leave it."""
