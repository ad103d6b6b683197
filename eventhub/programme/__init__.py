"""Series, events, sessions, venues and documents."""
