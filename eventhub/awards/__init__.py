"""Money of the fund: amounts, exchange, allowances, costs and envelopes."""
