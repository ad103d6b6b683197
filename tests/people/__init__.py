"""Persons: sign-in, My page, roles, leaving."""
