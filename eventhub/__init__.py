"""EventHub: events and consultations for human-rights forums and dialogues."""
