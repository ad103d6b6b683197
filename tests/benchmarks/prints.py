"""How long five hundred badges take, from their data to the PDF file."""

import time
import uuid
from dataclasses import replace

from flask import g

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.papers import badges, making, typeset
from eventhub.papers.models import BadgeName, Layout
from eventhub.papers.typeset import Source
from eventhub.programme.models import Event
from tests.live import House

NUMBER = 500


def badge_rows(house: House, forum_id: uuid.UUID) -> list[tuple[str, str, str, str]]:
    """Names in six scripts, each with a QR code of its own."""
    rows = []
    with house.work():
        g.lang = "en"
        event = db.session.get_one(Event, forum_id)
        six = making.sample_people("en")
        people = [
            replace(six[number % 6], registration_id=uuid.uuid4(), reference=f"EH-FMI19-{number:04d}-2M8T")
            for number in range(NUMBER)
        ]
        for layout in (Layout.SHEET_4, Layout.SHEET_8):
            begun = time.perf_counter()
            data, _left_out = badges.compose(event, people, "en", rule=BadgeName.PUBLIC, layout=layout)
            file = typeset.pdf(Source.BADGE, data, at=now())
            seconds = time.perf_counter() - begun
            rows.append(
                (f"{NUMBER} badges, {layout.value}", f"{seconds:.1f} s", f"{len(file) / 1000:,.0f} KB", "< 4 s")
            )
    return rows
