"""Check-in at the door: gates, scans with and without a network, attendance, walk-ins."""
