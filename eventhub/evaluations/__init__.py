"""Evaluations of events: each attendee is asked once, and nobody can see whose answers are whose."""
