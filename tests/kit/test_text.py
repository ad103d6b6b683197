"""Typed text: what nobody sees goes, what a script needs stays, addresses are exact."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.kit.text import (
    LINK,
    STRANGERS_READ,
    ascii_email,
    is_advertisement,
    multi_line,
    safe_file_name,
    single_line,
    told_to_strangers,
)

UNSEEN = [*"\x00\x07\x1b\x7f\x9f\u00ad\u061c\u200b\u200e\u200f\u202a\u202e\u2066\u2069\u2060\ufeff\u3164\ufff9\ufffe",
          "\U000e0041", "\U000e007f", "\ud800", "\udfff"]  # fmt: skip
FREE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\u200c\u200d\ufe0f👩🚀نيक्\u094d \n\r\u0301\u00a0\u202f\u212a\u180b\ud800\u2800./\\:"),
    )
)


@pytest.mark.parametrize("sign", UNSEEN, ids=ascii)
def test_unseen_signs_go(sign: str) -> None:
    assert single_line(f"Ana{sign} Luz") == "Ana Luz"
    assert multi_line(f"Ana{sign}\nLuz") == "Ana\nLuz"


@pytest.mark.parametrize(
    "kept",
    [
        "می‌خواهم",  # Persian, ZWNJ between letters
        "ක්‍ෂ",  # Sinhala, ZWJ after a virama
        "അവന്‍",  # Malayalam, a word that ends in virama and ZWJ
        "👩‍🚀 ❤️ 🏳️‍🌈",
        "葛\U000e0100城",  # a family's own form of its character
        "ᠠ᠋",
        "Ω O’Brien-Núñez",
    ],
)
def test_scripts_keep_what_they_need(kept: str) -> None:
    assert single_line(kept) == kept


@pytest.mark.parametrize("text", ["a\u200d", "\u200ca", "1\u200d2", "a \u200d b", "a\u200d.", "x\ufe0f"], ids=ascii)
def test_joiners_elsewhere_go(text: str) -> None:
    assert single_line(text).isascii()


def test_lines() -> None:
    assert single_line("  one\ttwo\r\nthree\u3000four \u2028 ") == "one two three four"
    assert single_line("Titre\u00a0: oui\u202f!") == "Titre\u00a0: oui\u202f!"
    assert single_line("a \u00a0 b") == "a b"
    assert multi_line("a  \r\nb\rc\u2028d\x0be\n\n\n\n\n\nf\n ") == "a\nb\nc\nd\ne\n\n\nf"
    assert single_line("e\u0301") == "é"
    assert single_line(None) is None
    assert multi_line(None) is None
    assert single_line("\u2800 \u3164") == ""


@given(FREE)
def test_cleaning_is_final_and_storable(text: str) -> None:
    for clean in (single_line, multi_line):
        once = clean(text)
        assert clean(once) == once
        assert unicodedata.is_normalized("NFC", once.replace("\u212a", "?"))
        assert not any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in once)
        assert not set(once) & set(UNSEEN)
    assert not set("\n\t\u2028\u3000") & set(single_line(text))


def test_addresses() -> None:
    assert ascii_email(" Maria.Lopez+un@Example.ORG\n") == "maria.lopez+un@example.org"
    assert ascii_email("x@sub.xn--bcher-kva.example") == "x@sub.xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "email.empty"),
        ("  ", "email.empty"),
        ("\u212aim@example.org", "email.not_ascii"),
        ("k\u0131m@example.org", "email.not_ascii"),
        ("\u017fam@example.org", "email.not_ascii"),
        ("a\u200bb@example.org", "email.not_ascii"),
        ("a" * 65 + "@example.org", "email.too_long"),
        ("a@" + "b." * 130 + "org", "email.too_long"),
        ("example.org", "email.syntax"),
        ("@example.org", "email.syntax"),
        ("a@localhost", "email.syntax"),
        ("a@127.0.0.1", "email.syntax"),
        ("a@b@example.org", "email.syntax"),
        ("a..b@example.org", "email.syntax"),
        (".a@example.org", "email.syntax"),
        ("a@-b.org", "email.syntax"),
        ("a b@example.org", "email.syntax"),
        ("a@example.org\nBcc: b@example.org", "email.syntax"),
        ("a@example.org,b@example.org", "email.syntax"),
        ("a\x00@example.org", "email.syntax"),
        ('"a"@example.org', "email.syntax"),
    ],
)
def test_addresses_refused(typed: str, code: str) -> None:
    with pytest.raises(ValueError, match=f"^{code}$"):
        ascii_email(typed)


def test_a_kelvin_sign_survives_cleaning_and_is_refused_as_an_address() -> None:
    cleaned = single_line("vi\u212atim@example.org")
    with pytest.raises(ValueError, match=r"email\.not_ascii"):
        ascii_email(cleaned)


@given(st.text())
def test_no_other_text_becomes_somebodys_address(text: str) -> None:
    try:
        address = ascii_email(f"{text}@example.org")
    except ValueError:
        return
    assert address.isascii()
    assert len(address) == len(f"{text.lstrip()}@example.org")


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ana\\Mon passeport.pdf", "Mon passeport.pdf"),
        ("\u202egpj.exe", "gpj.exe"),
        ("..", "file"),
        (".htaccess", "htaccess"),
        ("CON.pdf", "file-CON.pdf"),
        ("a\x00b\r\nSet-Cookie: x.pdf", "ab Set-Cookie x.pdf"),
        ('x" ; filename="y.pdf', "x ; filename=y.pdf"),
        ("تقرير الأقليات.pdf", "تقرير الأقليات.pdf"),
        (None, "file"),
    ],
)
def test_file_names(given_name: str | None, kept: str) -> None:
    assert safe_file_name(given_name) == kept


@given(FREE)
def test_file_names_are_final_and_bounded(text: str) -> None:
    name = safe_file_name(text + ".pdf")
    assert safe_file_name(name) == name
    assert len(name) <= 120
    assert len(name.encode()) <= 200
    assert not set(name) & set('/\\<>:"|?*\n\r\x00')
    assert name.strip(". ") == name


def test_long_names_keep_their_ending() -> None:
    assert safe_file_name("报" * 500 + ".docx").endswith("报.docx")


@pytest.mark.parametrize(
    "name",
    [
        "You won! http://evil.example/claim",
        "visa-ready.example/pay",
        "Evil.Com/pay",
        "www.evil",
        "claim@evil.example",
        "claim＠evil",
        "пример.рф",
        "例子。中国",
        "Mr.bit.ly",
        "Call +41 79 123 45 67",
        "اتصل ٠٧٩١٢٣٤٥٦٧",
        "Ana\u200b evil\u200b.example",
    ],
)
def test_a_name_that_is_an_advertisement_is_told_to_no_stranger(name: str) -> None:
    assert is_advertisement(name)
    assert told_to_strangers(name) == ""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Dr.Ahmed Ali", "Dr. Ahmed Ali"),
        ("Evil.Com", "Evil. Com"),
        ("J.R.R. Tolkien", "J.R.R. Tolkien"),
        ("M.A.Khan", "M.A.Khan"),
        ("د.أحمد", "د.أحمد"),
        ("N. C. #155", "N. C. #155"),
        ("डोल्मा परियार", "डोल्मा परियार"),
        ("Ω O’Brien-Núñez", "Ω O’Brien-Núñez"),
        ("Ana\r\nBcc: all", "Ana Bcc: all"),
        ("x" * 61, "x" * 59 + "…"),
        (None, ""),
    ],
)
def test_names_are_told_to_strangers_as_one_short_line(name: str | None, told: str) -> None:
    assert told_to_strangers(name) == told


@given(FREE)
def test_nothing_that_is_told_to_strangers_can_be_pressed(name: str) -> None:
    told = told_to_strangers(name)
    assert len(told) <= STRANGERS_READ
    assert "\n" not in told
    assert not LINK.search(told)
