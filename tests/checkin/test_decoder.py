"""Our own reader of QR codes: turned, small, shadowed, noisy and damaged pictures of codes, and pictures of none."""

import base64
import io
import random
from pathlib import Path

import pytest
import segno
from PIL import Image, ImageChops, ImageDraw
from playwright.sync_api import Browser, Page

from eventhub.kit.assets import STATIC
from eventhub.registration.reference import new_reference

pytestmark = pytest.mark.lane
SOURCE = STATIC / "check-in" / "qr.js"
SIZE = (640, 480)
READ = """([picture, width, height]) => readQr(
  { data: Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0)), width, height })"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Page:
    """An empty page with the reader in it."""
    made = chromium.new_page()
    made.add_script_tag(content=Path(SOURCE).read_text(encoding="utf-8").replace("export function", "function"))
    return made


def read(page: Page, picture: Image.Image) -> str | None:
    """What the reader makes of a picture."""
    sent = base64.b64encode(picture.convert("RGBA").tobytes()).decode()
    found: str | None = page.evaluate(READ, [sent, *picture.size])
    return found


def draw(text: str, error: str = "m") -> Image.Image:
    """A code as printed: black on white with its quiet zone."""
    kept = io.BytesIO()
    segno.make(text, micro=False, error=error, boost_error=False).save(kept, kind="png", scale=8, border=4)
    return Image.open(kept).convert("L")


def held(code: Image.Image, *, size: int = 280, turn: float = 0, noise: int = 0, shade: bool = False) -> Image.Image:
    """The code before a camera."""
    turned = code.resize((size, size)).rotate(turn, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    picture = Image.new("L", SIZE, 190)
    picture.paste(turned, ((SIZE[0] - turned.width) // 2, (SIZE[1] - turned.height) // 2))
    if shade:
        light = Image.linear_gradient("L").rotate(90).resize(SIZE).point(lambda value: 120 + value * 135 // 255)
        picture = ImageChops.multiply(picture, light)
    return ImageChops.add(picture, Image.effect_noise(SIZE, noise), 1, -128) if noise else picture


@pytest.mark.parametrize("turn", [0, 7, 30, 45, 90, 133, 180, 250, 355])
def test_a_badge_is_read_however_it_is_held(page: Page, turn: int) -> None:
    reference = new_reference("FMI19")
    assert read(page, held(draw(reference), turn=turn)) == reference


@pytest.mark.parametrize("reference", ["EH-FMI19-RH6N-TY33", "EH-FMI19-6X1Z-RC6Y", "EH-FMI19-XHYF-70FD"])
def test_what_looks_like_a_corner_beside_a_corner_draws_it_nowhere(page: Page, reference: str) -> None:
    assert read(page, held(draw(reference), turn=45)) == reference


@pytest.mark.parametrize("code", ["A", "FMI19", "REGIONALFORUM2026", "F" * 40])
@pytest.mark.parametrize("error", "lmqh")
def test_short_and_long_codes(page: Page, code: str, error: str) -> None:
    reference = new_reference(code)
    assert read(page, held(draw(reference, error))) == reference


@pytest.mark.parametrize("text", ["0123456789012345", "https://example.org/é/中文", "x" * 200, "7" * 300])
def test_numbers_and_letters_of_every_script(page: Page, text: str) -> None:
    assert read(page, held(draw(text, "l"), size=440)) == text


def test_in_bad_light_and_from_afar(page: Page) -> None:
    reference = new_reference("FMI19")
    assert read(page, held(draw(reference), size=170, turn=11, noise=14, shade=True)) == reference


def test_a_slanted_badge(page: Page) -> None:
    reference = new_reference("FMI2026")
    straight = held(draw(reference), size=300)
    corners = (-20, -30, 15, 520, 660, 470, 610, 12)
    assert read(page, straight.transform(SIZE, Image.Transform.QUAD, corners, fillcolor=190)) == reference


def test_a_stain_is_mended(page: Page) -> None:
    reference = new_reference("FMI19")
    code = draw(reference, "h")
    ImageDraw.Draw(code).ellipse((110, 110, 150, 150), fill=255)
    assert read(page, held(code)) == reference


def test_nothing_is_read_where_there_is_nothing(page: Page) -> None:
    chance = random.Random(7)
    assert read(page, Image.new("L", SIZE, 255)) is None
    assert read(page, Image.effect_noise(SIZE, 120)) is None
    for _ in range(5):
        picture = Image.new("L", SIZE, 230)
        for _box in range(60):
            x, y = chance.randrange(600), chance.randrange(440)
            ImageDraw.Draw(picture).rectangle((x, y, x + chance.randrange(90), y + chance.randrange(90)), fill=20)
        assert read(page, picture) is None


def test_too_much_damage_is_no_text_rather_than_a_wrong_one(page: Page) -> None:
    reference = new_reference("FMI19")
    chance = random.Random(3)
    for _ in range(8):
        code = draw(reference, "l")
        for _spot in range(chance.randrange(1, 9)):
            x, y = chance.randrange(100, 220), chance.randrange(100, 220)
            ImageDraw.Draw(code).rectangle((x, y, x + 12, y + 12), fill=chance.choice((0, 255)))
        assert read(page, held(code)) in {reference, None}


def test_it_stays_small() -> None:
    assert SOURCE.stat().st_size < 20_000
