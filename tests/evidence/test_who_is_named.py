"""Whoever sends evidence or spoke for a maker once is named by nothing that is shown, and speaks for nobody else."""

import io
import zipfile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.commitments import succeeding
from eventhub.commitments.capturing import MadeBy
from eventhub.commitments.models import Commitment
from eventhub.evidence import giving, voices
from eventhub.evidence.giving import Described
from eventhub.evidence.models import Standing, Voice
from eventhub.kit.db import db
from eventhub.kit.file_types import DOCX
from tests.factories.commitments import new_address, published
from tests.factories.evidence import again, make_evidence, make_voice
from tests.factories.people import make_person
from tests.kit.test_nameless import TYPES, packed

pytestmark = pytest.mark.usefixtures("database")


def test_a_public_file_bears_neither_the_name_that_it_had_nor_its_author(client: FlaskClient) -> None:
    commitment = published()
    data = packed(
        {
            "[Content_Types].xml": TYPES.format(DOCX),
            "docProps/core.xml": "<a><creator>Ilona Secret</creator></a>",
            "word/document.xml": "<d>What we saw</d>",
        }
    )
    described = Described("What we saw", "en")
    voice = make_voice(commitment)
    made = giving.give(commitment, described, data, "Ilona_Secret_statement.docx", voice=voice)
    other = make_evidence(commitment, name="Ilona_letter.pdf")
    assert giving.words_of(made).file_name == "Ilona_Secret_statement.docx"
    for one in (made, other):
        giving.check(make_person(), again(commitment), one, Standing.PUBLIC)
    saved = client.get(f"/en/commitments/{commitment.reference}/evidence/{made.id}")
    assert f"{commitment.reference}-1.docx" in saved.headers["Content-Disposition"]
    assert other.file_name == f"{commitment.reference}-2.pdf"
    assert "Ilona" not in str(saved.headers)
    with zipfile.ZipFile(io.BytesIO(saved.data)) as archive:
        assert b"Ilona" not in archive.read("docProps/core.xml")
        assert b"What we saw" in archive.read("word/document.xml")
    assert "Ilona" not in client.get(f"/en/commitments/{commitment.reference}").text


def asked(commitment: Commitment, email: str) -> str:
    """The way to the link of a mailbox."""
    voices.ask(commitment, email, "en")
    voice = db.session.scalars(select(Voice).where(Voice.commitment_id == commitment.id)).one()
    return f"/en/speak/{voices.link_token(voice)}"


def test_a_former_mailbox_speaks_for_the_maker_no_more(client: FlaskClient) -> None:
    commitment = published()
    url = asked(commitment, str(commitment.contacts[0].email))
    assert "You speak for the maker" in client.get(url).text
    found = again(commitment)
    lead = found.makers[0]
    to = MadeBy(name="Ministry of Tomorrow", kind=lead.kind)
    succeeding.hand_over(make_person(), found, lead.id, to, "A new government", email=new_address())
    for path in (url, f"{url}/evidence"):
        answer = client.get(path)
        assert answer.status_code == 410
        assert "does not speak for the maker any more" in answer.text
