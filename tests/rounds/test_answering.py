"""What is said behind a link: by whom it counts, what is kept beside it, and who has what."""

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from eventhub.commitments import capturing, verifying
from eventhub.commitments.capturing import Words
from eventhub.commitments.confirming import Changed
from eventhub.commitments.models import Commitment, Contact, Report, Says
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people import actions as people
from eventhub.rounds import answering, asking, board, keeping, opening, queries, refusals, schedule, shown
from eventhub.rounds.answering import LinkOver, NotAsked, NothingBefore, NotToBeAsked, Said, Seen, WhyMissing
from eventhub.rounds.models import Ended, Reached, RoundAnswer, RoundDraft, RoundItem, Standing
from eventhub.rounds.schedule import Rhythm
from tests.factories.commitments import new_address
from tests.factories.people import make_person
from tests.factories.rounds import aged, behind, event_of_months_ago, followed, item_of, link_of, opened, secret

pytestmark = pytest.mark.usefixtures("database")


def says(email: str, made: Commitment, what: Says, text: str = "", **more: object) -> RoundAnswer:
    return answering.answer(secret(email), item_of(made).id, Said(what, text=text, **more), seen=1)  # type: ignore[arg-type]


def held(made: Commitment) -> Commitment:
    db.session.flush()
    db.session.expire_all()
    return db.session.get_one(Commitment, made.id)


def test_an_answer_is_what_the_maker_says_and_the_next_round_is_expected() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    found = says(box, made, Says.IN_PROGRESS, "Forty are open", obstacles=("funding",), hindrance="The budget")
    assert (found.standing, found.obstacles) == (Standing.SAID, ["funding"])
    after = held(made)
    assert (after.said, after.heard_on) == (Says.IN_PROGRESS, now().date())
    assert after.expected_on == schedule.after(Rhythm(), event.last_day, now().date())
    report = db.session.get_one(Report, found.report_id)
    assert report.text == "Forty are open"
    assert item_of(made).answered_at is not None


def test_no_change_is_one_press_for_all_that_was_said_before() -> None:
    event, box = event_of_months_ago(), new_address()
    first, second, third = (followed(event, box) for _ in range(3))
    opened(event)
    says(box, first, Says.PLANNING)
    says(box, second, Says.IN_PROGRESS)
    items = {item_of(first).id: Seen(1, Says.PLANNING), item_of(second).id: Seen(1, Says.IN_PROGRESS)}
    assert answering.unchanged(secret(box), items) == 2
    assert [one.unchanged for one in queries.answers_of([item_of(first).id])[item_of(first).id]] == [False, True]
    with pytest.raises(NothingBefore):
        answering.unchanged(secret(box), {item_of(third).id: Seen(1, None)})
    with pytest.raises(NotAsked):
        answering.unchanged(secret(box), {uuid.uuid4(): Seen(1, Says.PLANNING)})


def test_what_changed_or_was_taken_back_needs_words() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    with pytest.raises(WhyMissing):
        says(box, made, Says.WITHDRAWN)
    assert says(box, made, Says.WITHDRAWN, "The law was not passed").standing is Standing.SAID


def test_a_deadline_that_moved_after_the_round_was_sent_is_shown_beside_the_old_one() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    later = Words(made.words.wording, due_on=date(2029, 6, 30))
    capturing.amend(make_person(), made, later, reason="A new budget year", seen=1)
    one = behind(box).asked[0]
    assert shown.moved(one, "en") == ("31 December 2028", "30 June 2029")
    with pytest.raises(Changed):
        says(box, made, Says.PLANNING)
    assert answering.answer(secret(box), one.item.id, Said(Says.PLANNING), seen=2).standing is Standing.SAID


def test_of_a_joint_commitment_only_the_one_who_leads_claims_completion() -> None:
    event, lead, other = event_of_months_ago(), new_address(), new_address()
    made = followed(event, lead, other, joint=True)
    opened(event)
    asking.ask_next(make_person(), board.item_of(item_of(made).id))
    assert says(other, made, Says.FULFILLED, "All is done").standing is Standing.NOTED
    assert (held(made).said, item_of(made).answered_at) == (None, None)
    assert says(other, made, Says.IN_PROGRESS).standing is Standing.SAID
    assert says(lead, made, Says.FULFILLED).standing is Standing.SAID
    assert held(made).said is Says.FULFILLED
    assert says(other, made, Says.PLANNING).standing is Standing.NOTED
    assert held(made).said is Says.FULFILLED
    answers = queries.answers_of([item_of(made).id])[item_of(made).id]
    assert (len(answers), queries.differs(answers)) == (4, True)
    assert board.counts(item_of(made).round_id).differing == 1


