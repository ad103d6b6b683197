"""Chapters of the fund's story: a call from a preset, an application, readers, the board, an approver."""

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from eventhub.kit.clock import now
from tests.journeys.browser import PHONE, keep_shot, scrolls_sideways, visitor
from tests.journeys.fund_scene import Story, files, others_read, readers_of, text, until
from tests.journeys.stage import heading, newest_mail, plain_text, press, say, sign_in

AMINA = "Amina Yusuf"
FEDERATION = "Pastoralist Women Forum"
PASSES = {
    "belongs": "yes",
    "otherwise": "no",
    "nominated": "yes",
    "recent_grant": "no",
    "report_owed": "no",
    "adult": "yes",
}
PHONE_FR: dict[str, Any] = {"language": "fr", "scripts": False, "viewport": PHONE}


def opens_a_call(story: Story) -> None:
    """The officer makes a draft from a preset, changes a few of its rules, and opens it."""
    page = story.at("officer", "/en/console/funds/new")
    page.select_option("[name=begin]", "travel")
    page.select_option("[name=event]", str(story.event_id))
    page.fill("[name=slug]", story.slug)
    page.fill("[name=code]", story.slug.replace("travel", "TR").upper())
    page.fill("[name=opens_at]", f"{now() - timedelta(days=1):%Y-%m-%dT%H:%M}")
    page.fill("[name=closes_at]", f"{now() + timedelta(days=30):%Y-%m-%dT%H:%M}")
    press(page)
    assert page.url.endswith(story.console)
    page = story.at("officer", f"{story.console}/rules/money")
    page.fill("[name=rows-0-amount]", "16500")
    page.check("[name=rows-1-remove]")
    page.fill("[name=places]", "6")
    press(page)
    page = story.at("officer", f"{story.console}/rules/people")
    page.fill("[name=referees]", "1")
    page.fill("[name=members]", "3")
    page.fill("[name=quorum]", "2")
    press(page)
    page = story.at("officer", f"{story.console}/open")
    story.shot(page, "01-open")
    press(page)
    assert page.url.endswith(story.console)
    assert "The call is public. Its rules are frozen." in page.locator("body").inner_text()


def applies_on_a_phone(story: Story, paper: Path) -> None:
    """Amina asks whether she may, applies, names who vouches, and sends: in French, without scripts."""
    person = visitor(story.chromium, story.house.origin, **PHONE_FR)
    story.visitors["amina"] = person
    page = person.go(f"/fr/funds/{story.slug}")
    page.locator(f"a[href$='/funds/{story.slug}/guide']").first.click()
    for question, answer in PASSES.items():
        page.check(f"input[name='{question}'][value='{answer}']")
    press(page)
    page.locator(f"main a[href$='/funds/{story.slug}/apply']").first.click()
    page.locator("main .btns a.btn").first.click()
    sign_in(story.house, person, story.amina, by_link=True)
    for name in ("residence", "origin"):
        page.select_option(f"[name=q_{name}]", "KE")
    page.fill("[name=q_origin_city]", "Garissa")
    page.select_option("[name=q_nationality]", "KE")
    page.select_option("[name=q_language]", "fr")
    page.check("[name=q_first_time][value=yes]")
    page.check("[name=q_previous_grant][value=no]")
    press(page)
    page.fill("[name=q_organisation]", "Horn Voices Association")
    page.fill("[name=q_nominating_organisation]", FEDERATION)
    press(page)
    for name in ("need", "voice", "after"):
        page.fill(f"[name=q_why_{name}]", f"Notre communauté le demande ({name}).")
    press(page)
    for name, answer in (("support", "full"), ("needs_access", "no"), ("needs_companion", "no")):
        page.check(f"[name=q_{name}][value={answer}]")
    press(page)
    page.check("[name=q_gender][value=woman]")
    press(page)
    page.set_input_files("[name=q_letter]", str(paper))
    press(page)
    page.check("[name=q_confirm][value=yes]")
    press(page)
    people = page.url
    assert people.endswith("/apply/people")
    person.go("/fr/me/profile")
    page.fill("[name=name]", AMINA)
    press(page)
    for place, (slot, called) in enumerate((("nominator", "Asha Noor"), ("referee", "Daniel Kim"))):
        page.goto(people)
        page.locator("main .tasks a").nth(place).click()
        story.links[slot] = f"{slot}-{uuid.uuid4().hex[:8]}@example.org"
        page.fill("[name=name]", called)
        page.fill("[name=email]", story.links[slot])
        if slot == "nominator":
            page.fill("[name=organisation]", FEDERATION)
        press(page)
    person.go(f"/fr/funds/{story.slug}/apply/check")
    look(page, "02-check")
    press(page, "main form:not([action*=files]) button[type=submit]")
    assert heading(page) == say(story.house, "fr", "We have your application")
    assert "422" not in "".join(person.complaints)


