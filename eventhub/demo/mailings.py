"""The demo's mailings: one that went out a week ago, with what became of it, and the draft of another."""

import random
import uuid
from datetime import timedelta

from sqlalchemy import insert, select, update

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db, table_of
from eventhub.mailings import actions, audience
from eventhub.mailings.audience import Audience
from eventhub.mailings.models import Kind, Mailing, MailingLine, Outcome, Stage
from eventhub.people.models import Person
from eventhub.programme.models import Event

SENT_SUBJECT: Texts = {
    "en": "{event}: how to reach the building",
    "fr": "{event} : comment rejoindre le bâtiment",
    "es": "{event}: cómo llegar al edificio",
    "ru": "{event}: как добраться до здания",
    "ar": "{event}: كيفية الوصول إلى المبنى",
    "zh": "{event}：如何抵达会场",
}
SENT_TEXT: Texts = {
    "en": "Dear {name},\n\n"
    "if you are accredited, please come to the main gate from eight o’clock, with your reference {reference} and "
    "a document with a photograph. It takes about half an hour until you are in the room.\n\n"
    "Your registration: {link}",
    "fr": "Bonjour {name},\n\n"
    "si votre accréditation est confirmée, présentez-vous à l’entrée principale dès huit heures, "
    "avec votre référence {reference} et une pièce d’identité avec photographie. "
    "Comptez une demi-heure pour arriver dans la salle.\n\n"
    "Votre inscription : {link}",
    "es": "Hola, {name}:\n\n"
    "si su acreditación está confirmada, venga a la entrada principal a partir de las ocho, "
    "con su referencia {reference} y un documento con fotografía. "
    "Calcule media hora hasta llegar a la sala.\n\nSu inscripción: {link}",
    "ru": "Здравствуйте, {name}!\n\n"
    "Если Ваша аккредитация подтверждена, приходите к главному входу с восьми часов, "
    "с номером {reference} и документом с фотографией. "
    "Путь до зала занимает около получаса.\n\nВаша регистрация: {link}",
    "ar": "تحية طيبة، {name}\n\n"
    "إذا تم اعتماد مشاركتكم، يرجى الحضور إلى المدخل الرئيسي ابتداء من الساعة الثامنة، مع رقمكم المرجعي {reference} "
    "ووثيقة عليها صورة. يستغرق الوصول إلى القاعة نحو نصف ساعة.\n\nتسجيلكم: {link}",
    "zh": "{name}，您好！\n\n如您已获认可，请自八时起到正门，携带您的参考编号{reference}和带照片的证件。"
    "抵达会议室约需半小时。\n\n您的注册：{link}",
}
DRAFT_SUBJECT: Texts = {
    "en": "Your registration for {event} is not sent yet",
    "fr": "Votre inscription à {event} n’est pas encore envoyée",
}
DRAFT_TEXT: Texts = {
    "en": "Dear {name},\n\nyou began to register and have not sent it. What you wrote is kept: {link}",
    "fr": "Bonjour {name},\n\nvous avez commencé une inscription sans l’envoyer. "
    "Ce que vous avez écrit est conservé : {link}",
}
AGO = timedelta(days=7)
FATES = (*([Outcome.SENT] * 60), Outcome.BOUNCED, Outcome.REFUSED)


def make_mailings(event: Event, organiser: Person) -> None:
    """Nobody is written to: what was sent was sent before the demo begins."""
    sent = _written(event, organiser, ("accredited", "decide"), SENT_SUBJECT, SENT_TEXT)
    moment = now() - AGO
    sent.send_at, sent.begun_at, sent.ended_at = moment, moment, moment + timedelta(minutes=9)
    sent.stage = Stage.DONE
    db.session.flush()
    names = ["id", "mailing_id", "person_id", "registration_id", "state", "why", "round", "moved_at"]
    table = table_of(MailingLine)
    db.session.execute(insert(table).from_select(names, audience.lines(sent, event, moment)))
    rng, fates = random.Random(29), dict[Outcome, list[uuid.UUID]]()
    mine = select(table.c.id).where(table.c.mailing_id == sent.id, table.c.state == Outcome.WAITING)
    for line_id in db.session.scalars(mine.order_by(table.c.person_id)):
        fates.setdefault(rng.choice(FATES), []).append(line_id)
    for fate, ids in fates.items():
        arrived = {"sent_at": moment} if fate is not Outcome.REFUSED else {}
        values = {"state": fate, "promised_at": moment, **arrived}
        db.session.execute(update(table).where(table.c.id.in_(ids)).values(**values))
    for verb in ("sent", "begun", "done"):
        audit.record(f"mailings.{verb}", sent, actor=organiser if verb == "sent" else None, scope_id=event.id)
    _written(event, organiser, ("draft",), DRAFT_SUBJECT, DRAFT_TEXT)
    db.session.flush()


def _written(event: Event, organiser: Person, groups: tuple[str, ...], subject: Texts, text: Texts) -> Mailing:
    made = actions.create(organiser, event, kind=Kind.SERVICE, language="en")
    made.audience, made.subject, made.text = Audience(groups=groups).plain(), subject, text
    return made
