"""Mailings: what the secretariat writes to many people of an event at once, and what became of each mail."""
