"""A call with three files whose every value is known by its mark, and people on all sides of the walls around them.

One file is read and stands before the board, one is offered a grant, one came home and owes a report. Each value of
theirs that somebody might see bears a word that stands nowhere else, so that a page need only be searched for it.
"""

import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from eventhub.awards import awarding, ledger, paying, queries, reporting, travelling
from eventhub.funding import deciding, desk, thread
from eventhub.funding.allowance import CostKind
from eventhub.funding.desk_models import FundPair
from eventhub.funding.models import Application, Call, State, Voucher
from eventhub.funding.rules import Support, to_json
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.questionnaires import actions as questionnaires
from eventhub.questionnaires.checks import parse
from eventhub.questionnaires.models import Purpose
from eventhub.questionnaires.uploads import Upload
from eventhub.reviewing import assigning, reading
from eventhub.reviewing.models import Conflict, Review, Standing, Tie
from eventhub.reviewing.queries import call_by_id
from eventhub.reviewing.reading import Said
from eventhub.selecting import actions as board_actions
from eventhub.selecting import queries as board_queries
from eventhub.selecting import running
from eventhub.selecting.models import Kind, Recusal
from tests.factories import reviewing as reads
from tests.factories import selecting as boards
from tests.factories.awards import Money, approve
from tests.factories.funding_desk import FORM, make_application, make_endorsement
from tests.factories.people import grant, make_organisation, make_person
from tests.factories.programme import PDF_BYTES, make_event
from tests.house.world import World

NUMBERS = (918_273, 918_374, 918_475)
NOMINATOR = "nominator-of-walls@example.org"
PAPER = PDF_BYTES.replace(b"1 0 obj", b"%zephpaper\n1 0 obj")
MARKS = {
    "legal": "zephlegal",
    "public": "zephalias",
    "mailbox": "zephmail",
    "phone": "445566778",
    "house": "zephhouse",
    "voucher": "zephvoucher",
    "answer": "zephanswer",
    "sealed": "august 1931",
    "paper": "zephpaper",
    "exchange": "zephexchange",
    "note": "zephnote",
    "review": "zephreview",
    "pin": "zephpin",
    "report": "zephreport",
    "payee": "zephpayee",
    "reference": "zephref",
}
"""What each kind of value is known by, in small letters."""
BESIDE = "beside the walls: "
"""Before the names of these roles: others of the world are called alike."""
EVERYTHING = frozenset({*MARKS, "number", "file"})
NOTHING: frozenset[str] = frozenset()
ON_THE_SLATE = frozenset({"public", "number", "file"})
MAY: dict[str, frozenset[str]] = {
    "anonymous": NOTHING,
    "another_applicant": NOTHING,
    "nominator": NOTHING,
    "reader_of_others": NOTHING,
    "reader_with_a_tie": NOTHING,
    "reader_of_the_house": NOTHING,
    "reader_who_stepped_back": NOTHING,
    "reader_before_the_gate": frozenset({"house"}),
    "reader": frozenset({"answer", "number"}),
    "reader_on_the_board": frozenset({"answer", "number", "file", "pin"}),
    "reader_at_the_desk": EVERYTHING - {"review"},
    "board_member": ON_THE_SLATE | {"pin"},
    "board_member_aside": NOTHING,
    "board_member_of_the_house": NOTHING,
    "approver": ON_THE_SLATE | {"reference"},
    "approver_of_the_house": NOTHING,
    "finance": frozenset({"public", "number", "file", "reference", "payee"}),
    "officer_elsewhere": NOTHING,
    "registrar": NOTHING,
    "organiser_here": NOTHING,
    "partner_here": NOTHING,
    "security_here": NOTHING,
    "fund_officer": EVERYTHING,
}
"""What each role may see of the three files. Who looks after an application beside the fund's people sees nothing."""


