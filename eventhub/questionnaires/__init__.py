"""Versioned forms, conditions and answers, shared by registration, funding and surveys."""
