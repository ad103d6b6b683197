"""What people and sessions need on the day: access services with their status, and visas."""
