"""Evidence: kept sealed with its hash, checked, retracted with a trace, and what the database refuses."""

import hashlib
import io
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError

from eventhub.commitments import following
from eventhub.commitments.models import Says, Verdict
from eventhub.commitments.moves import NotPossible
from eventhub.commitments.verifying import OwnMaker
from eventhub.evidence import assessing, giving, queries, reading
from eventhub.evidence.giving import Described, Words
from eventhub.evidence.models import Evidence, Giver, Standing
from eventhub.kit import files
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import Stale
from eventhub.kit.files import FileGone, FileTypeRefused, StoredFile
from eventhub.kit.outbox import Promise
from tests.factories.commitments import published
from tests.factories.evidence import a_pdf, again, checked, make_evidence, make_voice, shown_comment, sign
from tests.factories.people import make_person

pytestmark = pytest.mark.usefixtures("database")


def refused(statement: object) -> bool:
    """Whether the database says no."""
    try:
        with db.session.begin_nested():
            db.session.execute(statement)  # type: ignore[call-overload]
    except IntegrityError:
        return True
    return False


def test_a_file_named_in_chinese_with_words_in_arabic_stands_sealed_until_it_was_checked() -> None:
    commitment, data = published(), a_pdf()
    said = Described("تقرير الوزارة", "ar")
    made = giving.give(commitment, said, data, "教育部报告.pdf", voice=make_voice(commitment))
    assert (made.giver, made.standing, made.digest) == (
        Giver.CIVIL_SOCIETY,
        Standing.WAITING,
        hashlib.sha256(data).digest(),
    )
    assert (made.title, made.file_name, made.file.name if "file" in made.__dict__ else "") == ("", "", "")
    kept = db.session.get_one(StoredFile, made.file_id)
    assert (kept.name, files.read(kept)) == ("evidence.pdf", data)
    assert kept.seal_key_id == made.seal_key_id
    assert giving.words_of(made) == Words("تقرير الوزارة", "", "教育部报告.pdf")
    assert queries.shown_evidence(commitment.id) == []
    giving.check(make_person(), commitment, made, Standing.PUBLIC)
    assert (made.title, made.file_name, made.sealed) == ("تقرير الوزارة", f"{commitment.reference}-1.pdf", None)
    assert [one.id for one in queries.shown_evidence(commitment.id)] == [made.id]


def test_what_shows_where_a_picture_was_taken_is_gone() -> None:
    picture = Image.new("RGB", (20, 20), "red")
    exif = picture.getexif()
    exif[0x010F] = "A camera of Amina"
    sent = io.BytesIO()
    picture.save(sent, "JPEG", exif=exif)
    commitment = published()
    made = giving.give(
        commitment, Described("A school", "en"), sent.getvalue(), "school.jpg", voice=make_voice(commitment)
    )
    kept = files.read(db.session.get_one(StoredFile, made.file_id))
    assert b"Amina" in sent.getvalue()
    assert b"Amina" not in kept
    assert made.digest == hashlib.sha256(kept).digest()


def test_what_cannot_be_kept_is_said_at_the_file_and_nothing_stays() -> None:
    commitment = published()
    for data, error in ((b"<html>", FileTypeRefused), (b"", files.FileEmpty)):
        with pytest.raises(error) as told, db.session.begin_nested():
            giving.give(commitment, Described("x", "en"), data, "x.pdf", actor=make_person())
        assert told.value.field == "file"
    same = a_pdf()
    giving.give(commitment, Described("One", "en"), same, "x.pdf", actor=make_person())
    with pytest.raises(giving.SameFile), db.session.begin_nested():
        giving.give(commitment, Described("Two", "en"), same, "y.pdf", actor=make_person())
    day = now().date() + timedelta(days=2)
    later = Described("Three", "en", "https://example.org/report", day)
    with pytest.raises(giving.FutureDay), db.session.begin_nested():
        giving.give(commitment, later, a_pdf(), "x.pdf", actor=make_person())
    voice = make_voice(commitment)
    for _number in range(giving.WAITING_AT_ONCE):
        make_evidence(commitment, voice=voice)
    with pytest.raises(giving.TooMuchWaits):
        make_evidence(commitment, voice=voice)


