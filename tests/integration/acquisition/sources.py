"""Sources of files to fetch: what tests of acquisition need besides `world`."""

import json
from typing import Any

from tests.world import Result, World


def add_source(
    world: World, name: str = "prices", priority: int = 5, every: int = 3600, **config: Any
) -> int:
    """A source of files; its id."""
    return world.value(
        "INSERT INTO data_sources (name, source_type, config, priority, fetch_interval)"
        " VALUES (%s, 'file', %s, %s, %s) RETURNING id",
        name,
        json.dumps({"path": "*.json", **config}),
        priority,
        every,
    )


def put(world: World, name: str, content: str | bytes) -> None:
    """Put a file where sources read, by rename."""
    path = world.data / "sources" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.rename(path)


def fetch(world: World, *names: str) -> Result:
    """Fetch what is due, or the named sources."""
    chosen = ("--sources", ",".join(names)) if names else ()
    return world.run("--job", "acquisition", *chosen)


def versions(world: World) -> list[tuple[str, Any]]:
    """All versions, the oldest first: document and records."""
    return world.rows(
        "SELECT document, string_agg(raw_data::text, ' ' ORDER BY part) FROM acquired_data"
        " GROUP BY source_id, document, run_id ORDER BY run_id, document"
    )


def tasks(world: World) -> list[tuple[str, str, int]]:
    """All tasks, the oldest first: source, status and records stored."""
    return world.rows("SELECT source, status, inserted_count FROM web.acquisition_task ORDER BY id")


def make_due(world: World) -> None:
    """Let an hour pass for all sources."""
    world.do("UPDATE data_sources SET last_fetched_at = last_fetched_at - interval '1 h'")
    world.do(
        "UPDATE run SET finished_at = finished_at - interval '1 h', started_at = started_at - interval '1 h'"
    )
