"""Tasks: what the house owes to the outside world, done by Celery workers."""
