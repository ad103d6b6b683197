"""What the web server loads."""

import gc
import sys

# A start makes nothing that has to be collected: a tenth of its time goes into looking.
gc.disable()

from eventhub.app import create_app  # noqa: E402

# Requests from memory hold the interpreter; at Python's own 5 ms for a turn, one that asks the database among sixteen
# threads waits for seconds.
sys.setswitchinterval(0.001)

app = create_app()
gc.freeze()
gc.enable()
