"""Search words: what people write in six languages meets what they ask for, in PostgreSQL itself."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from eventhub.kit.db import db
from eventhub.kit.normal import plain, query_text, tokens, vector_text

MATCH = text("SELECT to_tsvector('simple', :document) @@ to_tsquery('simple', :question)")


def found(document: str, question: str) -> bool:
    """Whether PostgreSQL finds the document."""
    values = {"document": vector_text(document), "question": query_text(question)}
    return bool(db.session.scalar(MATCH, values))


@pytest.mark.parametrize(
    ("document", "question"),
    [
        ("少数群体问题论坛", "论坛"),
        ("少数群体问题论坛", "少数群体"),
        ("少数群体问题论坛", "坛"),
        ("少数群体问题论坛", "群"),
        ("少数群体的权利", "少数群体权利"),
        ("2026年11月26日少数群体问题论坛第十九届会议", "2026年 论坛"),
        ("المنتدى المعني بقضايا الأقليات", "اقليات"),
        ("حقوق الأقلية", "الأقليات"),
        ("إعلان بشأن حقوق الأشخاص المنتمين إلى أقليات", "الأقلية"),
        ("والأقليات", "أقليات"),
        ("للأقليات", "اقلية"),
        ("الالتزامات", "التزام"),
        ("التزامات الدول", "الالتزام"),
        ("لغات الأقليات", "لغة"),
        ("حُقُوقُ الإنسانِ", "حقوق الانسان"),
        ("التعليم وحقوق الإنسان", "حقوق"),
        ("الوثيقة الختامية", "وثيقة"),
        ("права меньшинств", "меньшинства"),
        ("Форум по вопросам меньшинств", "форума меньшинствам"),
        ("отчёт о сессии", "отчет сессия"),
        ("коренные народы", "коренных народов"),
        ("les minorités nationales", "minorité nationale"),
        ("droits de l’homme", "droit d'homme"),
        ("services régionaux", "régional"),
        ("personas pertenecientes a minorías", "minoria"),
        ("las naciones", "nación"),
        ("Forum on Minority Issues", "minorities issue"),
        ("Forum on Minority Issues", "forum of the minority"),
        ("Forum on Minority Issues", "mino"),
        ("Women’s rights in programmes", "women right programme"),
        ("A/HRC/52/71", "A/HRC/52/71"),
        ("see A/HRC/52/71.", "hrc/52/71"),
        ("see A/HRC/52/71/Add.1", "A/HRC/52/7"),
        ("A/HRC/52/71", "hrc 71"),
        ("E/CN.4/Sub.2/AC.5/2005/2", "CN.4/Sub.2"),
        ("Łódź, İstanbul, Straße", "lodz istanbul strasse"),
        ("अल्पसंख्यक अधिकार", "अधिकार"),
        ("٢٠٢٦", "2026"),
        ("ＦＯＲＵＭ", "forum"),
        ("O’Brien", "obrien"),
    ],
)
@pytest.mark.usefixtures("database")
def test_found(document: str, question: str) -> None:
    assert found(document, question)


@pytest.mark.parametrize(
    ("document", "question"),
    [
        ("少数群体问题论坛", "少数民族"),
        ("حقوق الطفل", "اقليات"),
        ("права ребенка", "меньшинств"),
        ("A/HRC/52/71", "A/HRC/5/271"),
        ("A/HRC/52/71", "A/HRC/52/72"),
        ("Forum on Minority Issues", "forum water"),
        ("Forum", "mino forum"),
    ],
)
@pytest.mark.usefixtures("database")
def test_not_found(document: str, question: str) -> None:
    assert not found(document, question)


@pytest.mark.parametrize(
    "question",
    [
        "",
        "  ",
        "'",
        "''",
        "\\",
        "a' & !b",
        "a:*b",
        "((",
        "| | |",
        "<->",
        "a & 'b",
        "\x00",
        "!!!",
        ":*",
        "%_",
        "\ud800x",
    ],
)
@pytest.mark.usefixtures("database")
def test_no_question_is_a_syntax_error(question: str) -> None:
    found("a b", question)


@pytest.mark.usefixtures("database")
def test_grammar_alone_is_still_a_question() -> None:
    assert found("of the", "the")
    assert not found("nothing here", "?!")


@pytest.mark.usefixtures("database")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_every_text_is_found_by_itself(line: str) -> None:
    question = query_text(line)
    assert not question or found(line, line)


@given(st.text(max_size=80))
def test_only_our_own_operators_come_out(line: str) -> None:
    bare = query_text(line)
    for operator in (" & ", " | ", "':*", "'", "(", ")"):
        bare = bare.replace(operator, "")
    assert not set(bare) & set("'\\&|!<>:*() \x00")


def test_plain() -> None:
    assert plain("  Minorités\u00a0 ÉTAT Ñandú ") == "minorites etat nandu"
    assert plain("أقليّــة آسيا ٱلإنسان ٣") == "اقليه اسيا الانسان 3"
    assert plain("Ёлка Йога") == "елка иога"


def test_tokens() -> None:
    assert tokens("少数群体") == ["少数", "数群", "群体", "体"]
    assert tokens("少数群体", query=True) == ["少数", "数群", "群体"]
    assert tokens("minorité minorités") == ["minorit", "minorit"]
    assert set(tokens("اقليات")) & set(tokens("الأقلية"))
    assert tokens("A/HRC/52/71", query=True) == ["aǀhrcǀ52ǀ71"]
    assert vector_text("Forum", None, "", "论坛") == "forum 论坛 坛"
    assert len(max(tokens("x" * 5000), key=len)) <= 60
