"""The last chapters of the story of commitments: a claim, evidence, a review, a dispute, a reply, and who reads it."""

import csv
import io
import urllib.request
import xml.etree.ElementTree as ET

from playwright.sync_api import expect

from eventhub.calendars.lint import problems
from tests.factories.evidence import a_pdf
from tests.journeys.promise_asked import IN_RUSSIAN
from tests.journeys.promise_scene import MAKERS, WORDING, Story
from tests.journeys.stage import newest_mail, press

CLAIM = "أتممنا تدريب 300 معلم."
TITLE = "تقرير الاتحاد لعام 2026"
FILE = "教师培训报告.pdf"
COMMENT = "Dr. Okafor told us that forty of the teachers were never trained."
REPLY = "نتفق بشأن أربعين معلما وسندربهم قبل يونيو."
ATOM = "{http://www.w3.org/2005/Atom}"


def claims(story: Story) -> None:
    """In Arabic, on a phone without scripts: it is fulfilled."""
    page = story.at("federation", story.link(story.boxes["federation"], "answer"))
    page.check("input[value=fulfilled]")
    page.fill("[name=text]", CLAIM)
    assert press(page, "form[novalidate] button") == 200
    (reference,) = story.references["federation"]
    main = story.reader(f"/en/commitments/{reference}").locator("main")
    expect(main).to_contain_text(CLAIM)
    expect(main).to_contain_text("Not verified")


def sends_evidence(story: Story) -> None:
    """From the answer straight to the upload, without another link, and with a file whose name is Chinese."""
    page = story.at("federation", story.link(story.boxes["federation"], "answer").split("/commitments/")[0])
    story.shot(page, "10-thanks")
    assert press(page, "form[action$='/evidence'] button") == 200
    page.fill("[name=title]", TITLE)
    page.set_input_files("[name=file]", {"name": FILE, "mimeType": "application/pdf", "buffer": a_pdf()})
    page.select_option("[name=language]", "ar")
    assert press(page) == 200
    expect(page.locator("main")).to_contain_text(FILE)
    story.shot(page, "11-evidence")


def reviewed(story: Story) -> None:
    """Somebody who is not of the maker reads the file and finds the claim confirmed."""
    (reference,) = story.references["federation"]
    page = story.at("reviewer", "/en/console/assessments")
    page.locator("main table a", has_text=WORDING["ar"][:15]).first.click()
    assert press(page, "form[action$='/check'] button[value=public]") == 200
    page.locator("[name=verdict][value=confirmed]").check()
    page.fill("[name=text]", "The report names 300 teachers.")
    assert press(page, "form[action$='/result'] button") == 200
    main = story.reader(f"/en/commitments/{reference}").locator("main")
    for words in (TITLE, "The report names 300 teachers.", "We checked: Confirmed"):
        expect(main).to_contain_text(words)


def disputed(story: Story) -> None:
    """A witness disputes it and names a person; a moderator cuts the name out; the maker replies in Arabic."""
    (reference,) = story.references["federation"]
    page = story.at("witness", f"/en/commitments/{reference}/speak")
    page.fill("[name=email]", story.boxes["witness"])
    assert press(page) == 200
    newest_mail(story.house, story.boxes["witness"])
    page = story.at("witness", story.link(story.boxes["witness"], "speak"))
    page.locator("main a[href$='/comment']").click()
    page.fill("[name=text]", COMMENT)
    page.locator("[name=disputes]").check()
    page.fill("[name=name]", "Amina Yusuf")
    page.fill("[name=organisation]", "Open Horizons")
    assert press(page) == 200
    before = story.count("federation")
    desk = story.at("reviewer", "/en/console/assessments?kind=comment")
    desk.locator("main table a").first.click()
    desk.locator("main a[href*='/comments/']").first.click()
    desk.fill("[name=cut]", "Okafor")
    assert press(desk, "button[value=show]") == 200
    newest_mail(story.house, story.boxes["federation"], before + 1)
    page = story.at("federation", story.link(story.boxes["federation"], "right-of-reply"))
    expect(page.locator("main")).not_to_contain_text("Okafor")
    page.fill("[name=text]", REPLY)
    assert press(page) == 200
    desk.reload()
    assert press(desk, "form[action*='/replies/'] button[value=show]") == 200
    desk.locator("[name=verdict][value=disputed]").check()
    desk.fill("[name=text]", "Forty teachers were not trained, as the maker agrees.")
    assert press(desk, "form[action$='/result'] button") == 200


def read_by_everybody(story: Story) -> None:
    """The public page in two languages, the file, the table, the feed and the calendar say the same."""
    (reference,) = story.references["federation"]
    for language in ("en", "ar"):
        page = story.reader(f"/{language}/commitments/{reference}", language)
        story.shot(page, f"12-public-{language}")
        main = page.locator("main")
        for words in (WORDING["ar"], CLAIM, TITLE, REPLY, "Forty teachers were not trained"):
            expect(main).to_contain_text(words)
        for words in ("Okafor", "Amina", "Horizons", story.boxes["federation"], story.boxes["witness"]):
            expect(main).not_to_contain_text(words)
    (other,) = story.references["ministry"]
    main = story.reader(f"/ru/commitments/{other}", "ru").locator("main")
    expect(main).to_contain_text(IN_RUSSIAN)
    expect(main).not_to_contain_text("Only the secretariat reads this")
    rows = {one["reference"]: one for one in csv.DictReader(io.StringIO(fetched(story, "/open-data/commitments.csv")))}
    assert set(rows) == {one for mine in story.references.values() for one in mine}
    assert (rows[reference]["self_report"], rows[reference]["reviewed"]) == ("fulfilled", "disputed")
    (silent,) = story.references["quiet"]
    assert rows[silent]["freshness"] in {"due", "silent"}
    feed = ET.fromstring(fetched(story, "/en/commitments/changes.atom"))  # noqa: S314 (our own)
    told = [one.findtext(f"{ATOM}title", "") for one in feed.findall(f"{ATOM}entry")]
    assert any(one.startswith("We checked: Disputed") for one in told)
    assert told.index(next(one for one in told if "Disputed" in one)) < told.index(
        next(one for one in told if "We checked: Confirmed" in one)
    )
    calendar = fetched(story, f"/cal/days/commitments.ics?by={urllib.request.quote(MAKERS['ministry'][1])}")
    assert problems(calendar.encode(), kind="feed") == []
    assert "DTSTART;VALUE=DATE:20281231" in calendar
    everything = "".join(fetched(story, f"/open-data/commitments.{kind}") for kind in ("csv", "json"))
    assert not any(box in everything for box in story.boxes.values())


def fetched(story: Story, path: str) -> str:
    """A file, as anybody saves it."""
    with urllib.request.urlopen(story.house.origin + path, timeout=20) as answer:
        return str(answer.read().decode("utf-8-sig"))
