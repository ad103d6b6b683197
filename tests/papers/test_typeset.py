"""Every paper in six languages, read back from the PDF and looked at as a picture."""

import io
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pypdf
import pytest
import zxingcpp
from flask import Flask, g
from flask_babel import force_locale
from flask_babel import gettext as _
from PIL import Image, ImageFont

from eventhub.kit.clock import now
from eventhub.kit.i18n import LANGUAGES, LOCALES, direction
from eventhub.papers import badges, glyphs, letters, making, participants, typeset, words
from eventhub.papers.models import BadgeName, Kind, Layout, default
from eventhub.papers.queries import Bearer
from eventhub.papers.typeset import Source
from eventhub.programme.models import Event
from eventhub.registration.models import BadgeColour
from tests.papers.making import has, read
from tests.papers.making import letters as letters_of
from tests.papers.scene import PEOPLE, TITLES, make_stage

TODAY = date(2026, 11, 22)
ATTACKS = (
    '#read("/etc/passwd")',
    "$ integral_0^1 x $",
    "`raw` and ```block```",
    "\\ \\u{41} \\#",
    "<label> @reference",
    "*bold* _slanted_",
    "// a comment /* and another */",
    '#import "@preview/cetz:0.3.0"',
    "= heading",
    '"; #panic("x")',
    "https://example.org/a?b=c",
    "~ -- --- ... 'quotes'",
)


@pytest.fixture
def event(app: Flask, database: None) -> Event:
    return make_stage()


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    """The paper's language, as the worker sets it."""
    with app.app_context():
        g.lang = request.param
        with force_locale(LOCALES[request.param]):
            yield request.param


def bearer(name: str, **given: Any) -> Bearer:
    values: dict[str, Any] = dict.fromkeys(Bearer.__dataclass_fields__)
    values |= {"reference": "EH-FMI19-7K4Q-2M8T", "registration_id": name, "name": name}
    return Bearer(**(values | given))


def everybody() -> list[Bearer]:
    return [
        bearer(name, name_latin=latin, category=category, country=country, reference=f"EH-FMI19-7K4Q-{number:04}")
        for number, (name, latin, category, country) in enumerate(PEOPLE)
    ]


def papers(event: Event, lang: str) -> dict[str, tuple[Source, dict[str, Any]]]:
    """All papers, about people with names in six scripts."""
    setup, registration = default(event.id), making.sample_registration(event, lang)
    name, latin = making.SAMPLES[lang]
    made = {
        layout.value: (Source.BADGE, badges.compose(event, everybody(), lang, rule=setup.badge_name, layout=layout)[0])
        for layout in Layout
    }
    return made | {
        "confirmation": (Source.LETTER, letters.confirmation(event, setup, registration, name, lang, today=TODAY)),
        "visa": (Source.LETTER, letters.visa_letter(event, setup, registration, name, lang, today=TODAY)),
        "certificate": (
            Source.CERTIFICATE,
            letters.certificate(event, setup, registration, name, latin, lang, today=TODAY),
        ),
        "participants": (Source.PARTICIPANTS, participants.compose(event, setup, everybody(), lang, today=TODAY)[0]),
    }


def test_a_badge_tells_nobody_that_its_bearer_has_no_country(event: Event, lang: str) -> None:
    without, setup = bearer("Amina", country="stateless"), default(event.id)
    (badge,) = badges.compose(event, [without], lang, rule=setup.badge_name, layout=Layout.A6)[0]["badges"]
    assert badge["country"] is None


def test_the_letter_for_a_visa_has_the_latin_name_beside_one_in_another_script(event: Event) -> None:
    setup, registration = default(event.id), making.sample_registration(event, "en")
    registration.person.name_latin = "Leila Hassan"
    for name, there in (("ليلى حسن", True), ("Leila Hassan", False)):
        data = letters.visa_letter(event, setup, registration, name, "en", today=TODAY)
        text = read(typeset.pdf(Source.LETTER, data, at=now()))
        assert ("Name in Latin letters" in text) == there
        assert "Leila Hassan" in text


