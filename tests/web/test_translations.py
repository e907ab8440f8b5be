"""The Japanese texts are complete, keep their placeholders, and are compiled."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
TRANSLATIONS = ROOT / "web" / "translations"
MESSAGES = TRANSLATIONS / "ja" / "LC_MESSAGES" / "messages.po"
CONSOLE = ROOT / "etl" / "translations" / "ja" / "LC_MESSAGES" / "console.po"
CATALOGS = [MESSAGES, CONSOLE]
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z%]")
GLOSSARY = TRANSLATIONS / "README.md"
UNIT = re.compile(r"\bk?Wh\b", re.ASCII)


def in_source(po: Path) -> set[tuple[str | None, str]]:
    with (po.parents[2] / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = extract_from_dir(ROOT, methods, options, directory_filter=is_ours)
    return {(context, text) for _, _, text, _, context in found}


def is_ours(folder: str) -> bool:
    return any(Path(folder).is_relative_to(ROOT / part) for part in ("web", "etl"))


def japanese(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale="ja", abort_invalid=True)


def messages() -> list[Message]:
    return [one for po in CATALOGS for one in japanese(po) if one.id]


def texts(*catalogs: Path) -> dict[tuple[str | None, str], str]:
    return {(one.context, one.id): one.string for po in catalogs for one in japanese(po) if one.id}


def glossary() -> list[list[str]]:
    rows = [line.strip("|\n ").split(" | ") for line in GLOSSARY.read_text().splitlines() if line[:1] == "|"]
    return rows[2:]


@pytest.mark.parametrize(
    ("po", "some"),
    [
        (MESSAGES, {(None, "Load profile"), (None, "weekday"), ("button", "Start")}),
        (CONSOLE, {(None, "keep one line for each user"), ("status", "FAILURE")}),
    ],
    ids=lambda one: getattr(one, "stem", ""),
)
def test_every_text_of_a_program_is_in_its_catalog_and_no_other(po, some):
    found = in_source(po)
    assert some <= found, "babel.cfg finds neither templates nor modules"
    assert set(texts(po)) == found
    assert not japanese(po).obsolete


@pytest.mark.parametrize("message", messages(), ids=lambda one: f"{one.context or ''} {one.id}")
def test_a_text_is_translated_with_its_placeholders_and_units(message):
    assert message.string.strip()
    assert not message.fuzzy
    for kept in (PLACEHOLDER, UNIT):
        assert sorted(kept.findall(message.string)) == sorted(kept.findall(message.id))


@pytest.mark.parametrize("po", CATALOGS, ids=lambda po: po.stem)
def test_a_catalog_has_nothing_that_changes_at_each_extraction(po):
    assert [line for line in po.read_text().splitlines() if line.startswith(("#:", "#~"))] == []
    found = [(message.id, message.context or "") for message in japanese(po) if message.id]
    assert found == sorted(found)


@pytest.mark.parametrize("po", CATALOGS, ids=lambda po: po.stem)
def test_the_compiled_catalog_is_up_to_date(po):
    fresh = BytesIO()
    write_mo(fresh, japanese(po))
    assert po.with_suffix(".mo").read_bytes() == fresh.getvalue(), "compile it again, see CONTRIBUTING.md"


def test_one_word_stands_for_one_thing():
    avoided = [word for *_, words in glossary() for word in words.split("、")]
    assert "利用者" in avoided
    strings = texts(*CATALOGS).values()
    assert [(word, text) for word in avoided for text in strings if word in text] == []


def test_a_word_of_two_meanings_is_said_in_two_ways():
    found = texts(MESSAGES)
    assert found["button", "Start"] != found["column", "Start"]
    assert found["period", "today"] != found["end of a contract", "today"]