@dataclass
class Walled:
    """The call, and what may stand in an address or a form about the files: by the name of the part."""

    slug: str
    parts: dict[str, list[str]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    """Every id of something that hangs on a file, for parts whose name is not known here."""
    files: list[str] = field(default_factory=list)
    own: dict[str, dict[str, str]] = field(default_factory=dict)
    """The review and the gate of each reader of the first file."""

    def parts_for(self, role: str) -> dict[str, list[str]]:
        """The parts with a reader's own first."""
        mine = self.own.get(role, {})
        return self.parts | {name: [one, *self.parts[name]] for name, one in mine.items()}

    def seen(self, text: str, *, but: str) -> set[str]:
        """Which kinds of values stand in an answer; ``but`` is the address, which says what it was asked for."""
        small = text.lower()
        found = {kind for kind, mark in MARKS.items() if mark in small and mark not in but.lower()}
        found |= {"file" for one in self.files if one in small and one not in but}
        for number in map(str, NUMBERS):
            if number not in but and re.search(rf"(?<!\d){number[:3]}[,.\s\u00a0\u202f]?{number[3:]}(?!\d)", text):
                found.add("number")
        return found


def build(world: World, event: Event) -> Walled:
    """Write it all, and sign everybody in."""
    call = _call(event)
    people = _people(world, event, call)
    files = _files(call)
    first, offered, home = files
    walled = Walled(call.slug, files=[str(one.id) for one in files])
    one = _at_the_desk(call, first, people["fund_officer"])
    reviews = _read(call, first, people)
    runs = _board(call, files, people)
    both = sorted((first.id, boards.make_file(call).id))
    pair = FundPair(id=uuid.uuid4(), call_id=call.id, first_id=both[0], second_id=both[1], score=3, reasons=["name"])
    db.session.add(pair)
    draft = assigning.ask(people["fund_officer"], call_by_id(call.id))
    awards = [queries.award_of(each.id) for each in (offered, home)]
    lines = [line for each in reversed(awards) if each for line in queries.lines([each.id])]
    payments = [one for each in awards if each for one in queries.payments(each.id)]
    db.session.flush()
    mine = [str(each.id) for each in files]
    references = [str(each.reference) for each in files]
    walled.parts = {
        "slug": [call.slug],
        "application_id": mine,
        "reference": references,
        "review_id": [str(each.id) for each in reviews.values()],
        "gate_id": [str(each.gate_id) for each in reviews.values()],
        "run_id": runs,
        "number": ["1"],
        "endorsement_id": one["endorsement"],
        "message_id": one["message"],
        "pair_id": [str(pair.id)],
        "draft_id": [str(draft.id)],
        "person_id": [str(first.person_id), str(people["reader"].id)],
        "award_id": [str(each.id) for each in reversed(awards) if each],
        "line_id": [str(each.id) for each in lines],
        "payment_id": [str(each.id) for each in payments],
        "question": ["letter", "identity_copy"],
        "page": ["p1"],
        "slot": ["nominator-1"],
        "token": ["nobodys", mine[0]],
        "country": sorted({each for each in (first.origin, first.residence, first.nationality) if each}),
    }
    walled.own = {name: {"review_id": str(each.id), "gate_id": str(each.gate_id)} for name, each in reviews.items()}
    some = {"application_id", "award_id", "review_id", "endorsement_id", "message_id", "run_id"}
    walled.ids = [each for name in sorted(some) for each in walled.parts[name]] + [str(each.id) for each in lines]
    return walled


def _call(event: Event) -> Call:
    call = boards.make_call(event_id=event.id)
    asked = questionnaires.create(None, purpose=Purpose.FUNDING, name="Walled", definition=parse(FORM))
    version = questionnaires.publish(None, asked)
    db.session.flush()
    call.questionnaire_id, call.version_id = asked.id, version.id
    call.rules = to_json(call_by_id(call.id).rules)
    call.numbers_given = NUMBERS[-1] + 1
    return call


def _people(world: World, event: Event, call: Call) -> dict[str, Person]:
    here, there = {"event_id": event.id}, {"event_id": make_event().id}
    roles: dict[str, list[tuple[Role, dict[str, Any]]]] = {name: [] for name in MAY}
    for name in MAY:
        if name.startswith("reader"):
            roles[name].append((Role.FUND_REVIEWER, here))
    for name, role, where in (
        ("fund_officer", Role.FUND_OFFICER, here),
        ("reader_at_the_desk", Role.FUND_OFFICER, here),
        ("reader_on_the_board", Role.BOARD_MEMBER, here),
        ("board_member", Role.BOARD_MEMBER, here),
        ("board_member_aside", Role.BOARD_MEMBER, here),
        ("board_member_of_the_house", Role.BOARD_MEMBER, here),
        ("approver", Role.APPROVER, here),
        ("approver_of_the_house", Role.APPROVER, here),
        ("finance", Role.FINANCE, here),
        ("officer_elsewhere", Role.FUND_OFFICER, there),
        ("officer_elsewhere", Role.BOARD_MEMBER, there),
        ("registrar", Role.ACCREDITATION_OFFICER, here),
        ("organiser_here", Role.ORGANISER, here),
        ("partner_here", Role.HOST_PARTNER, here),
        ("security_here", Role.SECURITY_OFFICER, here),
    ):
        roles[name].append((role, where))
    people: dict[str, Person] = {}
    for name, given in roles.items():
        if name == "anonymous":
            world.sign(BESIDE + name, None)
            continue
        email = (
            "nominator-of-walls@example.org" if name == "nominator" else f"{name}-{uuid.uuid4().hex[:6]}@example.org"
        )
        people[name] = make_person(name=name.replace("_", " ").title(), email=email)
        for role, where in given:
            grant(people[name], role, **where)
        if name.startswith("reader"):
            reads.make_reader(call, people[name])
        world.sign(BESIDE + name, people[name], staff=bool(given))
    boards.make_file(call, people["another_applicant"])
    return people


def _files(call: Call) -> list[Application]:
    fund = Money(call, ledger.open_envelopes(None, call, call_by_id(call.id).rules)[0])
    costs = [{"code": "economy_return_ticket", "amount": 125_000}, {"code": "dsa", "amount": 125_000}]
    found = []
    for place, number in enumerate(NUMBERS):
        person = make_person(
            name=f"Zephlegal {place}",
            alias=f"Zephalias {place}",
            email=f"zephmail{place}@example.org",
            phone=f"+254445566778{place}",
        )
        house = make_organisation(name=f"Zephhouse Association {place}")
        affiliate(person.id, house.name)
        answers: dict[str, object] = {
            "why_need": f"Zephanswer {place}",
            "birth_date": "1931-08-17",
            "letter": Upload("zephpaper.pdf", PAPER),
            "identity_copy": Upload("zephpaper.pdf", PAPER),
        }
        given: dict[str, Any] = {
            "number": number,
            "reference": f"ZEPHREF-{place}",
            "region": "americas",
            "first_time": True,
            "cost": 250_000,
            "cost_lines": costs,
            "support": Support.FULL,
            "accepts": ["full"],
            "organisation_id": house.id,
            "nominated_by_id": house.id,
        }
        if place == 0:
            found.append(make_application(call, person, answers=answers, **given))
            continue
        before = make_application(call, person, answers=answers, state=State.RECOMMENDED, **given)
        found.append(_granted(fund, before, came_home=place == 2))
    return found


def _granted(fund: Money, application: Application, *, came_home: bool) -> Application:
    """The same file with a grant: offered, or after the journey with a report begun."""
    award = approve(fund, application, 250_000)
    awarding.offer_all(fund.officer, [award], accept_days=7)
    if not came_home:
        return award.application
    awarding.answer(awarding.link(award), accepts=True)
    award, today = queries.award(award.id, lock=True), now().date()
    (dsa,) = [one for one in queries.lines([award.id]) if one.kind is CostKind.DSA]
    paying.ask(fund.finance, award, dsa, 10_000, payee={"name": "Zephpayee", "account": "Zephpayee"})
    last = travelling.days_of(award)[1] - travelling.AROUND
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=last)
    report = travelling.travelled(fund.officer, award, ended_on=today, report_days=30)
    reporting.keep(award, report, {"spoke": "Zephreport"})
    return award.application


