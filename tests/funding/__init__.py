"""The voluntary fund: calls, applications, the desk."""
