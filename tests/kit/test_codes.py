"""Code lists: complete in six languages, written as the style asks, sorted for each reader."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from eventhub.kit import codes

DATA = Path(codes.__file__).parent.parent / "data"
VOCABULARIES = json.loads((DATA / "vocabularies.json").read_text(encoding="utf-8"))
COUNTRIES = json.loads((DATA / "countries.json").read_text(encoding="utf-8"))
SPOKEN = json.loads((DATA / "languages.json").read_text(encoding="utf-8"))
GLOSSARY = {term["key"]: term for term in json.loads((DATA / "glossary.json").read_text(encoding="utf-8"))}
REASONS = [(kind, code) for kind in ("registration", "funding") for code in codes.codes(f"decision_reason.{kind}")]

# What LANGUAGES.md forbids, and a few neighbours of it.
FORBIDDEN = {
    "ar": r"ـ|إيميل|[٠-٩]|[\u064e-\u0650\u0652]|[,;?]",
    "zh": r"少数民族|成员国|公民社会|官方语言|你|她|(?<!其)他|[\u3400-\u9fff] |[ ][\u3400-\u9fff]|[,;:?!()]",
    "en": r"\b[eE]-mail|\bprogram\b|\bcenter\b|\b\w+isation|'",
    "fr": r"(?i)\be?-?mails?\b|\bdigital|\bagenda\b|éligible|évidence|opportunité|'| [;:!?»]|« |·",
    "ru": r"ё|Ё|национальност|имейл|\(а\)|[\"']",
    "es": r"(?i)\b(tú|vos|vosotros|vosotras|email|aplicar|eventualmente|signos|rúbrica)\b|\bevidencia|'|@",
}
ACRONYMS = {"ar": set(), "zh": {"A", "B"}, "ru": set()}


def every_label() -> Iterator[tuple[str, str, str]]:
    """(where, language, text) of all that a reader may meet."""
    for vocabulary, entries in VOCABULARIES.items():
        for code, texts in entries.items():
            for language in codes.LANGUAGES:
                yield f"{vocabulary}/{code}", language, texts[language]
                if "text" in texts:
                    yield f"{vocabulary}/{code}/text", language, texts["text"][language]


def every_name() -> Iterator[tuple[str, str, str]]:
    for row in COUNTRIES + SPOKEN:
        for language in codes.LANGUAGES:
            yield row.get("iso2") or row["code"], language, row["names"][language]


def test_every_code_has_a_label_in_six_languages() -> None:
    for vocabulary, entries in VOCABULARIES.items():
        for code, texts in entries.items():
            assert tuple(texts)[:6] == codes.LANGUAGES, (vocabulary, code)
    for where, language, text in [*every_label(), *every_name()]:
        assert text, (where, language)
        assert text == text.strip(), (where, language)
        assert text == unicodedata.normalize("NFC", text), (where, language)
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text), (where, language)


def test_labels_within_a_list_differ() -> None:
    for vocabulary, entries in VOCABULARIES.items():
        for language in codes.LANGUAGES:
            labels = [texts[language] for texts in entries.values()]
            assert sorted(labels) == sorted(set(labels)), (vocabulary, language)


def test_labels_follow_the_style_of_their_language() -> None:
    slips = [
        (where, language, text)
        for where, language, text in every_label()
        if re.search(FORBIDDEN[language], text) or "/" in text
    ]
    assert slips == []


def test_no_latin_letter_is_left_in_arabic_chinese_or_russian() -> None:
    left = [
        (where, language, word)
        for where, language, text in [*every_label(), *every_name()]
        if language in ACRONYMS
        for word in re.findall(r"[A-Za-zÀ-ɏ]+", text)
        if word not in ACRONYMS[language]
    ]
    assert left == []


def test_names_carry_no_yo_no_vowel_sign_and_no_typewriter_apostrophe() -> None:
    marks = {"ar": r"[ـ\u064e-\u0650\u0652]", "ru": "[ёЁ]|о-ва?\\b", "zh": r"[() ]", "en": r" & |\bSt\."}
    assert [
        (where, language, text)
        for where, language, text in every_name()
        if "'" in text or re.search(marks.get(language, "'"), text)
    ] == []


TERMS = {
    "participant_category": {
        "member_state": "member_state",
        "observer_state": "observer_state",
        "un_entity": "un_entity",
        "intergovernmental_org": "igo",
        "nhri": "nhri",
        "minority_representative": "minority_representative",
        "panellist": "panellist",
        "secretariat": "secretariat",
    },
    "ecosoc_status": {c: f"ecosoc_{c}" for c in ("general", "special", "roster", "none")},
    "attendance_mode": {c: c for c in ("in_person", "remote_speaking", "remote_listening", "video_statement")},
    "document_type": {c: c for c in codes.codes("document_type")},
    "fund_cost_line": {
        "economy_return_ticket": "economy_ticket",
        **{c: c for c in ("dsa", "terminal_expenses", "visa_fee", "travel_insurance")},
    },
    "self_report": {c: f"progress_{c}" for c in ("not_started", "planning", "in_progress", "fulfilled", "changed")},
    "review": {c: c for c in ("unverified", "confirmed", "disputed", "no_evidence")},
    "gender": {"prefer_not_to_say": "prefer_not_to_say"},
    "regional_group": {
        "african": "group_african",
        "asia_pacific": "group_asia_pacific",
        "eeg": "group_eastern_european",
        "grulac": "group_grulac",
        "weog": "group_weog",
    },
}


def test_glossary_terms_are_used_where_they_exist() -> None:
    for vocabulary, terms in TERMS.items():
        for code, key in terms.items():
            for language in codes.LANGUAGES:
                shown, term = codes.label(vocabulary, code, language), GLOSSARY[key][language]
                assert shown in (term, term[0].upper() + term[1:]), (vocabulary, code, language)


def test_choices_keep_the_order_of_the_list() -> None:
    assert codes.codes("ecosoc_status") == ("general", "special", "roster", "none", "pending")
    assert codes.choices("gender", "es")[:2] == [("woman", "Mujer"), ("man", "Hombre")]


@pytest.mark.parametrize(("kind", "code"), REASONS)
def test_reasons_are_told_without_blame_and_say_what_comes_next(kind: str, code: str) -> None:
    harsh = {
        "en": r"reject|refus|denied|fail|unfortunately|must\b",
        "fr": r"refus|rejet|échou|malheureusement|\bdevez\b",
        "es": r"rechaz|deneg|fracas|lamentable",
        "ru": r"отказ|отклон|к сожалению|должны",
        "ar": r"رفض|للأسف|يجب",
        "zh": r"拒绝|驳回|遗憾|必须",
    }
    un_words = (
        r"(?i)united nations|nations unies|naciones unidas|объединенн|المتحدة|联合国"
        r"|forum|foro|форум|منتدى|论坛|minorit|minoría|меньшинств|أقلي|少数群体"
    )
    for language in codes.LANGUAGES:
        text = codes.reason_text(kind, code, language)  # type: ignore[arg-type]
        sentences = re.findall(r"[.。](?:\s|$)|。", text)
        assert len(sentences) >= 2, (code, language)
        assert not re.search(harsh[language], text, re.IGNORECASE), (code, language)
        # The text also goes by mail to people in discreet mode.
        assert not re.search(un_words, text), (code, language)


def test_a_security_objection_cannot_be_told_from_any_other_reason() -> None:
    for language in codes.LANGUAGES:
        text = codes.reason_text("registration", "security_objection_recorded", language)
        assert text == codes.reason_text("registration", "other", language)
        assert not re.search(r"(?i)securit|sécurit|segurid|безопасн|أمن|安|object|objec|возраж|اعتراض|异议", text)


def test_unknown_codes_say_what_is_unknown() -> None:
    with pytest.raises(KeyError, match="'knight' in the vocabulary 'gender'"):
        codes.label("gender", "knight", "en")
    with pytest.raises(KeyError, match="no vocabulary 'colours'"):
        codes.codes("colours")
    with pytest.raises(KeyError, match="language 'de'"):
        codes.label("gender", "woman", "de")
    with pytest.raises(KeyError, match="no country with the code 'ZZ'"):
        codes.country("ZZ")
    with pytest.raises(KeyError, match="no language with the code 'zz'"):
        codes.language_name("zz", "en")
    with pytest.raises(KeyError, match="no code 'nobody'"):
        codes.reason_text("funding", "nobody", "en")


def states() -> list[codes.Country]:
    return [codes.country(iso2) for iso2, _ in codes.countries("en", kinds=("member",))]


def test_there_are_193_member_states_in_five_groups() -> None:
    members = states()
    assert len(members) == 193
    assert Counter(state.regional_group for state in members) == {
        "african": 54,
        "asia_pacific": 54,
        "grulac": 33,
        "weog": 28 + 1,  # the United States is a member of no group and counted here for elections
        "eeg": 23,
    }
    assert codes.country("US").regional_group == "weog"
    assert next(row for row in COUNTRIES if row["iso2"] == "US")["regional_group_note"].startswith("Member of no group")
    observers = [iso2 for iso2, _ in codes.countries("en", kinds=("observer",))]
    assert sorted(observers) == ["PS", "VA"]


def test_groups_and_regions_have_labels() -> None:
    assert {state.regional_group for state in states()} == set(codes.codes("regional_group"))
    assert {state.forum_region for state in states()} == set(codes.codes("forum_region"))


def test_in_23_states_the_forum_region_is_not_that_of_the_group() -> None:
    natural = {
        "african": "africa_middle_east",
        "asia_pacific": "asia_pacific",
        "grulac": "americas",
        "weog": "europe_central_asia",
        "eeg": "europe_central_asia",
    }
    differing = {s.iso2 for s in states() if s.regional_group and natural[s.regional_group] != s.forum_region}
    middle_east = {"IR", "AE", "BH", "IQ", "JO", "KW", "LB", "OM", "QA", "SA", "SY", "YE"}
    central_asia = {"CY", "KG", "KZ", "TJ", "TM", "UZ"}
    assert differing == middle_east | central_asia | {"AU", "CA", "IL", "NZ", "US"}
    assert len(differing) == 23


def test_codes_of_countries_are_unique_and_whole() -> None:
    for column in ("iso2", "iso3", "m49"):
        values = [row[column] for row in COUNTRIES if row["iso2"] != "XK"]
        assert len(values) == len(set(values)) == 249  # ISO 3166-1 has 249 entries; Kosovo has no code there
    assert all(re.fullmatch(r"[A-Z]{3}", row["iso3"]) for row in COUNTRIES if row["iso3"])
    assert all(re.fullmatch(r"\d{3}", row["m49"]) for row in COUNTRIES if row["m49"])


def test_least_developed_status_ends_on_its_day() -> None:
    nepal = codes.country("NP")
    assert nepal.ldc_until == date(2026, 11, 24)
    assert nepal.is_ldc(date(2026, 11, 23))
    assert not nepal.is_ldc(date(2026, 11, 24))
    assert codes.country("AF").is_ldc(date(2040, 1, 1))
    assert not codes.country("FR").is_ldc(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("iso2", "language", "name"),
    [
        ("AE", "ru", "Объединенные Арабские Эмираты"),
        ("BO", "en", "Bolivia (Plurinational State of)"),
        ("CI", "ar", "كوت ديفوار"),
        ("CI", "en", "Côte d’Ivoire"),
        ("CZ", "es", "Chequia"),
        ("GB", "zh", "大不列颠及北爱尔兰联合王国"),
        ("KG", "ru", "Кыргызстан"),
        ("KP", "fr", "République populaire démocratique de Corée"),
        ("MD", "fr", "République de Moldova"),
        ("MM", "en", "Myanmar"),
        ("PS", "ar", "دولة فلسطين"),
        ("RU", "zh", "俄罗斯联邦"),
        ("SZ", "en", "Eswatini"),
        ("TR", "en", "Türkiye"),
        ("TT", "es", "Trinidad y Tabago"),
        ("VA", "ru", "Святой Престол"),
    ],
)
def test_states_bear_their_united_nations_names(iso2: str, language: str, name: str) -> None:
    assert codes.country_name(iso2, language) == name


def test_territories_serve_for_residence_and_not_for_representation() -> None:
    represented, anywhere = codes.countries("en"), codes.countries("en", kinds=codes.ANYWHERE)
    assert len(represented) == 195
    assert "GL" not in dict(represented)
    assert dict(anywhere)["GL"] == "Greenland"
    assert {"ZZ", "EU", "UN", "XA", "XB", "EZ", "QO", "AC", "IC"}.isdisjoint(dict(anywhere))


def test_nobody_has_to_name_a_country_as_nationality() -> None:
    offered = codes.nationality_choices("fr")
    assert len(offered) == 195 + 3
    assert [code for code, _ in offered[-3:]] == ["stateless", "refugee_1951_travel_document", "prefer_not_to_say"]
    assert offered[-3][1] == "Apatride"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["CR", "CI", "HR", "CU"]),  # Costa, Côte, Croatia, Cuba
        ("fr", ["EG", "SV", "AE", "EC", "ER"]),  # Égypte, El Salvador, Émirats, Équateur, Érythrée
        ("es", ["AL", "DE", "AD", "AO", "AG", "SA"]),  # Albania, Alemania, Andorra, Angola, Antigua, Arabia
        ("ru", ["IS", "ES", "IT", "YE", "CV"]),  # Исландия, Испания, Италия, Йемен, Кабо-Верде
        ("ar", ["ET", "AZ", "AM", "ER", "ES", "AU"]),  # hamza above and below alif stand together
        ("zh", ["AL", "DZ", "AF", "AR"]),  # a er ba, a er ji, a fu, a gen
    ],
)
def test_countries_are_sorted_for_the_reader(language: str, expected: list[str]) -> None:
    order = [iso2 for iso2, _ in codes.countries(language)]
    start = order.index(expected[0])
    assert order[start : start + len(expected)] == expected


def test_spanish_n_with_tilde_follows_n_and_capitals_do_not_count() -> None:
    names = ["Ñuble", "Nzega", "ñame", "Nápoles", "oro"]
    by_key = sorted(names, key=lambda name: codes.collation_key(name, "es"))
    assert by_key == ["Nápoles", "Nzega", "ñame", "Ñuble", "oro"]


def test_pinyin_has_one_syllable_for_each_chinese_sign() -> None:
    for row in COUNTRIES + SPOKEN:
        signs = [c for c in row["names"]["zh"] if c.isalnum()]
        assert len(row["zh_sort"].split()) == len(signs), row["names"]["zh"]
    pinyin = {row["iso2"]: row["zh_sort"] for row in COUNTRIES}
    assert (pinyin["CV"], pinyin["PE"], pinyin["HN"]) == ("fo de jiao", "bi lu", "hong du la si")
    assert codes.countries("zh")[-1] == ("CN", "中国")


def test_languages_are_named_in_themselves_and_in_six_languages() -> None:
    assert dict(codes.language_choices("en", interface_only=True)).keys() == set(codes.LANGUAGES)
    own = [codes.autonym(code) for code in ("en", "fr", "es", "ru", "ar", "zh")]
    assert own == ["English", "Français", "Español", "Русский", "العربية", "中文"]
    assert len(codes.language_choices("ar")) >= 120
    assert all(row["autonym"] for row in SPOKEN)
    assert sum(row["sign"] for row in SPOKEN) >= 20


def test_languages_of_minorities_bear_no_slur() -> None:
    assert [codes.language_name("rom", language) for language in ("ru", "zh")] == ["романи", "罗姆语"]
    assert not [n for _, _, n in every_name() if re.search(r"цыган|吉普赛|غجر|(?i:g[iy]ps|gitan)", n)]
    assert codes.language_name("ssp", "es") == "lengua de señas española"  # señas, not signos


def test_six_languages_read_alike_in_both_lists() -> None:
    for code in codes.LANGUAGES:
        for page in codes.LANGUAGES:
            assert codes.label("un_languages", code, page) == codes.language_name(code, page)