def test_a_colleague_sees_what_was_handed_on_and_speaks_for_the_one_who_leads() -> None:
    event, box, colleague = event_of_months_ago(), new_address(), new_address()
    mine, theirs = followed(event, box), followed(event, box)
    opened(event)
    asking.hand_on(secret(box), {item_of(theirs).id}, colleague, "Bao", "zh")
    assert [one.commitment.id for one in behind(colleague).asked] == [theirs.id]
    assert [one.commitment.id for one in behind(box).waiting()] == [mine.id]
    with pytest.raises(NotAsked):
        says(colleague, mine, Says.PLANNING)
    with pytest.raises(LinkOver):
        asking.hand_on(secret(colleague), {item_of(theirs).id}, new_address(), "", "en")
    assert says(colleague, theirs, Says.PLANNING).standing is Standing.SAID
    assert says(box, theirs, Says.IN_PROGRESS).standing is Standing.SAID
    assert says(colleague, theirs, Says.FULFILLED).standing is Standing.NOTED
    assert held(theirs).said is Says.IN_PROGRESS


def test_what_was_handed_on_is_taken_back_handed_again_and_given_back() -> None:
    event, box, colleague = event_of_months_ago(), new_address(), new_address()
    made = followed(event, box)
    opened(event)
    item_id = item_of(made).id
    child = asking.hand_on(secret(box), {item_id}, colleague, "", "en")
    old = secret(colleague)
    asking.take_back(secret(box), child.id)
    assert len(behind(box).waiting()) == 1
    with pytest.raises(LinkOver):
        answering.answer(old, item_id, Said(Says.PLANNING), seen=1)
    asking.hand_on(secret(box), {item_id}, colleague, "", "en")
    assert queries.behind(old) is None
    asking.refuse(secret(colleague))
    assert len(behind(box).waiting()) == 1
    last = db.session.scalars(select(Promise).order_by(Promise.id.desc())).first()
    assert last is not None
    assert (last.task, last.payload["link_id"]) == ("rounds.reminded", str(link_of(box).id))
    with pytest.raises(refusals.SaidNotMe):
        asking.hand_on(secret(box), {item_id}, colleague, "", "en")
    with pytest.raises(refusals.SameMailbox):
        asking.hand_on(secret(box), {item_id}, box, "", "en")
    with pytest.raises(refusals.NothingChosen):
        asking.hand_on(secret(box), set(), new_address(), "", "en")


def test_who_said_not_me_is_not_asked_again_by_the_same_giver_for_the_same_commitment() -> None:
    event, box, colleague, other = event_of_months_ago(), new_address(), new_address(), new_address()
    mine, theirs = followed(event, box), followed(event, box)
    third = followed(event, other)
    first = opened(event)
    asking.hand_on(secret(box), {item_of(theirs).id}, colleague, "Bao", "zh")
    asking.refuse(secret(colleague))
    db.session.flush()
    mails = select(func.count(Promise.id)).where(Promise.task == "rounds.handed_on")
    before = db.session.scalar(mails)
    with pytest.raises(refusals.SaidNotMe):
        asking.hand_on(secret(box), {item_of(theirs).id, item_of(mine).id}, colleague, "", "en")
    assert db.session.scalar(mails) == before
    asking.hand_on(secret(box), {item_of(mine).id}, colleague, "", "en")
    asking.hand_on(secret(other), {item_of(third).id}, colleague, "", "en")
    aged(first, 60)
    opening.close_due(now())
    second = opening.open_round(event, Rhythm(), 6, now().date(), now())
    assert second is not None
    again = select(RoundItem.id).where(RoundItem.round_id == second.id, RoundItem.commitment_id == theirs.id)
    item_id = db.session.scalars(again).one()
    with pytest.raises(refusals.SaidNotMe):
        asking.hand_on(opening.secret_of(link_of(box, second)), {item_id}, colleague, "", "en")


def test_the_last_reminder_goes_to_who_handed_it_on_too() -> None:
    event, box, colleague = event_of_months_ago(), new_address(), new_address()
    made = followed(event, box)
    found = opened(event)
    asking.hand_on(secret(box), {item_of(made).id}, colleague, "", "en")
    aged(found, 12)
    assert asking.remind_due(now()) == 1
    assert (link_of(box).mailed, link_of(colleague).mailed) == (1, 2)
    aged(found, 9)
    assert asking.remind_due(now()) == 2
    assert (link_of(box).mailed, link_of(colleague).mailed) == (2, 3)


def test_not_me_forgets_the_mailbox_and_asks_the_next() -> None:
    event, first, second = event_of_months_ago(), new_address(), new_address()
    made = followed(event, first, second)
    opened(event)
    old, link_id = secret(first), link_of(first).id
    asking.refuse(old)
    assert db.session.scalar(select(func.count(Contact.id)).where(Contact.email == first)) == 0
    assert [one.commitment.id for one in behind(second).asked] == [made.id]
    with pytest.raises(LinkOver):
        asking.refuse(old)
    link = board.link_of(link_id)
    assert (link.ended, link.email) == (Ended.NOT_ME, None)


