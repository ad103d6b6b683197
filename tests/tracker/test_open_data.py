"""What everybody takes along: the same three files, of what is public alone, quick and unable to harm a spreadsheet."""

import csv
import io
import json
from datetime import date

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from eventhub.commitments import capturing, following, verifying
from eventhub.commitments.capturing import MadeBy, Step, Words
from eventhub.commitments.models import Commitment, Says, Verdict, Why
from eventhub.kit.db import db
from eventhub.tracker.open_rows import FIELDS, LISTS
from tests.factories.commitments import described, make_commitment, new_address, past_event, published
from tests.factories.people import make_person

pytestmark = pytest.mark.usefixtures("database")


def lines(client: FlaskClient, asked: str = "") -> list[dict[str, str]]:
    """The CSV file as rows."""
    answer = client.get(f"/open-data/commitments.csv{asked}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def told(client: FlaskClient, asked: str = "") -> list[dict[str, object]]:
    """The JSON file."""
    found: list[dict[str, object]] = json.loads(client.get(f"/open-data/commitments.json{asked}").data)["commitments"]
    return found


def followed() -> Commitment:
    """One with everything."""
    made = described(
        published(past_event(), maker="Ministry of Education", title="Classes", speaker="The Minister"),
        makers=[MadeBy("Ministry of Education", "government", "KE"), MadeBy("A Foundation", "donor_foundation")],
        themes=["education"],
        countries=["KE"],
        sdgs=["4.5"],
        recommendations=[("A/HRC/52/71", "65"), ("A/HRC/49/81", "")],
        milestones=[Step("The law is drafted", date(2026, 1, 1), date(2026, 2, 1)), Step("Passed")],
    )
    capturing.amend(make_person(), made, Words("We will open 100.", due_on=date(2029, 6, 30)), reason="A new budget")
    following.say(made, Says.IN_PROGRESS, text="Forty-six are open")
    following.check(make_person(), made, Verdict.DISPUTED, text="Four are missing")
    return made


def test_each_file_holds_all_that_is_public_under_names_that_stay(client: FlaskClient) -> None:
    made = followed()
    (row,) = lines(client)
    assert list(row) == list(FIELDS)
    assert (row["reference"], row["wording"], row["due_on"]) == (made.reference, "We will open 100.", "2029-06-30")
    assert (row["makers"], row["maker_types"]) == (
        "Ministry of Education | A Foundation",
        "government | donor_foundation",
    )
    assert (row["maker_countries"], row["recommendations"]) == ("KE | none", "A/HRC/52/71, 65 | A/HRC/49/81")
    assert (row["self_report"], row["reviewed"], row["freshness"]) == ("in_progress", "disputed", "up_to_date")
    assert (row["milestones_done"], row["milestones"], row["reports"]) == ("1", "2", "1")
    assert row["url"].endswith(f"/en/commitments/{made.reference}")
    (whole,) = told(client)
    assert list(whole) == [*FIELDS, *LISTS]
    assert whole["makers"] == ["Ministry of Education", "A Foundation"]
    assert [one["reason"] for one in whole["versions"]] == ["", "A new budget"]  # type: ignore[index, attr-defined]
    assert [one["text"] for one in whole["reports_made"]] == ["Forty-six are open"]  # type: ignore[index, attr-defined]
    assert [one["result"] for one in whole["reviews"]] == ["disputed"]  # type: ignore[index, attr-defined]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/open-data/commitments.xlsx").data))
    head, first = sheet.get_sheet_by_index(0).to_python()
    assert head == list(FIELDS)
    assert first[0] == made.reference


def test_nothing_leaves_that_is_not_public(client: FlaskClient) -> None:
    event = past_event()
    make_commitment(event, wording="SECRET draft", email=new_address())
    before = make_commitment(event, wording="SECRET first words", email="secret@example.org")
    capturing.amend(make_person(), before, Words("What was meant"), reason="SECRET misheard")
    shown = published(event, wording="We will teach", maker="A shown maker")
    harmful, held = published(event, wording="SECRET harm"), published(event, wording="SECRET held")
    verifying.withdraw(make_person(), harmful, Why.SAFETY, reason="SECRET threat")
    verifying.hold(make_person(), held)
    db.session.flush()
    for kind in ("csv", "json", "xlsx"):
        body = client.get(f"/open-data/commitments.{kind}").data
        if kind == "xlsx":
            body = str(CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()).encode()
        assert b"SECRET" not in body
        assert b"example.org" not in body
        assert shown.reference.encode() in body
    for path in ("/en/commitments/changes.atom", "/cal/days/commitments.ics", "/en/commitments/scorecards"):
        assert b"SECRET" not in client.get(path).data


def test_words_before_publication_stay_with_the_staff(client: FlaskClient) -> None:
    made = make_commitment(past_event(), wording="SECRET as it was misheard", in_session=False)
    keeper = make_person()
    capturing.amend(keeper, made, Words("As it was meant"))
    verifying.deed(made, "noted", actor=keeper)
    from eventhub.commitments import confirming, queries  # noqa: PLC0415

    capturing.add_contact(keeper, made, new_address(), name="", language="en")
    asking = confirming.ask(keeper, queries.record(made.id))
    confirming.confirm(confirming.link_token(asking), seen=2)
    found = queries.record(made.id)
    verifying.verify(keeper, found)
    verifying.publish(keeper, found)
    assert b"SECRET" not in client.get("/open-data/commitments.json").data
    assert [one["wording"] for one in told(client)[0]["versions"]] == ["As it was meant"]  # type: ignore[index, attr-defined]


def test_the_files_of_a_filtered_list_hold_what_it_shows_and_a_withdrawn_one_says_why(client: FlaskClient) -> None:
    event = past_event()
    ours = published(event, maker="Union of Teachers", kind="civil_society", country=None)
    gone = published(event, maker="Ministry of Land")
    verifying.withdraw(make_person(), gone, Why.MAKER, reason="The budget was cut")
    assert [row["reference"] for row in lines(client, "?maker=civil_society")] == [ours.reference]
    assert [row["reference"] for row in lines(client, "?by=Ministry+of+Land")] == [gone.reference]
    assert lines(client, "?maker=business") == []
    page = client.get("/en/commitments?by=Union+of+Teachers").text
    assert ours.reference in page
    assert gone.reference not in page
    assert "/open-data/commitments.csv?by=Union+of+Teachers" in page
    row = next(row for row in lines(client) if row["reference"] == gone.reference)
    assert (row["status"], row["withdrawn_reason"], row["freshness"]) == ("withdrawn", "The budget was cut", "")


def test_a_formula_in_the_words_is_defused(client: FlaskClient) -> None:
    published(past_event(), wording='=HYPERLINK("https://evil.example")', maker="+Ministry", title="@home")
    (row,) = lines(client)
    assert row["wording"].startswith("'=")
    assert row["makers"].startswith("'+")
    assert row["title"].startswith("'@")


def test_an_unchanged_file_is_not_made_again_and_a_changed_one_is(client: FlaskClient) -> None:
    made = published(past_event())
    for path in ("/open-data/commitments.csv", "/open-data/commitments.json", "/open-data/commitments.xlsx"):
        first = client.get(path)
        assert first.headers["Access-Control-Allow-Origin"] == "*"
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        following.say(made, Says.PLANNING)
        db.session.flush()
        assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
