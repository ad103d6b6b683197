"""What a first visit to a public page costs, measured by the browser: 30 KB and four requests at most."""

from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.journeys.browser import visitor
from tests.journeys.tour import Tour, build_tour
from tests.live import House

pytestmark = pytest.mark.lane
OWN_HOUSE = True

BYTES, REQUESTS = 30_000, 4


@pytest.fixture(scope="module")
def tour(house: House) -> Tour:
    return build_tour(house)


class Scales:
    """A browser that never keeps anything, and the bytes that every request took on the wire, headers included."""

    def __init__(self, chromium: Browser, house: House) -> None:
        self.person = visitor(chromium, house.origin)
        self.wire: CDPSession = self.person.context.new_cdp_session(self.person.page)
        self.names: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self.wire.on("Network.requestWillBeSent", self.asked)
        self.wire.on("Network.loadingFinished", self.came)
        self.wire.send("Network.enable")
        self.wire.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def asked(self, told: dict[str, Any]) -> None:
        """A picture that stands in the style sheet itself is no request."""
        if not told["request"]["url"].startswith("data:"):
            self.names[told["requestId"]] = told["request"]["url"].removeprefix(self.person.origin)

    def came(self, told: dict[str, Any]) -> None:
        """All of it has arrived."""
        if told["requestId"] in self.names:
            self.sizes[told["requestId"]] = int(told["encodedDataLength"])

    def weigh(self, path: str) -> dict[str, int]:
        """Each request of one page, the icon too, which comes after everything else."""
        self.names.clear()
        self.sizes.clear()
        self.person.go(path)
        for _ in range(100):
            if len(self.sizes) == len(self.names) and any("favicon" in name for name in self.names.values()):
                break
            self.person.page.wait_for_timeout(20)
        return {self.names[key]: size for key, size in self.sizes.items()}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_public_page_is_light(house: House, chromium: Browser, tour: Tour, language: str) -> None:
    scales = Scales(chromium, house)
    heavy = {}
    for stop in tour.stops:
        if stop.public:
            parts = scales.weigh(f"/{language}{stop.path}")
            assert any("site." in name for name in parts), "the style is part of it"
            assert sum(parts.values()) > 10_000
            if sum(parts.values()) > BYTES or len(parts) > REQUESTS:
                heavy[stop.path] = parts
    scales.person.close()
    assert heavy == {}
