"""Tests of eventhub.selecting."""
