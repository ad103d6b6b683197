"""Makers of rows, one file per feature."""
