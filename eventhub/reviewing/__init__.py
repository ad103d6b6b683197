"""Who reads which file of a call, and what the scores of many readers say together."""
