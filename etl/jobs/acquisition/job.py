"""The fourth job: a fetch of a source. Its data, how far it was read and the run's end commit together."""

from typing import Any, ClassVar

from psycopg2.extras import Json
from pydantic import ValidationError

from etl import sentences_of_sources
from etl.errors import MeterhouseError
from etl.inbox.counts import Counts
from etl.inbox.rejects import FileFault, Reject, Rejects
from etl.jobs.acquisition.store import store_raw_data, validate
from etl.runs import units
from etl.runs.job import Context
from etl.runs.units import Balance
from etl.sources.files import BadDocument, Document, FileConfig, FileSource

UNIT = "records"
KINDS = ("read", "inserted", "identical", "rejected")


class Acquisition:
    """What is new of one source.

    Parameters
    ----------
    source_id : int
        Which.
    """

    name: ClassVar[str] = "acquisition"
    date_driven: ClassVar[bool] = False

    def __init__(self, source_id: int) -> None:
        self._source_id = source_id

    def run(self, context: Context) -> None:
        """Fetch, validate and store what is new."""
        found = context.sql("acquisition/source", source_id=self._source_id)
        if found is None:
            raise MeterhouseError(sentences_of_sources.DELETED)
        name, written, state = found
        context.record.data_source.append(name)
        config = _checked(written)
        context.record.metadata["on_error"] = config.on_error

        def fetch(_: Context, rejects: Rejects, balance: Balance) -> bool:
            self._fetch(context, config, state, rejects, balance)
            # Raw data changes no figure that readers see.
            return False

        units.run(context, UNIT, fetch)

    def _fetch(
        self, context: Context, config: FileConfig, state: dict[str, Any], rejects: Rejects, balance: Balance
    ) -> None:
        settings, sql, counts = context.config, context.sql, Counts()
        source = FileSource(
            config, settings.source_file_root, settings.source_max_mb << 20, state, context.check
        )
        sql("acquisition/work_tables")
        try:
            for number, document in enumerate(source.fetch_data(), 1):
                counts.add(self._keep(context, document, config, rejects))
                context.record.count(UNIT, counts)
                context.on_progress(number, 0)
            units.settle_faults(context, UNIT, rejects, config.on_error)
        finally:
            context.record.count(UNIT, counts)
            balance.update(counts.parts(KINDS))
        counts.check(UNIT)
        sql("acquisition/fetched", source_id=self._source_id, state=Json(source.state))
        if settings.raw_retention_days:
            sql(
                "acquisition/delete_old_versions", source_id=self._source_id, days=settings.raw_retention_days
            )
        sql.log_batched()

    def _keep(
        self, context: Context, document: Document | BadDocument, config: FileConfig, rejects: Rejects
    ) -> Counts:
        """Store one document; one that cannot be read is a fault as a whole."""
        # A dry run has no row, and what it stores is rolled back.
        sql, run_id = context.sql, context.record.id or 0
        if isinstance(document, BadDocument):
            rejects.add(Reject(document.name, None, document.found, document.reason))
            return Counts()
        sql("acquisition/clear_staged", batched=True)
        try:
            counts = validate(sql, document, config, rejects)
        except FileFault as fault:
            rejects.add(fault.reject())
            return Counts()
        good = counts.read - counts.rejected
        facts = {"bytes": len(document.body), "format": config.format}
        is_new = store_raw_data(sql, self._source_id, run_id, document.name, facts)
        counts.inserted, counts.identical = (good, 0) if is_new else (0, good)
        return counts


def _checked(written: dict[str, Any]) -> FileConfig:
    """Read a source's config.

    Raises
    ------
    MeterhouseError
        Naming the first key that is wrong.
    """
    try:
        return FileConfig.model_validate(written)
    except ValidationError as error:
        first, *_ = error.errors(include_url=False, include_context=False, include_input=False)
        key = ".".join(str(part) for part in first["loc"]) or "config"
        reason = first["msg"].removeprefix("Value error, ")
        raise MeterhouseError(f"{sentences_of_sources.CONFIG}{key}: {reason}") from None
