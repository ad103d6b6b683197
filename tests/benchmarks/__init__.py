"""Figures of the running app beside what this machine allows; run by ``make bench``, never by the tests."""