def test_a_letter_for_a_visa_names_no_category_of_somebody_who_has_none(event: Event) -> None:
    setup, registration = default(event.id), making.sample_registration(event, "en")
    registration.organisation = None
    for category, there in (("academic_expert", True), (None, False)):
        registration.category = category
        data = letters.visa_letter(event, setup, registration, "Amina", "en", today=TODAY)
        assert ("Category" in dict(data["facts"])) is there


def test_a_certificate_has_a_line_for_the_signature(app: Flask, event: Event) -> None:
    """With the name and the function that were set up, or for whoever signs by hand."""
    g.lang = "en"
    setup, registration = default(event.id), making.sample_registration(event, "en")
    for signatory, function, below in (
        (None, {}, "Signature and stamp"),
        ("Farah Nadim", {"en": "Secretary of the Forum"}, "Farah Nadim Secretary of the Forum"),
    ):
        setup.signatory, setup.signatory_title = signatory, function
        data = letters.certificate(event, setup, registration, "Amina", None, "en", today=TODAY)
        pdf = typeset.pdf(Source.CERTIFICATE, data, at=now())
        assert below in " ".join(read(pdf).split())
        image = Image.open(io.BytesIO(typeset.png(Source.CERTIFICATE, data, ppi=72))).convert("L")
        # The line is 70 mm long and stands in the lower part, where no other line of that length does.
        width, height = image.size
        dark = [
            sum(image.getpixel((x, y)) < 215 for x in range(int(width * 0.1), int(width * 0.4)))
            for y in range(int(height * 0.7), int(height * 0.9))
        ]
        assert max(dark) > 180, signatory


def test_every_paper_can_be_read_back(event: Event, lang: str) -> None:
    made = {
        name: (data, read(typeset.pdf(source, data, at=now()))) for name, (source, data) in papers(event, lang).items()
    }
    for name, (data, text) in made.items():
        found = letters_of(text)
        for part in _spoken(data):
            for word in re.findall(r"\w+", part):
                assert not set(letters_of(word)) - set(found), (name, part)
    for layout in Layout:
        text = made[layout.value][1]
        for name, latin, _category, _country in PEOPLE:
            # Runs of two directions come out in the order of the page, each word whole.
            assert has(text, name.replace("·", " ")) or name in text, (layout, name)
            assert latin is None or has(text, latin), (layout, latin)
        assert text.count("EH-FMI19-7K4Q-") == len(PEOPLE)
    name, latin = making.SAMPLES[lang]
    for paper in ("confirmation", "visa", "certificate"):
        assert has(made[paper][1], name.replace("·", " ")) or name in made[paper][1]
        assert has(_joined(made[paper][1]), _joined(TITLES[lang]))
    assert has(_joined(made["certificate"][1]), _joined(_("Certificate of attendance")))
    for word in ("whose", "at", "reference"):
        assert not set(letters_of(made["certificate"][0]["words"][word])) - set(made["certificate"][1]), word
    assert has(made["participants"][1], _("List of participants"))
    if lang != "en":
        assert "Certificate of attendance" not in made["certificate"][1], "untranslated"


def test_no_glyph_is_missing(event: Event, lang: str) -> None:
    for name, (source, data) in papers(event, lang).items():
        assert glyphs.missing("".join(_spoken(data))) == (), name
        for page in pypdf.PdfReader(io.BytesIO(typeset.pdf(source, data, at=now()))).pages:
            used = {str(font["/BaseFont"]) for font in _fonts(page)}
            assert used, name
            assert all("Noto" in font for font in used), used


