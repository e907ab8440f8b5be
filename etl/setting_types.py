"""What a setting can be: how its text is read, and what to write instead of a wrong one."""

import re
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network
from typing import Annotated
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticUseDefault

from etl import sentences

CRON_FIELDS = 5


def one_of(*allowed: str) -> BeforeValidator:
    """Take one of these texts in upper or lower case."""
    known = {choice.lower(): choice for choice in allowed}

    def chosen(value: object) -> object:
        if isinstance(value, str) and value.lower() not in known:
            raise ValueError(sentences.ONE_OF % {"names": ", ".join(allowed)})
        return known[value.lower()] if isinstance(value, str) else value

    return BeforeValidator(chosen)


def at_least(least: int) -> BeforeValidator:
    """Take a whole number; `int` alone would take `1_000`, `+5` and full-width digits."""

    def whole(value: object) -> int:
        text = str(value)
        if not (text.isascii() and text.isdigit() and least <= int(text) < 2**31):
            raise ValueError(sentences.AT_LEAST % {"least": least})
        return int(text)

    return BeforeValidator(whole)


def _names(value: object) -> object:
    """Split a text at its commas; one without a name stands for the default."""
    if not isinstance(value, str):
        return value
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if not names:
        raise PydanticUseDefault
    return names


def _time_zone(name: str) -> str:
    try:
        # Another on each machine, and unknown to DuckDB.
        if name == "localtime":
            raise ValueError(name)
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(sentences.NO_ZONE) from None
    return name


def _cron(text: str) -> str:
    try:
        CronSim(text, datetime(2026, 1, 1))
    except CronSimError:
        raise ValueError(sentences.NEVER_DUE) from None
    if len(text.split()) != CRON_FIELDS:
        raise ValueError(sentences.FIVE_FIELDS)
    return " ".join(text.split())


def _web_address(address: str) -> str:
    if address and not address.startswith(("http://", "https://")):
        raise ValueError(sentences.NO_WEB_ADDRESS)
    return address


def _memory(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]*(MB|GB)", text, re.ASCII):
        raise ValueError(sentences.NO_MEMORY)
    return text


def _networks(names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(name)) for name in names)
    except ValueError:
        raise ValueError(sentences.NO_NETWORKS) from None


def _user_map(value: object) -> object:
    """Split `meter1=3000,meter2=3001`: a source and the user whose meter it is."""
    if not isinstance(value, str):
        return value
    users: dict[str, int] = {}
    for pair in filter(None, map(str.strip, value.split(","))):
        source, _, user_id = pair.partition("=")
        if not (source and re.fullmatch("[1-9][0-9]{0,17}", user_id, re.ASCII)):
            raise ValueError(sentences.NO_USER_MAP)
        if source in users or int(user_id) in users.values():
            raise ValueError(sentences.MAPPED_TWICE)
        users[source] = int(user_id)
    return users


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Networks = Annotated[tuple[str, ...], BeforeValidator(_names), AfterValidator(_networks)]
Cron = Annotated[str, AfterValidator(_cron)]
# Kept out of `repr`, of messages about a wrong value, and by `Config.secrets` out of logs.
Secret = Annotated[str, Field(repr=False)]
Zone = Annotated[str, AfterValidator(_time_zone)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Memory = Annotated[str, AfterValidator(_memory)]
UserMap = Annotated[Mapping[str, int], BeforeValidator(_user_map)]
