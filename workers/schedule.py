"""What happens by the clock: plain ``celery beat`` in UTC; a unique (job, slot) row makes each slot happen once."""

from celery.schedules import crontab
from celery.signals import beat_init, worker_ready

from workers.app import celery
from workers.ready import say_ready

worker_ready.connect(say_ready)
beat_init.connect(say_ready)

celery.conf.beat_schedule = {
    # A sign of life that lay in the queue says nothing about now.
    "give a sign of life": {"task": "upkeep.heartbeat", "schedule": crontab(), "options": {"expires": 50}},
    "seal the audit": {"task": "upkeep.seal_audit", "schedule": crontab(minute="*/5")},
    "sweep people": {"task": "people.sweep", "schedule": crontab(minute=23)},
    "refresh calendars": {"task": "calendars.refresh", "schedule": crontab(hour=2, minute=40)},
    "remind of sessions": {"task": "calendars.remind", "schedule": crontab(), "options": {"expires": 50}},
    "expire drafts": {"task": "registration.expire_drafts", "schedule": crontab(minute="*/10")},
    "forget nominations": {"task": "delegations.forget_unanswered", "schedule": crontab(minute=51)},
    "find duplicates": {"task": "registration.find_duplicates", "schedule": crontab(minute="2-59/5")},
    "forget duplicates": {"task": "registration.forget_duplicates", "schedule": crontab(minute=44)},
    "find organizations": {"task": "people.find_duplicates", "schedule": crontab(minute=29)},
    "forget whom helpers named": {"task": "helping.forget", "schedule": crontab(minute=52)},
    "follow links to makers": {"task": "commitments.follow_links", "schedule": crontab(minute="8-59/15")},
    "forget tables of commitments": {"task": "tracker.forget", "schedule": crontab(minute=56)},
    "tell who follows commitments": {"task": "tracker.tell", "schedule": crontab(minute=12)},
    "forget who asked for links": {"task": "evidence.forget", "schedule": crontab(minute=39)},
    "follow rounds": {"task": "rounds.step", "schedule": crontab(minute="5-59/15")},
    "follow evaluations": {"task": "evaluations.step", "schedule": crontab(minute="9-59/15")},
    # Two jobs: marks and answers are written in transactions of their own, some minutes apart.
    "mark links of evaluations": {"task": "evaluations.mark", "schedule": crontab(minute="1-59/15")},
    "take answers of evaluations": {"task": "evaluations.take", "schedule": crontab(minute="6-59/15")},
    "forget rounds": {"task": "rounds.forget", "schedule": crontab(minute=45)},
    "forget makers": {"task": "commitments.forget", "schedule": crontab(minute=46)},
    "forget messages": {"task": "registration.forget_messages", "schedule": crontab(minute=47)},
    "forget arrangements": {"task": "arrangements.forget", "schedule": crontab(minute=49)},
    "carry mailings": {"task": "mailings.step", "schedule": crontab(), "options": {"expires": 50}},
    "forget mailings": {"task": "mailings.forget", "schedule": crontab(minute=57)},
    "freeze counts": {"task": "registration.freeze_counts", "schedule": crontab(minute="1,31")},
    "freeze genders": {"task": "registration.freeze_genders", "schedule": crontab(hour=3, minute=11)},
    "lapse offers": {"task": "registration.lapse_offers", "schedule": crontab(minute="*/5")},
    "expire applications": {"task": "funding.expire_drafts", "schedule": crontab(minute="*/10")},
    "remind applicants": {"task": "funding.remind", "schedule": crontab(minute="*/15")},
    "forget who vouched": {"task": "funding.forget_vouchers", "schedule": crontab(minute=48)},
    "find duplicates of the fund": {"task": "funding.find_duplicates", "schedule": crontab(minute="4-59/5")},
    "remind applicants of what was asked": {"task": "funding.remind_asked", "schedule": crontab(minute=36)},
    "forget the fund's desk": {"task": "funding.forget_desk", "schedule": crontab(minute=41)},
    "score reviews": {"task": "reviewing.score", "schedule": crontab(minute="13,43")},
    "lapse grants": {"task": "awards.lapse", "schedule": crontab(minute="3-59/5")},
    "follow reports": {"task": "awards.reports", "schedule": crontab(minute=36)},
    "freeze balances of the fund": {"task": "awards.freeze_balance", "schedule": crontab(hour=3, minute=24)},
    "sweep reports for donors": {"task": "awards.sweep_reports", "schedule": crontab(minute=34)},
    "sweep papers": {"task": "papers.sweep", "schedule": crontab(minute="7,37")},
    "sweep files": {"task": "upkeep.sweep_files", "schedule": crontab(minute=53)},
    "sweep": {"task": "upkeep.sweep", "schedule": crontab(minute=17)},
}