def _at_the_desk(call: Call, file: Application, officer: Person) -> dict[str, list[str]]:
    """Who vouches with a letter, a question with an answer and a paper, a note."""
    person = db.session.get_one(Person, file.person_id)
    key = desk.record(call.id, file.id).person.seal_key
    thread.ask(officer, call, desk.record(call.id, file.id), "Zephexchange?", days=3)
    message = thread.answer(person, file, key, "Zephexchange!", Upload("zephexchange.pdf", PAPER))
    deciding.note(officer, file, "Zephnote")
    file.state = State.UNDER_REVIEW
    one = make_endorsement(file, Voucher.NOMINATOR, name="Zephvoucher", email=NOMINATOR, file_id=message.file_id)
    db.session.flush()
    return {"endorsement": [str(one.id)], "message": [str(message.id)]}


def _read(call: Call, file: Application, people: dict[str, Person]) -> dict[str, Review]:
    other = boards.make_file(call)
    reads.give(other, people["reader_of_others"])
    found = {
        name: reads.give(file, people[name], is_open=name != "reader_before_the_gate")
        for name in people
        if name.startswith("reader") and name != "reader_of_others"
    }
    first = make_person(name="First Reader")
    reads.make_reader(call, first)
    found["first"] = reads.give(file, first)
    _hands_in(found["first"], first, "Zephreview")
    _hands_in(found["reader_who_stepped_back"], people["reader_who_stepped_back"], "Mine")
    reading.recuse(people["reader_who_stepped_back"], found["reader_who_stepped_back"].id, Conflict.FAMILY)
    tied = found["reader_with_a_tie"]
    tied.state, tied.ended_at = Standing.RECUSED, now()
    tie = {"kind": Conflict.COAUTHOR, "application_id": file.id}
    db.session.add(Tie(id=uuid.uuid4(), call_id=call.id, person_id=people["reader_with_a_tie"].id, **tie))
    for name in ("reader_of_the_house", "board_member_of_the_house", "approver_of_the_house"):
        for place in range(len(NUMBERS)):
            affiliate(people[name].id, f"ZEPHHOUSE association {place}")
    db.session.flush()
    return found


