"""Evaluations of events."""