def test_arabic_papers_begin_on_the_right(event: Event) -> None:
    """The dark edge of the letterhead stands where the lines begin."""
    setup, edges = default(event.id), {}
    for code in ("ar", "fr"):
        g.lang = code
        with force_locale(LOCALES[code]):
            registration = making.sample_registration(event, code)
            data = letters.confirmation(event, setup, registration, "Amina", code, today=TODAY)
        image = Image.open(io.BytesIO(typeset.png(Source.LETTER, data, ppi=50))).convert("L")
        width, height = image.size
        dark = [
            x
            for x in range(width)
            for y in range(int(height * 0.06), int(height * 0.1))
            if image.getpixel((x, y)) < 120
        ]
        edges[code] = "right" if sum(dark) / len(dark) > width / 2 else "left"
    assert edges == {"ar": "right", "fr": "left"}
    assert direction("ar") == "rtl"


@pytest.mark.parametrize("layout", list(Layout))
def test_the_code_on_a_badge_is_its_reference(app: Flask, event: Event, layout: Layout) -> None:
    g.lang = "en"
    people = everybody()[:4]
    data, _left_out = badges.compose(event, people, "en", rule=BadgeName.PUBLIC, layout=layout)
    image = Image.open(io.BytesIO(typeset.png(Source.BADGE, data, ppi=200)))
    found = {code.text for code in zxingcpp.read_barcodes(image)}
    expected = [badge["reference"] for badge in data["badges"]]
    assert found == set(expected if layout in {Layout.SHEET_4, Layout.SHEET_8} else expected[:1])


@pytest.mark.parametrize("paper", ["confirmation", "certificate"])
def test_the_code_on_a_letter_is_its_reference(app: Flask, event: Event, paper: str) -> None:
    g.lang = "en"
    source, data = papers(event, "en")[paper]
    image = Image.open(io.BytesIO(typeset.png(source, data, ppi=150)))
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [data["reference"]]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_name_is_printed_as_it_is(app: Flask, event: Event, attack: str) -> None:
    g.lang = "en"
    setup = default(event.id)
    registration = making.sample_registration(event, "en")
    assert registration.organisation is not None
    registration.organisation.name = attack
    person = bearer(attack, organisation=attack, category="ngo_ecosoc", country="KE")
    made = [
        (Source.BADGE, badges.compose(event, [person], "en", rule=setup.badge_name, layout=Layout.A6)[0]),
        (Source.BADGE, badges.compose(event, [person], "en", rule=setup.badge_name, layout=Layout.SHEET_8)[0]),
        (Source.LETTER, letters.confirmation(event, setup, registration, attack, "en", today=TODAY)),
        (Source.LETTER, letters.visa_letter(event, setup, registration, attack, "en", today=TODAY)),
        (Source.CERTIFICATE, letters.certificate(event, setup, registration, attack, None, "en", today=TODAY)),
        (Source.PARTICIPANTS, participants.compose(event, setup, [person], "en", today=TODAY)[0]),
    ]
    for source, data in made:
        text = read(typeset.pdf(source, data, at=now()))
        assert "".join(attack.split()) in "".join(text.split()), source
        assert "root:" not in text


def test_the_sources_ask_for_nothing_from_outside() -> None:
    """What values cannot do, the sources do not: no package, no file but pictures given by number, no evaluation."""
    for source in (Path(typeset.__file__).parent / "sources").glob("*.typ"):
        code = re.sub(r"//.*", "", source.read_text("utf-8"))
        assert re.findall(r'#?import "([^"]+)"', code) in ([], ["style.typ"]), source.name
        for word in ("eval(", "read(", "@preview", "plugin(", "include ", "yaml(", "toml(", "csv(", "xml("):
            assert word not in code, (source.name, word)
        assert set(re.findall(r"json\([^)]*\)\)?", code)) <= {"json(bytes(sys.inputs.data))"}


def test_the_printer_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: Event) -> None:
    """It is started with an empty environment; a job that it cannot print ends without a word of the values."""
    monkeypatch.setenv("SECRET_KEY", "marker-of-a-secret")
    with pytest.raises(typeset.NotPrinted) as error:
        typeset.pdf(Source.LETTER, {"language": "en", "name": "marker-of-a-name"}, at=now())
    assert "marker" not in repr(error.value)
    assert error.value.__cause__ is None


