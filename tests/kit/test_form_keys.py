"""Form keys: the same again, the same answer; other content, 409 (SAFETY.md property 27)."""

import io
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import text

from eventhub.kit import form_keys
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.form_keys import FormKey
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import open_for_house, place
from tests.factories.people import form_fields
from tests.kit.probe_site import noted
from tests.live import House
from tests.wire import Browser

FORM = "/en/probe/form"


def fields(probe: FlaskClient) -> dict[str, str]:
    """The hidden fields of a freshly opened form."""
    return form_fields(probe.get(FORM).get_data(as_text=True))


def test_sent_twice_done_once(probe: FlaskClient) -> None:
    sent = fields(probe) | {"word": "yes"}
    first = probe.post(FORM, data=sent)
    again = probe.post(FORM, data=sent)
    assert (
        (first.status_code, first.location) == (again.status_code, again.location) == (303, "/en/probe/thanks?word=yes")
    )
    assert noted() == ["yes"]
    assert db.session.query(Promise).count() == 1


def test_where_it_led_is_sealed(probe: FlaskClient) -> None:
    """The address of a reply to an invite is a secret: the database holds its hash, and no copy of it in clear."""
    probe.post(FORM, data=fields(probe) | {"word": "s3cret"})
    row = db.session.query(FormKey).one()
    assert b"s3cret" not in row.location
    assert open_for_house(place("form_key", "location", row.key), row.location) == b"/en/probe/thanks?word=s3cret"


def test_another_form_is_another_deed(probe: FlaskClient) -> None:
    for _ in range(2):
        probe.post(FORM, data=fields(probe) | {"word": "yes"})
    assert noted() == ["yes", "yes"]


def test_other_content_under_the_same_key(probe: FlaskClient) -> None:
    hidden = fields(probe)
    assert probe.post(FORM, data=hidden | {"word": "yes"}).status_code == 303
    assert probe.post(FORM, data=hidden | {"word": "other"}).status_code == 409
    assert noted() == ["yes"]


def test_another_file_under_the_same_key(probe: FlaskClient) -> None:
    hidden = fields(probe) | {"word": "yes"}

    def send(content: bytes) -> int:
        data = {**hidden, "file": (io.BytesIO(content), "a.txt")}
        return probe.post(FORM, data=data, content_type="multipart/form-data").status_code

    assert [send(b"one"), send(b"one"), send(b"two")] == [303, 303, 409]
    assert noted() == ["yes"]


def test_a_fresh_csrf_token_is_no_other_content(probe: FlaskClient) -> None:
    hidden = fields(probe) | {"word": "yes"}
    probe.post(FORM, data=hidden)
    later = hidden | {"csrf_token": fields(probe)["csrf_token"]}
    assert probe.post(FORM, data=later).status_code == 303
    assert noted() == ["yes"]


def test_a_key_is_free_again_after_an_error(probe: FlaskClient) -> None:
    """A form that came back with an error keeps its key, and works when it is corrected."""
    hidden = fields(probe)
    assert probe.post(FORM, data=hidden | {"word": ""}).status_code == 422
    assert probe.post(FORM, data=hidden | {"word": "no"}).status_code == 422
    assert noted() == []
    assert probe.post(FORM, data=hidden | {"word": "yes"}).status_code == 303
    assert noted() == ["yes"]
    assert db.session.query(Promise).count() == 1


def test_a_key_belongs_to_its_page(probe: FlaskClient) -> None:
    hidden = fields(probe) | {"word": "yes"}
    probe.post(FORM, data=hidden)
    assert probe.post("/fr/probe/form", data=hidden).status_code == 409


@pytest.mark.parametrize("key", ["", "x", "0" * 400, "\x00", None])
def test_a_forged_key(probe: FlaskClient, key: str | None) -> None:
    hidden = fields(probe) | {"word": "yes"}
    del hidden["form_key"]
    answer = probe.post(FORM, data=hidden if key is None else hidden | {"form_key": key})
    assert answer.status_code == 422
    assert noted() == []


