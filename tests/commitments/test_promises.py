"""What the pages promise to makers, staff and everybody, and what then is there."""

import json
import re

import pytest
from flask.testing import FlaskClient

from eventhub.commitments import capturing, confirming, queries, verifying
from eventhub.commitments.capturing import Words
from tests.commitments.test_journeys import send
from tests.factories.commitments import asked, make_commitment, new_address
from tests.factories.people import make_person

pytestmark = pytest.mark.usefixtures("database")


def test_the_words_before_and_why_they_changed_are_public_history_once_the_record_is(client: FlaskClient) -> None:
    keeper, commitment = make_person(), make_commitment(email=new_address(), wording="We open SECRET classes")
    capturing.amend(keeper, commitment, Words("We will open 120 classes"), reason="Dropped in a draft")
    commitment, asking = asked(commitment)
    address = f"/en/confirm/{confirming.link_token(asking)}"
    send(client, f"{address}/correct", {"wording": "We will open 100 classes", "reason": "We said a hundred"})
    for step in (verifying.verify, verifying.publish):
        assert client.get(f"/en/commitments/{commitment.reference}").status_code == 404
        step(keeper, queries.record(commitment.id))
    page = client.get(f"/en/commitments/{commitment.reference}").text
    assert re.search(r"<del>.*?120.*?</del><ins>.*?100.*?</ins>", page)
    assert page.count("We said a hundred") == 2, "beside the change, and in the history"
    assert page.count("by the maker") == 3, "the change, its entry, and the entry of the confirmation"
    assert "SECRET" not in page
    assert "Dropped in a draft" not in page
    (row,) = json.loads(client.get("/open-data/commitments.json").data)["commitments"]
    told = [(one["wording"], one["reason"], one["since"] is None) for one in row["versions"]]
    assert told == [("We will open 120 classes", "", True), ("We will open 100 classes", "We said a hundred", False)]
