"""Papers: asked for, made, read back."""
