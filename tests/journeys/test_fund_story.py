"""The fund's whole story in a browser with real workers: from the preset of a call to a report on a journey.

Its chapters stand in fund_choosing.py and fund_granting.py, its scene in fund_scene.py.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.factories.programme import PDF_BYTES
from tests.journeys import fund_choosing as choosing
from tests.journeys import fund_granting as granting
from tests.journeys.fund_scene import Story, others_apply, story_of
from tests.live import House

pytestmark = pytest.mark.lane


@pytest.fixture
def story(house: House, chromium: Browser) -> Iterator[Story]:
    with story_of(house, chromium) as told:
        yield told


def test_from_a_preset_to_a_report(story: Story, tmp_path: Path) -> None:
    paper = tmp_path / "lettre.pdf"
    paper.write_bytes(PDF_BYTES)
    choosing.opens_a_call(story)
    choosing.applies_on_a_phone(story, paper)
    choosing.vouch_by_their_links(story, paper)
    others_apply(story)
    choosing.checks_files(story)
    choosing.gives_files_out(story)
    choosing.read(story)
    choosing.meets(story)
    choosing.approves(story)
    granting.releases(story)
    granting.answer(story)
    granting.steps_in(story)
    granting.travels(story)
    granting.reports(story)
    assert story.complaints() == []
