"""The Japanese texts are complete, keep their placeholders, and are compiled."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
TRANSLATIONS = ROOT / "web" / "translations"
PO = TRANSLATIONS / "ja" / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z%]")
GLOSSARY = TRANSLATIONS / "README.md"
UNIT = re.compile(r"\bk?Wh\b", re.ASCII)


def in_source() -> set[tuple[str | None, str]]:
    with (TRANSLATIONS / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = extract_from_dir(ROOT, methods, options, directory_filter=is_viewer)
    return {(context, text) for _, _, text, _, context in found}


def is_viewer(folder: str) -> bool:
    return any(Path(folder).is_relative_to(ROOT / part) for part in ("web", "etl"))


def japanese() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="ja", abort_invalid=True)


def texts(catalog: Catalog) -> dict[tuple[str | None, str], str]:
    return {(message.context, message.id): message.string for message in catalog if message.id}


def glossary() -> list[list[str]]:
    rows = [line.strip("|\n ").split(" | ") for line in GLOSSARY.read_text().splitlines() if line[:1] == "|"]
    return rows[2:]


def test_every_text_of_the_viewer_is_in_the_catalog_and_no_other():
    found = in_source()
    assert {(None, "Load profile"), (None, "weekday"), ("button", "Start")} <= found, (
        "babel.cfg finds neither templates nor modules"
    )
    assert set(texts(japanese())) == found
    assert not japanese().obsolete


@pytest.mark.parametrize(
    "message", [one for one in japanese() if one.id], ids=lambda one: f"{one.context or ''} {one.id}"
)
def test_a_text_is_translated_with_its_placeholders_and_units(message):
    assert message.string.strip()
    assert not message.fuzzy
    for kept in (PLACEHOLDER, UNIT):
        assert sorted(kept.findall(message.string)) == sorted(kept.findall(message.id))


def test_the_catalog_has_nothing_that_changes_at_each_extraction():
    lines = PO.read_text().splitlines()
    assert [line for line in lines if line.startswith(("#:", "#~"))] == []
    found = [(message.id, message.context or "") for message in japanese() if message.id]
    assert found == sorted(found)


def test_the_compiled_catalog_is_up_to_date():
    fresh = BytesIO()
    write_mo(fresh, japanese())
    assert MO.read_bytes() == fresh.getvalue(), "compile it again, see CONTRIBUTING.md"


def test_one_word_stands_for_one_thing():
    avoided = [word for *_, words in glossary() for word in words.split("、")]
    assert "利用者" in avoided
    strings = texts(japanese()).values()
    assert [(word, text) for word in avoided for text in strings if word in text] == []


def test_a_word_of_two_meanings_is_said_in_two_ways():
    found = texts(japanese())
    assert found["button", "Start"] != found["column", "Start"]
    assert found["period", "today"] != found["end of a contract", "today"]
