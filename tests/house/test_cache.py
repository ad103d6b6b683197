"""What caches keep (SAFETY.md property 11): behind a shared one two people never share a byte that is one's own.

The cache here stands between the browsers and the app as a company's or a hotel's would: it keeps what RFC 9111 lets a
shared cache keep, looks at ``Vary``, and knows nothing of cookies.
"""

from dataclasses import dataclass, field

import pytest
from werkzeug.http import parse_set_header
from werkzeug.test import TestResponse

from eventhub.kit.access import access_of
from tests.house.routes import OK, ROUTES, Route
from tests.house.world import World

pytestmark = pytest.mark.together
LOOKS = [route for route in ROUTES if "GET" in route.methods.split()]


@dataclass
class SharedCache:
    """Keeps answers by address and by the request headers that they vary with."""

    world: World
    kept: dict[str, list[tuple[dict[str, str], TestResponse]]] = field(default_factory=dict)
    hits: int = 0

    def get(self, role: str, address: str, language: str = "en") -> tuple[TestResponse, bool]:
        """The answer a browser gets, and whether it came out of the cache."""
        asked = {"cookie": self.world.cookies[role], "accept-language": language, "accept-encoding": ""}
        for varied, kept in self.kept.get(address, ()):
            if all(asked.get(name, "") == value for name, value in varied.items()):
                self.hits += 1
                return kept, True
        answer = self.world.ask(role, "GET", address, language=language).response
        if may_keep(answer):
            varied = {name: asked.get(name, "") for name in parse_set_header(answer.headers.get("Vary", "")).as_set()}
            self.kept.setdefault(address, []).append((varied, answer))
        return answer, False


def may_keep(answer: TestResponse) -> bool:
    """RFC 9111, section 3: what a shared cache may store. Without a word a cache may guess, so it does."""
    said = answer.cache_control
    if said.no_store or said.private or "*" in answer.headers.get("Vary", ""):
        return False
    return answer.status_code in {200, 203, 204, 301, 302, 308, 404, 410}


@pytest.fixture(scope="module")
def cache(world: World) -> SharedCache:
    """One cache for everybody."""
    return SharedCache(world)


@pytest.mark.parametrize("route", LOOKS, ids=[f"{route.endpoint} {route.address}" for route in LOOKS])
def test_two_people_share_only_what_is_public(world: World, cache: SharedCache, route: Route) -> None:
    address = route.address.format(**world.mine)
    first = next(role for role in ("owner", "admin", "organiser", "half", "anonymous") if _gets(route, role))
    cache.get(first, address)
    for role in ("stranger", "other_organiser", "anonymous"):
        answer, from_cache = cache.get(role, address)
        if not from_cache:
            continue
        assert access_of(world.app, route.endpoint) in {"public", ""}, "kept for everybody, though it is somebody's"
        body = answer.get_data()
        assert "Set-Cookie" not in answer.headers
        assert b"csrf_token" not in body
        assert b"Legal " not in body
        assert body == world.ask(role, "GET", address).response.get_data(), "the cache serves another page"


def test_the_cache_keeps_what_is_public(world: World, cache: SharedCache) -> None:
    """Else the tests above would prove nothing."""
    address = "/en/events/{event}".format(**world.mine)
    cache.get("owner", address)
    assert cache.get("stranger", address)[1]
    front, again = cache.get("owner", "/", "fr"), cache.get("stranger", "/", "ar")
    assert (front[0].headers["Location"], again[0].headers["Location"]) == ("/fr/", "/ar/")


@pytest.mark.parametrize("route", LOOKS, ids=[f"{route.endpoint} {route.address}" for route in LOOKS])
def test_public_pages_set_no_cookie_and_all_others_are_not_stored(world: World, route: Route) -> None:
    mark = access_of(world.app, route.endpoint)
    for role in ("owner", "anonymous", "organiser"):
        answer = world.ask(role, "GET", route.address.format(**world.mine)).response
        said = answer.headers["Cache-Control"]
        if mark in {"public", "by_token"} or not mark:
            assert "Set-Cookie" not in answer.headers
            assert "cookie" not in answer.headers.get("Vary", "").lower()
        if mark not in {"public", ""}:
            assert "no-store" in said or (mark == "by_token" and "private" in said), said


def test_errors_are_not_stored(world: World) -> None:
    for address in ("/en/nothing", "/en/events/nothing", "/en/console/events/nothing", "/nothing"):
        for role in ("anonymous", "owner", "organiser"):
            assert world.ask(role, "GET", address).response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("address", "data"), [("/en/sign-out", {}), ("/en/me/data/erase", {"sure": "y"})])
def test_leaving_clears_what_the_browser_kept(world: World, address: str, data: dict[str, str]) -> None:
    with world.moment():
        answer = world.ask("owner", "POST", address, data).response
        assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
        assert "no-store" in answer.headers["Cache-Control"]
        # The old cookie opens nothing any more, wherever a copy of it is.
        assert world.ask("owner", "GET", "/en/me").location.startswith("/en/sign-in")


def _gets(route: Route, role: str) -> bool:
    return route.who[role] == OK or role == "anonymous"
