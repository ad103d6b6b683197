"""Whole stories, over HTTP and in Chromium."""
