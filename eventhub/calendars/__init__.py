"""Calendar entries, feeds, invites and replies."""
