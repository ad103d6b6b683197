"""The form with which a report for donors is asked for."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.validators import Length

from eventhub.awards.dashboard_models import ReportKind
from eventhub.kit.forms import Form, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES


class ReportForm(Form):
    """In which language, as which kind of file, and what for."""

    language = SelectField(_l("Language"), choices=options([(code, AUTONYMS[code]) for code in LANGUAGES]))
    kind = SelectField(
        _l("Kind of file"), choices=options([(ReportKind.PDF.value, "PDF"), (ReportKind.XLSX.value, "XLSX")])
    )
    reason = TextAreaField(
        _l("What do you need it for?"),
        description=_l("Kept in the record."),
        validators=[required(_l("Say what you need it for")), Length(max=300)],
        render_kw={"rows": 2},
    )