def vouch_by_their_links(story: Story, paper: Path) -> None:
    """Both get a mail in French and say yes behind its link, with a letter and without an account."""
    for slot in ("nominator", "referee"):
        mail = newest_mail(story.house, story.links[slot])
        assert mail["Content-Language"] == "fr"
        (link,) = re.findall(rf"{re.escape(story.house.origin)}/\w\w/vouch/[^/\s]+(?=\s)", plain_text(mail))
        other = visitor(story.chromium, story.house.origin, **PHONE_FR)
        other.page.goto(link)
        assert AMINA in text(other.page)
        other.page.set_input_files("[name=letter]", str(paper))
        press(other.page, "button[name=go][value=yes]")
        look(other.page, f"03-vouched-{slot}")
        other.close()


def checks_files(story: Story) -> None:
    """The officer opens Amina's file and finds it eligible; all others but one, which lacks its letters, at once."""
    ids = files(story)
    page = story.at("officer", f"{story.console}/files/{ids[AMINA]}")
    story.shot(page, "04-record")
    assert "Asha Noor" in text(page)
    press(page, "button[name=outcome][value=eligible]")
    assert page.locator("main [lang=fr]").count() == 1, "what Amina will read"
    press(page, "main form button[type=submit]")
    page = story.at("officer", f"{story.console}/files")
    page.check(f"[name=id][value='{ids['Mari Beridze']}']")
    press(page, "button[name=outcome][value=ineligible]")
    page.select_option("[name=reason]", "incomplete")
    press(page, "main form button[type=submit]")
    page = story.at("officer", f"{story.console}/files")
    for one in page.locator("[name=id]").all():
        one.check()
    story.shot(page, "05-files")
    press(page, "button[name=outcome][value=eligible]")
    story.shot(page, "06-preview")
    press(page, "main form button[type=submit]")
    assert "15 applications are eligible." in page.locator("body").inner_text()


def gives_files_out(story: Story) -> None:
    """Five readers join the panel; a worker finds three for each file; the officer gives them out."""
    regions = ("africa_middle_east", "americas", "asia_pacific", "europe_central_asia", "americas")
    for number, region in enumerate(regions, 1):
        page = story.at("officer", f"{story.console}/reviewing/readers")
        page.locator("main ul a", has_text=f"Reader {number}").click()
        for code in ("en", "fr"):
            page.check(f"[name=languages][value={code}]")
        page.select_option("[name=region]", region)
        press(page)
    finds_readers(story)
    story.shot(story.at("officer", f"{story.console}/reviewing"), "07-panel")
    for name in ("reader1", "reader5"):
        mailbox = address(story, name)
        assert newest_mail(story.house, mailbox)


def finds_readers(story: Story) -> None:
    """Find readers for what lacks some, and give the files out."""
    page = story.at("officer", f"{story.console}/reviewing")
    press(page, "form[action$='/assign'] button[type=submit]")
    until(page, lambda one: one.locator("button[value=release]").count(), seconds=30, what="readers")
    press(page, "button[name=go][value=release]")
    assert "The files are given out." in page.locator("body").inner_text()


def read(story: Story) -> None:
    """One reader has a tie, one steps back after scoring; what others said stays hidden until one's own is in."""
    amina = files(story)[AMINA]
    tied, scores, recuses = sorted(readers_of(story, amina))
    passes_the_gate(story, tied, amina, is_tied=True)
    for one in (scores, recuses):
        passes_the_gate(story, one, amina, is_tied=False)
    page = writes(story, scores, amina, "Her mandate is clear.")
    assert "Nobody else has handed in a review of this file yet." in text(page)
    page = story.at(recuses, f"/en/reviews/{readers_of(story, amina)[recuses]}")
    assert "Her mandate is clear." not in page.content()
    assert AMINA not in page.content()
    assert FEDERATION not in page.content()
    story.shot(page, "09-review")
    page = writes(story, recuses, amina, "The plan has dates.")
    assert "Her mandate is clear." in text(page)
    story.shot(page, "10-handed-in")
    address_of = page.url
    page.goto(address_of + "/step-back")
    page.check("[name=kind][value=co_author]")
    press(page)
    assert page.goto(address_of).status == 404
    finds_readers(story)
    for one in sorted(set(readers_of(story, amina)) - {scores}):
        passes_the_gate(story, one, amina, is_tied=False)
        page = writes(story, one, amina, "The need is great.")
        assert "Her mandate is clear." in text(page)
        assert "The plan has dates." not in text(page), "a void review is not read"
    others_read(story, but=amina)
    page = story.at("officer", f"{story.console}/reviewing/scores")
    press(page, "form[action$='/scores'] button[type=submit]")
    until(page, lambda one: one.locator("#scores, [aria-labelledby=scores]").count(), seconds=30, what="scores")
    until(page, lambda one: one.locator("main tbody tr").count() >= 16, seconds=30, what="all scores")
    story.shot(page, "11-scores")


