"""Structured logs on standard error: every record carries an `action`, ids at most, never a member's words.

Other libraries' records pass through the same door, so that one format serves all.
"""

import logging
import sys
from typing import Literal

import structlog


def configure_logs(*, level: str, style: Literal["console", "json"]) -> None:
    """Set up logging for the process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _name_the_library],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Tracebacks show code and messages, never the values of variables, which could hold a post.
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # discord.py logs payloads at debug level, and SQL echoes parameters: both could hold what a member wrote.
    for name in ("discord", "sqlalchemy", "aiosqlite", "alembic", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level.upper()]))
    for name in ("sqlalchemy", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _name_the_library(_logger: object, _method: str, record: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Give records of other libraries the `action` that every record carries."""
    origin = record.get("_record")
    record["action"] = "library"
    record["library"] = getattr(origin, "name", "unknown")
    return record
