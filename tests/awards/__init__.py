"""Money of the fund."""
