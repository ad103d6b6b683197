"""The middle chapters of the story of commitments: rounds by the clock, answers, reminders, silence in public."""

from playwright.sync_api import expect

from tests.journeys.promise_made import settled
from tests.journeys.promise_scene import Story
from tests.journeys.stage import newest_mail, press, say

IN_RUSSIAN = "Открыто 46 классов; учителей пока не хватает."
IN_ARABIC = "نعد المواد التدريبية مع الجامعة."


def opens(story: Story) -> None:
    """Three months later the clock strikes, after two days on which it was down, twice at once, and once more."""
    settled(story)
    story.days_pass(story.months_after(3, late=2))
    story.clock_strikes(times=2)
    settled(story)
    assert story.house.query("SELECT step FROM round") == [(3,)]
    mailed = {who: story.count(who) for who in story.boxes}
    assert mailed == {"ministry": 2, "federation": 2, "agency": 3, "union": 2, "quiet": 2} | {
        "colleague": 0,
        "witness": 0,
    }


def hindered(story: Story) -> None:
    """In Russian on a phone without scripts: in progress, with an obstacle and words."""
    (reference,) = story.references["ministry"]
    page = story.at("ministry", story.link(story.boxes["ministry"], "answer", 2))
    assert f"/commitments/{reference}?says=" in page.url
    page.check("input[value=in_progress]")
    page.check("input[value=staff_capacity]")
    page.fill("[name=hindrance]", "Only the secretariat reads this")
    page.fill("[name=text]", IN_RUSSIAN)
    story.shot(page, "04-obstacles")
    assert press(page, "form[action$='/" + reference + "'] button") == 200
    expect(page.locator("h1")).to_have_text(say(story.house, "ru", "Thank you"))


def plain(story: Story) -> None:
    """In Arabic on a phone without scripts, and on a desk in English."""
    page = story.at("federation", story.link(story.boxes["federation"], "answer", 2))
    page.check("input[value=planning]")
    page.fill("[name=text]", IN_ARABIC)
    story.shot(page, "05-arabic")
    assert press(page, "form[novalidate] button") == 200
    page = story.at("union", story.link(story.boxes["union"], "answer", 2))
    page.check("input[value=in_progress]")
    assert press(page, "form[data-autosave] button") == 200


def handed_on(story: Story) -> None:
    """Of two commitments one is handed on to a colleague, whose link shows this one alone."""
    kept, given = story.references["agency"]
    link = story.link(story.boxes["agency"], "answer", 3)
    page = story.at("agency", link)
    page.locator("a[href$='/colleague']").first.click()
    page.locator("label", has_text=given).first.click()
    page.fill("[name=email]", story.boxes["colleague"])
    page.fill("[name=name]", "Binta")
    page.select_option("[name=language]", "fr")
    assert press(page) == 200
    expect(page.locator("main")).to_contain_text("Binta has this one.")
    story.shot(page, "06-handed-on")
    page = story.at("agency", f"{link}/commitments/{kept}")
    page.check("input[value=in_progress]")
    assert press(page, "form[data-autosave] button") == 200
    newest_mail(story.house, story.boxes["colleague"])
    theirs = story.link(story.boxes["colleague"], "answer")
    assert theirs.startswith("/fr/")
    page = story.at("colleague", theirs)
    assert kept not in page.content()
    page.check("input[value=planning]")
    assert press(page, "form[data-autosave] button") == 200
    token = theirs.split("/")[3]
    assert story.at("colleague", f"/fr/answer/{token}/commitments/{kept}").locator("[name=says]").count() == 0


def reminded(story: Story) -> None:
    """On the fifth, the twelfth and the twenty-first day, only whoever is silent; then staff call."""
    before = {who: story.count(who) for who in story.boxes}
    for days in (5, 7, 9):
        story.days_pass(days)
        story.clock_strikes()
        settled(story)
    after = {who: story.count(who) for who in story.boxes}
    assert after == before | {"quiet": before["quiet"] + 3}
    page = story.at("organiser", "/en/console/rounds")
    page.locator("main table a").first.click()
    story.shot(page, "07-board")
    page.locator("a[href$='/calls']").first.click()
    expect(page.locator("main table")).to_contain_text(story.boxes["quiet"])


def silent(story: Story) -> None:
    """The round closes: who said nothing is silent in public, by name and day."""
    story.days_pass(10)
    story.clock_strikes(times=2)
    (reference,) = story.references["quiet"]
    page = story.reader(f"/en/commitments/{reference}")
    expect(page.locator("main")).to_contain_text("No report received")
    story.shot(page, "08-silent")
    page = story.reader("/en/commitments?fresh=silent")
    expect(page.locator(".pledge")).to_have_count(1)
    over = story.at("quiet", story.link(story.boxes["quiet"], "answer"))
    expect(over.locator("main")).to_contain_text("This link")


def asked_again(story: Story) -> None:
    """Six months after the end, at any hour: what was said stands in the mail, and one press is enough."""
    story.days_pass(story.months_after(6, late=1))
    story.clock_strikes(times=2)
    settled(story)
    assert story.house.query("SELECT step FROM round ORDER BY step") == [(3,), (6,)]
    (reference,) = story.references["union"]
    page = story.at("union", story.link(story.boxes["union"], "answer"))
    assert page.locator("input[value=in_progress]").is_checked(), "the last status is chosen"
    expect(page.locator("main")).to_contain_text("Nothing new?")
    story.shot(page, "09-no-change")
    assert press(page, "form[action$='/same'] button") == 200
    expect(page.locator("h1")).to_have_text("Thank you")
    told = "SELECT unchanged, says FROM round_answer ORDER BY answered_at DESC LIMIT 1"
    assert story.house.query(told) == [(True, "in_progress")]
    expect(story.reader(f"/en/commitments/{reference}").locator("main")).to_contain_text("In progress")