def passes_the_gate(story: Story, who: str, amina: uuid.UUID, *, is_tied: bool) -> None:
    """The gate names organizations and countries, and nobody. Whoever is tied never sees the file."""
    review = readers_of(story, amina)[who]
    page = story.at(who, "/en/reviews")
    assert page.goto(f"{story.house.origin}/en/reviews/{review}").status == 404, "behind a gate"
    page = story.at(who, "/en/reviews")
    page.locator("a[href*='/reviews/gates/']").first.click()
    assert AMINA not in page.content()
    assert FEDERATION in text(page)
    if is_tied:
        page.get_by_label(FEDERATION).check()
        story.shot(page, "08-gate")
    press(page)
    status = page.goto(f"{story.house.origin}/en/reviews/{review}").status
    assert status == (404 if is_tied else 200)


def writes(story: Story, who: str, amina: uuid.UUID, words: str) -> Page:
    """A whole review, handed in; the page that follows."""
    page = story.at(who, f"/en/reviews/{readers_of(story, amina)[who]}")
    for one in ("need", "voice", "after"):
        page.locator(f"[name=mark_{one}][value='3']").check(force=True)
        page.fill(f"[name=why_{one}]", words)
    page.locator("[name=sure][value='2']").check(force=True)
    press(page, "button[name=go][value=hand_in]")
    return page


def meets(story: Story) -> None:
    """Two of three members meet: a slate, what if, a pin and its price, why not, standing aside, recommending."""
    room = f"{story.console}/board"
    page = story.at("chair", room)
    press(page, "button[name=deed][value=open]")
    page = story.at("member", room)
    press(page, "button[name=deed][value=come]")
    page = story.at("chair", room)
    press(page, "button[name=kind][value=solve]")
    until(page, lambda one: "Slate 1" in text(one), seconds=60, what="a slate")
    until(page, lambda one: "Being calculated" not in text(one), seconds=60, what="prices and reasons")
    assert AMINA in text(page)
    story.shot(page, "12-room")
    press(page, "button[name=what][value=fares]")
    until(page, lambda one: "What would change" in text(one), seconds=60, what="what if")
    story.shot(page, "13-what-if")
    page = story.at("chair", f"{room}?all=1")
    out = page.locator("tbody tr", has_text="Reserve").last.locator("a")
    name, where = out.inner_text(), out.get_attribute("href")
    assert where
    page.goto(story.house.origin + where)
    until(page, lambda one: "Rule that binds" in text(one) or ask_why(one), seconds=60, what="why not")
    story.shot(page, "14-why-not")
    page.check("[name=must][value=yes]")
    page.fill("[name=reason]", "The only voice of her valley")
    press(page, "form[action$='/pin'] button[type=submit]")
    page = story.at("chair", room)
    press(page, "button[name=kind][value=solve]")
    until(page, lambda one: "Slate 2" in text(one), seconds=60, what="a slate with the pin")
    assert name in text(page)
    page = story.at("member", f"{room}?all=1")
    aside = page.locator("tbody tr a", has_text=NOT_CHOSEN).first
    page.goto(story.house.origin + str(aside.get_attribute("href")))
    press(page, "form[action$='/aside'] button[type=submit]")
    press(page, "form[action$='/aside'] button[value=sure]")
    assert NOT_CHOSEN not in story.at("member", f"{room}?all=1").content()
    page = story.at("chair", f"{room}/slates/2/recommend")
    press(page)
    assert "The slate is recommended." in page.locator("body").inner_text()
    story.shot(page, "15-recommended")


NOT_CHOSEN = "Hana Petrović"


def ask_why(page: Page) -> bool:
    """Press the button that asks, where it stands; never the answer."""
    if page.locator("form[action$='/why']").count():
        press(page, "form[action$='/why'] button[type=submit]")
    return False


def approves(story: Story) -> None:
    """A third person approves from the first page of staff; Amina still reads what she read before."""
    page = story.at("approver", "/en/console")
    page.locator(f"a[href*='/{story.slug}/board/slates/2/decide']").first.click()
    story.shot(page, "16-decide")
    press(page, "form[action$='/decide'] button[type=submit]")
    assert "The slate is approved." in page.locator("body").inner_text()
    amina = story.visitors["amina"]
    page = amina.go("/fr/me")
    page.locator("main a[href*='/me/applications/']").first.click()
    look(page, "17-amina")
    assert say(story.house, "fr", "Recommended") not in text(page)


def address(story: Story, who: str) -> str:
    """The mailbox of one of the staff."""
    return str(story.house.query("SELECT email FROM person WHERE id = %s", story.staff[who])[0][0])


def look(page: Page, name: str) -> None:
    """A picture, and nothing wider than the phone."""
    keep_shot(page, f"story-{name}")
    assert not scrolls_sideways(page), name
