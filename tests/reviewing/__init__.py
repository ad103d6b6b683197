"""Reviews: who reads what, and what the scores say together."""
