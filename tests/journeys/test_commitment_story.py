"""The whole story of commitments in a browser with real workers: from the room to a dispute that everybody reads.

Its chapters stand in promise_made.py, promise_asked.py and promise_proved.py, its scene in promise_scene.py.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys import promise_asked as asked
from tests.journeys import promise_made as made
from tests.journeys import promise_proved as proved
from tests.journeys.promise_scene import Story, story_of
from tests.live import House

pytestmark = pytest.mark.lane
OWN_HOUSE = True
"""Time passes for all commitments and rounds of a house."""


@pytest.fixture
def story(house: House, chromium: Browser) -> Iterator[Story]:
    with story_of(house, chromium) as told:
        yield told


def test_from_the_room_to_a_dispute(story: Story) -> None:
    made.is_written_down(story)
    made.is_confirmed(story)
    made.is_published(story)
    asked.opens(story)
    asked.hindered(story)
    asked.plain(story)
    asked.handed_on(story)
    asked.reminded(story)
    asked.silent(story)
    asked.asked_again(story)
    proved.claims(story)
    proved.sends_evidence(story)
    proved.reviewed(story)
    proved.disputed(story)
    proved.read_by_everybody(story)
    assert story.complaints() == []
