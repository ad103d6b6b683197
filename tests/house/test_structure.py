"""The shape of the source: short files that say what they are, and nothing that the design forbids."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted([*(ROOT / "eventhub").rglob("*.py"), *(ROOT / "workers").rglob("*.py")])
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt"))
SCRIPTS = sorted((ROOT / "eventhub" / "static").rglob("*.js"))
LONGEST = 500
GROWN: dict[str, int] = {}
"""Files past comfort, and how long each may be at most: to be cut when their feature is next opened, never to grow."""
VAGUE = re.compile(r"(^|_)(util|utils|helper|helpers|manager|managers|service|services|common|misc|base)$")


def label(path: Path) -> str:
    """How a file is named in the results."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("module", MODULES, ids=label)
def test_module(module: Path) -> None:
    """Short, opening with a line on what it is for, not named after nothing in particular."""
    text = module.read_text(encoding="utf-8")
    lines, most = len(text.splitlines()), GROWN.get(label(module), LONGEST)
    assert lines <= most, f"{lines} lines, {most} at most: split it; declare the new module in pyproject.toml's layers"
    assert not VAGUE.search(module.stem)
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "no docstring opens this module"
    assert docstring.splitlines()[0].rstrip()[-1] in ".:?…", "the first line is not a sentence"


@pytest.mark.parametrize("template", TEMPLATES, ids=label)
def test_template(template: Path) -> None:
    """Nothing that the Content-Security-Policy or a reader's direction of script would break."""
    text = template.read_text(encoding="utf-8")
    markup = re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)
    assert not re.search(r"\|\s*safe\b", markup), "|safe: use Markup from kit/markdown.py"
    assert not re.search(r"{%-?\s*autoescape\s+false", markup)
    if template.suffix == ".html":
        assert not re.search(r"<style\b", markup, re.IGNORECASE) or is_mail(template), "inline style sheet"
        assert not re.search(r"\sstyle\s*=", markup, re.IGNORECASE) or is_mail(template), "style attribute"
        assert not re.search(r"\son[a-z]+\s*=\s*[\"']", markup, re.IGNORECASE), "event handler in an attribute"
        assert not re.search(r"<script\b(?![^>]*\bsrc=)", markup, re.IGNORECASE), "inline script"
        assert not re.search(r"(href|src|action)=[\"']\s*javascript:", markup, re.IGNORECASE)


def is_mail(template: Path) -> bool:
    """Mail programs know no style sheet of ours."""
    return "mail" in template.relative_to(ROOT / "templates").parts


@pytest.mark.parametrize("template", TEMPLATES, ids=label)
def test_every_sentence_can_be_translated(template: Path) -> None:
    """No bare words between tags: each visible text goes through gettext (or is a value)."""
    markup = re.sub(r"{#.*?#}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    if template.suffix != ".html":
        return
    # Blocks that fill a class, and addresses: nobody's language.
    markup = re.sub(r"{% block (face|frame) %}.*?{% endblock %}", " ", markup, flags=re.DOTALL)
    markup = re.sub(r"{%.*?%}|{{.*?}}", " ", markup, flags=re.DOTALL)
    markup = re.sub(r"<(script|style|code|svg|title)\b.*?</\1>", " ", markup, flags=re.DOTALL | re.IGNORECASE)
    words = re.sub(r"<[^>]*>", " ", re.sub(r"&[a-z#0-9]+;", " ", markup))
    words = re.sub(r"(?<!\S)/\S+", " ", words)
    bare = [word for word in re.findall(r"[^\W\d_]{3,}", words) if word not in NAMES]
    assert not bare, f"words outside gettext: {bare[:6]}"
    attributes = re.findall(r"\s(?:alt|title|placeholder|aria-label)=\"([^\"]*)\"", markup)
    spoken = [value for value in attributes if re.search(r"[^\W\d_]{3,}", value) and value.strip() not in NAMES]
    assert not spoken, f"attributes outside gettext: {spoken}"


NAMES = {"EventHub", "Event", "Hub", "CSV", "XLSX", "UTC", "PDF"}
"""What is the same in every language."""


@pytest.mark.parametrize("module", MODULES, ids=label)
def test_gettext_gets_whole_texts(module: Path) -> None:
    """``_()`` with anything but a literal cannot be extracted, and would stay English for ever."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "_l", "gettext"}:
            first = node.args[0] if node.args else None
            literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
            assert literal, f"line {node.lineno}: not a literal text"


@pytest.mark.parametrize("script", SCRIPTS, ids=label)
def test_script(script: Path) -> None:
    """No sink that would need Trusted Types, no code from text."""
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|new Function)\b", text)


def test_nothing_names_where_it_was_made() -> None:
    """No path of a developer's machine in what is delivered."""
    for path in [*MODULES, *TEMPLATES, ROOT / "pyproject.toml", ROOT / "Makefile"]:
        assert not re.search(r"/(work|home|root|Users)/[a-z]", path.read_text(encoding="utf-8")), label(path)


def test_the_clock_is_the_only_clock() -> None:
    """Time that tests cannot move would hide mistakes at deadlines."""
    for module in MODULES:
        if module.name == "clock.py":
            continue
        text = module.read_text(encoding="utf-8")
        assert not re.search(r"datetime\.(now|utcnow|today)\(|date\.today\(", text), label(module)


def test_tables_may_be_loaded_first() -> None:
    """Tables of one name in two features: which is meant does not hang on what was loaded before."""
    code = "import eventhub.tables; from sqlalchemy.orm import configure_mappers; configure_mappers()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
