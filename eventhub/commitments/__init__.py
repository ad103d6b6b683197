"""What was promised at an event: captured in the room, confirmed by its maker, verified, published and followed."""
