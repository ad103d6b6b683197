"""The board room of the fund: who is chosen, what each rule costs, and why somebody is not chosen."""
