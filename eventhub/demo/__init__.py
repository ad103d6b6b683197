"""The demo's invented people, organisations and texts: data and pure functions, dated relative to today."""
