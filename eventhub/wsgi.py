"""What the web server loads."""

from eventhub.app import create_app

app = create_app()
