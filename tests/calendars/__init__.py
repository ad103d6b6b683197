"""Calendars: what leaves the house, byte by byte."""