def test_a_link_ends_with_its_round_and_by_a_press_of_staff() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    found, keeper = opened(event), make_person()
    old = secret(box)
    asking.revoke(keeper, board.link_of(link_of(box).id))
    with pytest.raises(LinkOver):
        answering.answer(old, item_of(made).id, Said(Says.PLANNING), seen=1)
    asking.renew(keeper, board.link_of(link_of(box).id))
    assert queries.behind(old) is None
    aged(found, 31)
    with pytest.raises(LinkOver):
        says(box, made, Says.PLANNING)
    opening.close_due(now())
    with pytest.raises(LinkOver):
        says(box, made, Says.PLANNING)


def test_where_the_lead_has_no_open_link_the_next_mailbox_leads() -> None:
    event, first, second, keeper = event_of_months_ago(), new_address(), new_address(), make_person()
    made = followed(event, first, second, joint=True)
    opened(event)
    asking.revoke(keeper, board.link_of(link_of(first).id))
    asking.ask_next(keeper, board.item_of(item_of(made).id))
    assert says(second, made, Says.FULFILLED).standing is Standing.SAID
    with pytest.raises(refusals.NobodyLeft):
        asking.ask_next(keeper, board.item_of(item_of(made).id))


def test_nobody_more_is_asked_about_what_was_closed() -> None:
    event, keeper = event_of_months_ago(), make_person()
    made = followed(event, new_address(), new_address(), joint=True)
    opened(event)
    verifying.close(keeper, made, reason="All is done")
    with pytest.raises(NotToBeAsked):
        asking.ask_next(keeper, board.item_of(item_of(made).id))


def test_nothing_is_said_of_what_is_not_followed_any_more() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    verifying.hold(make_person(), made)
    with pytest.raises(NotAsked):
        says(box, made, Says.PLANNING)


def test_what_is_typed_is_kept_and_goes_with_the_answer() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    item_id = item_of(made).id
    for words in ("Forty", "Forty-six"):
        answering.keep_draft(secret(box), item_id, {"says": "planning", "text": words})
    draft = behind(box).asked[0].draft
    assert draft is not None
    assert draft.given["text"] == "Forty-six"
    says(box, made, Says.PLANNING)
    assert db.session.scalar(select(func.count()).select_from(RoundDraft)) == 0


def test_staff_call_those_who_are_silent_after_the_last_mail() -> None:
    event, box, keeper = event_of_months_ago(), new_address(), make_person()
    made = followed(event, box)
    found = opened(event)
    assert board.call_list(found) == ([], [])
    aged(found, 21)
    asking.remind_due(now())
    assert board.counts(found.id).to_call == 1
    links, orphans = board.call_list(found)
    assert ([one.email for one in links], orphans) == ([box], [])
    asking.called(keeper, board.link_of(links[0].id), Reached.NOBODY, "Line busy")
    assert [one.text for one in board.calls_of([links[0].id])[links[0].id]] == ["Line busy"]
    says(box, made, Says.PLANNING)
    assert board.call_list(found) == ([], [])
    figures = board.counts(found.id)
    assert (figures.asked, figures.answered, figures.silent, figures.to_call) == (1, 1, 0, 0)
    assert figures.median is not None
    assert figures.median >= timedelta(days=20)


def test_a_nudge_is_one_mail_and_not_for_those_who_answered() -> None:
    event, box, keeper = event_of_months_ago(), new_address(), make_person()
    made = followed(event, box)
    opened(event)
    asking.nudge(keeper, board.link_of(link_of(box).id, lock=True))
    assert link_of(box).mailed == 2
    says(box, made, Says.PLANNING)
    with pytest.raises(refusals.NothingOpen):
        asking.nudge(keeper, board.link_of(link_of(box).id, lock=True))


def test_an_erased_person_is_asked_no_more_and_what_was_kept_is_in_the_own_copy() -> None:
    event = event_of_months_ago()
    person = make_person()
    made = followed(event, str(person.email))
    found = opened(event)
    says(str(person.email), made, Says.PLANNING, "Soon")
    mine = keeping.own_data(person)
    assert [(one["reference"], one["says"], one["text"]) for one in mine] == [(made.reference, "planning", "Soon")]
    link_id = link_of(str(person.email)).id
    for forget in people.LEAVING:
        forget(person, [str(person.email)])
    db.session.expire_all()
    assert (board.link_of(link_id).email, board.link_of(link_id).ended) == (None, Ended.FORGOTTEN)
    aged(found, 30)
    opening.close_due(now())
    assert keeping.forget(now() + keeping.KEPT) == 0