def test_a_stale_csrf_token_writes_nothing_and_keeps_the_key_free(probe: FlaskClient) -> None:
    hidden = fields(probe)
    assert probe.post(FORM, data=hidden | {"word": "yes", "csrf_token": "stale"}).status_code == 422
    assert noted() == []
    assert probe.post(FORM, data=hidden | {"word": "yes"}).status_code == 303


def test_the_usual_case_costs_one_statement(probe: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    from sqlalchemy import event  # noqa: PLC0415 (beside its use)

    hidden = fields(probe)
    engine = db.engine.engine

    def look(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", look)
    probe.post(FORM, data=hidden | {"word": "yes"})
    event.remove(engine, "before_cursor_execute", look)
    assert len([statement for statement in seen if "form_key" in statement]) == 1


def test_old_keys_are_forgotten(probe: FlaskClient) -> None:
    with unit_of_work():
        for days in (1, 3):
            db.session.add(FormKey(key=uuid.uuid4(), digest=b"", location=b"", at=now() - timedelta(days=days)))
    with unit_of_work():
        form_keys.forget_old()
    assert db.session.query(FormKey).count() == 1


def test_a_key_still_counts_a_day_later(probe: FlaskClient) -> None:
    hidden = fields(probe) | {"word": "yes"}
    probe.post(FORM, data=hidden)
    with time_machine.travel(now() + timedelta(days=1), tick=True):
        with unit_of_work():
            form_keys.forget_old()
        assert probe.post(FORM, data=hidden).status_code == 303
    assert noted() == ["yes"]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The probe site on a real server."""
    with House(tmp_path_factory.mktemp("site")) as house:
        house.web(workers=2, app="tests.kit.probe_site:app")
        yield house


def at_once(house: House, browser: Browser, forms: list[dict[str, str]]) -> list[tuple[int, str]]:
    """Send forms at the same moment over connections of their own; the answers' statuses and targets."""
    start = threading.Barrier(len(forms))
    answers: list[tuple[int, str]] = []

    def send(form: dict[str, str]) -> None:
        with Browser(house.host, cookies=browser.cookies) as mine:
            start.wait()
            answer = mine.post(FORM, form)
        answers.append((answer.status, answer.location))

    threads = [threading.Thread(target=send, args=(form,)) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == len(forms)
    return answers


@pytest.mark.lane
@pytest.mark.parametrize("word", ["slow", "quick"])
def test_twice_at_once(live: House, word: str) -> None:
    for _ in range(4):
        live.query("DELETE FROM promise RETURNING id")
        before = live.query("SELECT count(*) FROM audit_entry")[0][0]
        with Browser(live.host) as browser:
            form = browser.form(FORM) | {"word": word}
        answers = at_once(live, browser, [form] * 5)
        assert set(answers) == {(303, f"/en/probe/thanks?word={word}")}
        assert live.query("SELECT count(*) FROM audit_entry") == [(int(str(before)) + 1,)]
        assert live.query("SELECT count(*) FROM promise") == [(1,)]


@pytest.mark.lane
def test_different_content_at_once(live: House) -> None:
    with Browser(live.host) as browser:
        hidden = browser.form(FORM)
    before = live.query("SELECT count(*) FROM audit_entry")[0][0]
    answers = at_once(live, browser, [hidden | {"word": word} for word in ("slow", "other", "third")])
    assert Counter(status for status, _ in answers) == {303: 1, 409: 2}
    assert live.query("SELECT count(*) FROM audit_entry") == [(int(str(before)) + 1,)]


@pytest.mark.usefixtures("database")
def test_nothing_personal_is_kept_with_a_key() -> None:
    columns = db.session.execute(
        text("SELECT column_name FROM information_schema.columns WHERE table_name = 'form_key'")
    )
    assert {row.column_name for row in columns} == {"key", "digest", "at", "location"}
