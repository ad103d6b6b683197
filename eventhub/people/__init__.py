"""Persons, organizations, sign-in, roles and consent."""
