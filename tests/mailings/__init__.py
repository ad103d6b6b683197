"""Mailings: to whom, in which words, each once, and what became of them."""
