"""Money in the house format of six languages."""

import pytest
from flask import Flask, g, render_template_string

from eventhub.kit.i18n import show_money
from eventhub.kit.money import Money

THIN, FIRM = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("minor", "currency", "language", "shown"),
    [
        (120_000, "USD", "en", f"USD{FIRM}1,200"),
        (120_000, "USD", "fr", f"1{THIN}200{FIRM}USD"),
        (120_000, "USD", "es", f"1{FIRM}200{FIRM}USD"),
        (120_000, "USD", "ru", f"1{FIRM}200{FIRM}долл. США"),
        (120_000, "USD", "ar", f"1,200{FIRM}دولار"),
        (120_000, "USD", "zh", "1,200美元"),
        (120_050, "USD", "en", f"USD{FIRM}1,200.50"),
        (120_050, "USD", "fr", f"1{THIN}200,50{FIRM}USD"),
        (120_050, "USD", "ar", f"1,200.50{FIRM}دولار"),
        (500, "USD", "ar", f"5{FIRM}دولارات"),
        (1_100, "USD", "ar", f"11{FIRM}دولاراً"),
        (200, "CHF", "ru", f"2{FIRM}швейцарских франка"),
        (500, "CHF", "ru", f"5{FIRM}швейцарских франков"),
        (150, "CHF", "ru", f"1,50{FIRM}швейцарского франка"),
        (1_200, "JPY", "zh", "1,200日元"),
        (1_200, "XAF", "fr", f"1{THIN}200{FIRM}XAF"),
        (1_200_000, "KWD", "en", f"KWD{FIRM}1,200.000"),
        (-50, "USD", "en", f"USD{FIRM}−0.50"),
        (0, "USD", "es", f"0{FIRM}USD"),
        (999_999_999_999_999, "USD", "en", f"USD{FIRM}9,999,999,999,999.99"),
    ],
)
def test_the_house_writes_money(minor: int, currency: str, language: str, shown: str) -> None:
    assert show_money(Money(minor, currency), language) == shown


def test_a_template_writes_it_in_the_language_of_its_page(app: Flask) -> None:
    with app.test_request_context("/fr/"):
        g.lang = "fr"
        assert render_template_string("{{ it|money }}", it=Money(120_000, "USD")) == f"1{THIN}200{FIRM}USD"
        assert render_template_string("{{ show_money(it, 'zh') }}", it=Money(120_000, "USD")) == "1,200美元"
