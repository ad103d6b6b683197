"""Delegations: an organization at an event, its focal point, and the people whom that focal point nominates."""
