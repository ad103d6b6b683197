"""Where answers by mail are taken: in the demo by itself, for real only where somebody said so."""

from pathlib import Path

import pytest

from eventhub.cli import _external
from eventhub.kit.config import Settings, SettingsWrong, load_settings
from eventhub.local.household import Household


def settings(**given: object) -> Settings:
    """Settings as they are read, with nothing of the environment but these."""
    return load_settings(**({"replies_listen": ""} | given))


def children(home: Path, **external: str) -> set[str]:
    """The processes that would be watched."""
    house = Household(home, 8000, external={"SMTP_URL": "smtp://127.0.0.1:1", **external}, say=print)
    return {child.name for child in house._children()}


def test_the_demo_listens_on_loopback_and_a_given_place_is_kept(tmp_path: Path) -> None:
    assert _external(settings())["REPLIES_LISTEN"].startswith("127.0.0.1:")
    assert _external(settings(replies_listen="127.0.0.1:2424"))["REPLIES_LISTEN"] == "127.0.0.1:2424"
    assert "receiver" in children(tmp_path, REPLIES_LISTEN="127.0.0.1:2424")


def test_production_does_not_by_itself(tmp_path: Path) -> None:
    told = settings().model_copy(update={"eventhub_env": type(settings().eventhub_env)("production")})
    assert told.is_production
    assert "REPLIES_LISTEN" not in _external(told)
    assert "receiver" not in children(tmp_path)


@pytest.mark.parametrize("wrong", ["2424", ":2424", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000", "host:٢٤", "x"])
def test_a_place_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsWrong, match="REPLIES_LISTEN"):
        settings(replies_listen=wrong)
