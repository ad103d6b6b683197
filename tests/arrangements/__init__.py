"""Wishes and services: asked for, ordered, answered."""
