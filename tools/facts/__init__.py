"""Readers that turn the reference tables into one long table of facts, one module per subject."""
