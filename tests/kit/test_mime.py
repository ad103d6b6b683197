"""Subjects arrive as they were written, whatever the language and the length."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eventhub.kit.mime import MIME
from eventhub.kit.text import single_line


def written(subject: str) -> bytes:
    """A mail with this subject."""
    message = EmailMessage(policy=MIME)
    message["Subject"] = subject
    message["To"] = "ada@example.org"
    message.set_content("Text")
    return message.as_bytes()


def read(mail: bytes) -> str:
    """The subject as a mail program reads it."""
    unfolded = "".join(message_from_bytes(mail)["Subject"].splitlines())
    return str(make_header(decode_header(unfolded)))


@given(st.text(max_size=300))
@example("Votre inscription : Forum sur les questions relatives aux minorités, dix-neuvième session")
@example("A place is offered to you: Forum on Minority Issues, nineteenth session, second and third week")
@example("á b á " * 14)
@example("x" * 200)
def test_a_subject_arrives_whole_and_in_short_lines(text: str) -> None:
    subject = single_line(text) or "x"
    mail = written(subject)
    head = mail.partition(b"\r\nTo: ")[0].split(b"\r\n")
    assert read(mail) == subject
    assert head[0].removeprefix(b"Subject: ").strip(), "the first line says something"
    assert all(len(line) <= 76 for line in head)


@pytest.mark.parametrize("subject", ["You are accredited: Forum", "Вы аккредитованы: Форум"])
def test_it_is_repeated_byte_for_byte(subject: str) -> None:
    assert written(subject) == written(subject)
