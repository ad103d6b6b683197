"""What the web server loads."""

import sys

from eventhub.app import create_app

# Requests from memory hold the interpreter; at Python's own 5 ms for a turn, one that asks the database among
# several threads waits for seconds.
sys.setswitchinterval(0.001)

app = create_app()