def _hands_in(review: Review, person: Person, words: str) -> None:
    said = Said({"need": 3}, {"need": words}, 2)
    reading.hand_in(person, review.id, said, seen=review.version, window=uuid.uuid4())
    db.session.flush()


def _board(call: Call, files: Collection[Application], people: dict[str, Person]) -> list[str]:
    """A slate with all three files, a pin, a reason asked for and a trial; somebody stands aside for all three."""
    others = [boards.make_file(call, submitted_at=now() - timedelta(days=9)) for _ in range(4)]
    boards.score(call, {one: 90.0 - place for place, one in enumerate([*files, *others])})
    board = boards.meet(call, people["board_member"], boards.make_member(call))
    (first, *_rest) = files
    held = board_queries.file(call_by_id(call.id), first.id)
    board_actions.pin(people["board_member"], board, held, must=True, reason="Zephpin")
    slate = boards.make_slate(board, people["board_member"])
    for one in files:
        db.session.add(Recusal(call_id=call.id, application_id=one.id, person_id=people["board_member_aside"].id))
    what = {"who": [str(first.id)]}
    run = boards.answer(running.ask(people["board_member"], board, Kind.WHY, about=slate, what=what))
    tried = running.ask(people["board_member"], board, Kind.RESOLVE, about=slate, what={"gone": [str(first.id)]})
    board_actions.recommend(people["board_member"], call_by_id(call.id), board, slate.number)
    return [str(run.id), str(boards.answer(tried).id)]