def test_retracted_the_file_goes_and_the_trace_stays() -> None:
    commitment = published()
    made = checked(commitment)
    digest, file = made.digest, db.session.get_one(StoredFile, made.file_id)
    with pytest.raises(giving.ReasonNeeded):
        giving.retract(make_person(), commitment, made, "")
    giving.retract(make_person(), commitment, made, "It is of another year")
    with pytest.raises(FileGone):
        files.read(file)
    row = db.session.get_one(Evidence, made.id)
    assert (row.standing, row.digest, row.title, row.file_name) == (
        Standing.RETRACTED,
        digest,
        "Report of the ministry",
        "",
    )
    assert row.reason == "It is of another year"
    assert [one.id for one in queries.shown_evidence(commitment.id)] == [made.id]
    with pytest.raises(NotPossible):
        giving.retract(make_person(), commitment, made, "Again")
    harmful = checked(commitment)
    giving.retract(make_person(), commitment, harmful, "It names a child", hide=True)
    assert harmful.id not in {one.id for one in queries.shown_evidence(commitment.id)}


def test_the_database_keeps_the_trace_and_confirms_nothing_without_evidence() -> None:
    commitment = published()
    with pytest.raises(IntegrityError), db.session.begin_nested():
        following.check(make_person(), commitment, Verdict.CONFIRMED, text="It is there")
    commitment = again(commitment)
    made = checked(commitment, Standing.SEALED)
    following.check(make_person(), commitment, Verdict.CONFIRMED, text="It is there")
    assert again(commitment).checked is Verdict.CONFIRMED
    mine = update(Evidence).where(Evidence.id == made.id)
    assert refused(delete(Evidence).where(Evidence.id == made.id))
    assert refused(mine.values(digest=b"other"))
    assert refused(mine.values(standing=Standing.RETRACTED))  # without a reason and a time
    giving.retract(make_person(), again(commitment), db.session.get_one(Evidence, made.id), "A mistake")
    db.session.flush()
    assert refused(text("UPDATE commitment_evidence SET standing = 'waiting', reason = '', retracted_at = NULL"))
    rows, total = queries.queue([], page=1)
    assert (list(rows), total) == ([], 0)


def test_whoever_is_of_the_maker_neither_checks_nor_reads_nor_retracts() -> None:
    commitment = published()
    near = make_person(email=commitment.contacts[0].email)
    made = make_evidence(commitment)
    for deed in (
        lambda: giving.check(near, commitment, made, Standing.PUBLIC),
        lambda: giving.retract(near, commitment, made, "Not good for us"),
        lambda: giving.retract(near, commitment, made, "It names a child", hide=True),
        lambda: giving.note_read(near, commitment, made, "I want to know"),
        lambda: assessing.assess(near, commitment, Verdict.NO_EVIDENCE, text="Nothing", seen=sign(commitment)),
    ):
        with pytest.raises(OwnMaker):
            deed()
    assert made.standing is Standing.WAITING


def test_what_stays_sealed_is_read_for_a_reason_and_that_is_kept() -> None:
    commitment, reader = published(), make_person()
    made = checked(commitment, Standing.SEALED)
    with pytest.raises(reading.ReasonNeeded):
        giving.note_read(reader, commitment, made, "")
    giving.note_read(reader, commitment, made, "A colleague asks")
    entry = db.session.query(AuditEntry).filter_by(verb=reading.FILE, actor_id=reader.id).one()
    assert (entry.subject_id, entry.detail["about"]) == (commitment.id, str(made.id))
    for _number in range(20):
        giving.note_read(reader, commitment, made, "Again")
    assert db.session.query(Promise).filter_by(task="registration.many_reads").count() == 1


def test_two_reviewers_at_once_the_second_is_told() -> None:
    commitment = published()
    following.say(commitment, Says.FULFILLED, text="All are open")
    before = sign(commitment)
    checked(commitment)
    with pytest.raises(Stale):
        assessing.assess(make_person(), commitment, Verdict.NO_EVIDENCE, text="Nothing", seen=before)
    assessing.assess(make_person(), commitment, Verdict.CONFIRMED, text="The report says so", seen=sign(commitment))
    assert again(commitment).checked is Verdict.CONFIRMED
    with pytest.raises(Stale):
        assessing.assess(make_person(), commitment, Verdict.DISPUTED, text="No", seen=before)


def test_a_result_needs_words_and_what_it_rests_on() -> None:
    commitment = published()
    with pytest.raises(assessing.ReasonNeeded):
        assessing.assess(make_person(), commitment, Verdict.DISPUTED, text="", seen=sign(commitment))
    with pytest.raises(assessing.NothingShown):
        assessing.assess(make_person(), commitment, Verdict.CONFIRMED, text="Yes", seen=sign(commitment))
    shown_comment(commitment, disputes=True)
    commitment = again(commitment)
    assessing.assess(make_person(), commitment, Verdict.DISPUTED, text="Two say no", seen=sign(commitment))
    assert again(commitment).checked is Verdict.DISPUTED
