"""Registrations: from a draft to a seat."""
