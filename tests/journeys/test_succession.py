"""In a real browser: a joint maker leaves, another takes over, one commitment is merged into another. Both can be read.

In English on a desk, and in Arabic on a phone without scripts.
"""

import pytest
from playwright.sync_api import Browser, expect

from eventhub.commitments.capturing import MadeBy
from eventhub.people.models import Role
from tests.factories.commitments import described, new_address, past_event, published
from tests.factories.people import make_staff
from tests.journeys.browser import DESK, PHONE, axe_problems, visitor
from tests.journeys.stage import press
from tests.journeys.test_delegations import look
from tests.live import House

pytestmark = pytest.mark.lane
REASON = {"en": "The new government has set up an office of its own.", "ar": "أنشأت الحكومة الجديدة مكتبا خاصا بها."}
OFFICE = {"en": "Office for Schools", "ar": "مكتب المدارس"}


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, DESK), ("ar", False, PHONE)],
    ids=["desk", "arabic-phone-without-scripts"],
)
def test_from_joint_makers_to_one_commitment(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    shot = f"succession-{lang}-{viewport['width']}"
    with house.work():
        event = past_event()
        event.title = {"en": "Dialogue on education in minority languages", "ar": "حوار بشأن التعليم بلغات الأقليات"}
        after = published(event, title="Classes in every district").reference
        joint = [MadeBy("Ministry of Education", "government", "KE"), MadeBy("Foundation", "donor_foundation")]
        before = described(published(event, title="Classes in the mother tongue"), makers=joint)
        record, reference = f"/{lang}/console/commitments/{before.id}", before.reference
        organiser_id = make_staff(Role.ORGANISER, event_id=event.id).id
    given = {"language": lang, "scripts": scripts, "viewport": viewport}
    cookie = house.session_cookie(organiser_id)
    staff = visitor(chromium, house.origin, cookie=cookie, **given)  # type: ignore[arg-type]
    reader = visitor(chromium, house.origin, **given)  # type: ignore[arg-type]
    page = staff.page
    staff.go(record)
    page.locator("a[href$='/leave']").last.click()
    assert press(page) == 422
    look(staff, f"{shot}-01-leave")
    page.fill("[name=reason]", REASON[lang])
    assert press(page) == 200
    page.locator("a[href$='/successor']").first.click()
    page.fill("[name=reason]", REASON[lang])
    page.fill("[name=email]", new_address())
    assert press(page) == 422
    look(staff, f"{shot}-02-successor")
    assert not scripts or axe_problems(page) == []
    page.fill("[name=maker]", OFFICE[lang])
    assert press(page) == 200
    look(staff, f"{shot}-03-record")
    assert not scripts or axe_problems(page) == []
    page.locator("a[href$='/replaced']").first.click()
    page.locator("[name=kin][value=merged]").check()
    page.fill("[name=references]", "C-999999")
    page.fill("[name=reason]", REASON[lang])
    assert press(page) == 422
    look(staff, f"{shot}-04-replaced")
    assert not scripts or axe_problems(page) == []
    page.fill("[name=references]", after)
    assert press(page) == 422
    expect(page.locator("#meant")).to_contain_text(after)
    look(staff, f"{shot}-04-meant")
    assert not scripts or axe_problems(page) == []
    assert press(page) == 200
    reader.go(f"/{lang}/commitments/{reference}")
    look(reader, f"{shot}-05-before")
    assert not scripts or axe_problems(reader.page) == []
    for words in (after, OFFICE[lang], "Ministry of Education", "Foundation", REASON[lang]):
        expect(reader.page.locator("main")).to_contain_text(words)
    reader.page.locator(f"main a[href$='{after}']").first.click()
    expect(reader.page.locator("main")).to_contain_text(reference)
    look(reader, f"{shot}-06-after")
    assert [one for one in staff.complaints if "422" not in one] == []
    staff.close()
    reader.close()