def test_the_same_paper_twice_is_the_same_bytes(app: Flask, event: Event) -> None:
    g.lang = "en"
    source, data = papers(event, "en")["confirmation"]
    moment = now()
    assert typeset.pdf(source, data, at=moment) == typeset.pdf(source, data, at=moment)


def test_signs_that_no_font_has_are_found() -> None:
    assert glyphs.missing("Amina 𓀀 and 😀, again 😀") == ("𓀀", "😀")
    assert glyphs.names_of(("𓀀",)) == ["U+13000"]
    assert glyphs.missing("é" + "".join(map(chr, range(32, 127)))) == ()  # what is not looked up every time
    assert glyphs.missing("नमस्ते ߒߞߏ ⵜⴰⵎⴰⵣⵉⵖⵜ שלום สมชาย 习近平 臺灣 ሃይለ ქართული Հայ བོད 김민수 ᏣᎳᎩ"[:-3]) == ()
    assert glyphs.missing("a\u200db\u2068c\u2069 \u00a0\u202f\ufe0f\n") == ()


@pytest.mark.parametrize("font", sorted(glyphs.FONTS.glob("*.[ot]tf")), ids=lambda font: font.stem)
def test_a_font_draws_what_its_table_says(font: Path) -> None:
    """FreeType, an independent reader, draws each sampled sign otherwise than the box for missing ones."""
    signs = sorted(glyphs.signs_of(font))
    assert signs
    face = ImageFont.truetype(str(font), 24)
    box = face.getmask(chr(0x10FFFD)).getbbox(), bytes(face.getmask(chr(0x10FFFD)))
    for sign in itertools.islice(signs, 0, None, max(1, len(signs) // 40)):
        if chr(sign).isalpha() and not 0xE000 <= sign <= 0xF8FF:
            mask = face.getmask(chr(sign))
            assert (mask.getbbox(), bytes(mask)) != box, hex(sign)


def test_the_fonts_come_with_their_licence_and_are_not_too_large() -> None:
    assert sum(font.stat().st_size for font in glyphs.FONTS.glob("*.[ot]tf")) < 12_500_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (glyphs.FONTS / "OFL.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "from_right"),
    [("أمينة", True), ("  123 أمينة", True), ("Amina أمينة", False), ("אברהם", True), ("ߒߞߏ", True), ("123", False)],
)
def test_a_name_runs_as_its_first_letter_does(name: str, from_right: bool) -> None:
    assert words.from_right(name) is from_right


def test_colours_of_categories_bear_white_letters() -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    assert set(badges.PALETTE) == set(BadgeColour)
    for colour, letter in [*badges.COLOURS.values(), *((colour, "X") for colour in badges.PALETTE.values())]:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5, colour
        assert len(letter) == 1


def test_samples_are_there_for_all_kinds(event: Event) -> None:
    assert set(making.SOURCES) == set(Kind)


def _fonts(page: Any) -> list[Any]:
    return [font.get_object() for font in page["/Resources"].get("/Font", {}).values()]


def _joined(text: str) -> str:
    """Chinese lines break anywhere."""
    return "".join(text.split()) if re.search("[\u4e00-\u9fff]", text) else text


def _spoken(part: Any) -> list[str]:
    """All values that stand on the paper: not the settings, and not the words of which some papers use a few."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        unsaid = {"language", "layout", "colour", "qr", "words"} | ({"title"} if "language" in part else set())
        return [text for name, inner in part.items() if name not in unsaid for text in _spoken(inner)]
    return [text for inner in part for text in _spoken(inner)] if isinstance(part, list | tuple) else []


def test_the_web_never_loads_the_printer() -> None:
    """The web worker stays small and quick to start."""
    code = (
        "import sys, eventhub.app; print([name for name in sys.modules if 'typst' in name or 'papers.making' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
