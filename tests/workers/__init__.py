"""Promises, mail, the relay, the broker and the jobs by the clock."""
