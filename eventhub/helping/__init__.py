"""Helping: somebody registers others who share a phone or a mailbox, and each takes the own file over by link."""
