"""EventHub: events and consultations for human-rights forums and dialogues.

Loading it makes nothing that has to be collected, and a third of every start went into looking: the collector of
garbage rests until the app is made (``eventhub.app.create_app``).
"""

import gc

gc.disable()
