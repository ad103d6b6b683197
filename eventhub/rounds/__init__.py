"""Follow-up rounds: makers are asked what became of their commitments, by one link each, and silence is dated."""
